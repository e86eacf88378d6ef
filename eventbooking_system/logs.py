"""Structured logs: one line an event, each with the id of the request that it belongs to."""

import json
import logging
import logging.config
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog

# What the library says of every line; and the request, which Django attaches to its own lines: in
# print it would show its query string.
_NOT_SHOWN = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName", "request"}


def _without_request(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    event.pop("request", None)
    return event


class JSONFormatter(logging.Formatter):
    """One JSON object a line: a request writes one, and waits for it."""

    def format(self, record: logging.LogRecord) -> str:
        own = sorted(vars(record).keys() - _NOT_SHOWN)
        line = {name: getattr(record, name) for name in own} | {
            **structlog.contextvars.get_contextvars(),
            "event": record.getMessage(),
            "logger": record.name,
            "level": record.levelname.lower(),
            "timestamp": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        try:
            return orjson.dumps(line, default=repr).decode()
        except TypeError:  # It is stricter than what others log.
            return json.dumps(line, default=repr)


def _has_traceback(record: logging.LogRecord) -> bool:
    return bool(record.exc_info)


def logging_config(*, level: str, as_json: bool) -> None:
    # The library's own way to spare what nobody prints.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None
    formatter: dict[str, Any] = {"()": JSONFormatter}
    if not as_json:
        formatter = {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": [
                structlog.contextvars.merge_contextvars,
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
                "axes": {"level": "WARNING"},
                # Two lines for each task that a worker runs.
                "django_tasks": {"level": "WARNING"},
                # Its lines of lower levels hold whole answers of the API, client secrets included.
                "stripe": {"level": "WARNING"},
            },
        }
    )
