"""Structured logs: one line an event, each with the id of the request that it belongs to."""

import json
import logging
import logging.config
import sys
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, TextIO

import orjson
import structlog

from eventbooking_system.server.request_context import context

# What the library says of every line; and the request, which Django attaches to its own lines: in
# print it would show its query string.
_NOT_SHOWN = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName", "request"}

# Where the lines of requests are written to as JSON, if they are.
_straight_to: TextIO | None = None


def _of_request() -> dict[str, str]:
    now = context.get()
    return {"request_id": now.request_id} if now else {}


def _with_request_id(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    return event | _of_request()


def _without_request(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    event.pop("request", None)
    return event


class JSONFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        own = sorted(vars(record).keys() - _NOT_SHOWN)
        facts = {name: getattr(record, name) for name in own}
        line = _line(facts, record.getMessage(), record.name, record.levelname.lower())
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        try:
            return orjson.dumps(line, default=repr).decode()
        except TypeError:  # It is stricter than what others log.
            return json.dumps(line, default=repr)


def _line(facts: dict[str, Any], event: str, logger: str, level: str) -> dict[str, Any]:
    return {
        **facts,
        **_of_request(),
        "event": event,
        "logger": logger,
        "level": level,
        "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
    }


def log_request(log: logging.Logger, **facts: str | float) -> None:
    """
    The line of a request. Each writes one, and waits for it: where lines are JSON, it goes around
    the library, whose way takes several times as long.
    """
    if _straight_to is None:
        log.info("request", extra=facts)
    elif log.isEnabledFor(logging.INFO):
        line = orjson.dumps(_line(facts, "request", log.name, "info"))
        # As the library does: a full disk, or a reader that is gone, takes nobody's answer away.
        with suppress(OSError, ValueError):
            _straight_to.write(f"{line.decode()}\n")


def _has_traceback(record: logging.LogRecord) -> bool:
    return bool(record.exc_info)


def logging_config(*, level: str, as_json: bool) -> None:
    global _straight_to  # noqa: PLW0603 - The library's configuration is as global.
    _straight_to = sys.stderr if as_json else None
    # The library's own way to spare what nobody prints.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None
    formatter: dict[str, Any] = {"()": JSONFormatter}
    if not as_json:
        formatter = {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": [
                _with_request_id,
                structlog.stdlib.add_log_level,
                structlog.stdlib.add_logger_name,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.stdlib.ExtraAdder(),
                _without_request,
                structlog.processors.format_exc_info,
            ],
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.dev.ConsoleRenderer(
                    colors=False, exception_formatter=structlog.dev.plain_traceback
                ),
            ],
        }
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"structured": formatter},
            "filters": {
                "has_traceback": {
                    "()": "django.utils.log.CallbackFilter",
                    "callback": _has_traceback,
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": {
                # The middleware's own line about a request says more than these. Django's is
                # wanted where something failed outside of a view.
                "django.request": {"level": "ERROR", "filters": ["has_traceback"]},
                "django.server": {"level": "ERROR"},
                # Two lines for each task that a worker runs.
                "django_tasks": {"level": "WARNING"},
                # Its lines of lower levels hold whole answers of the API, client secrets included.
                "stripe": {"level": "WARNING"},
            },
        }
    )
