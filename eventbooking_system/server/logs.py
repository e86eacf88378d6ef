"""Structured logs: one line for each event, with its request's id."""

import logging
import logging.config
import sys
from contextlib import suppress
from typing import Any

import orjson
import structlog
from structlog.typing import FilteringBoundLogger, Processor

from eventbooking_system.server.request_context import current_request_id

Event = dict[str, Any]

_request_log: FilteringBoundLogger


def _add_request_id(_: Any, __: str, event: Event) -> Event:
    if request_id := current_request_id.get():
        event["request_id"] = request_id
    return event


def _drop_request(_: Any, __: str, event: Event) -> Event:
    """Drop the request from Django's lines, which shows its query string."""
    event.pop("request", None)
    return event


def _has_traceback(record: logging.LogRecord) -> bool:
    return bool(record.exc_info)


# Every line, of the standard library or not, goes through these.
_PROCESSORS: list[Processor] = [
    _add_request_id,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
# Lines of the standard library then go through these.
_STDLIB_PROCESSORS: list[Processor] = [
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    _drop_request,
    structlog.processors.format_exc_info,
]


def _json(event: Event, **_: Any) -> str:
    return orjson.dumps(event, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()


def log_request(**facts: str | float) -> None:
    """
    Write the line of a request.

    Every request waits for its line, so it does not go through the standard library, which takes
    three times as long. A line that cannot be written is lost, as with the standard library.
    """
    with suppress(OSError, ValueError):
        _request_log.info("request", **facts)


def logging_config(*, level: str, as_json: bool) -> None:
    """Send log lines to stderr, as JSON or as text."""
    global _request_log  # noqa: PLW0603 - The library's configuration is as global.
    renderer: Processor = structlog.processors.JSONRenderer(serializer=_json)
    if not as_json:
        renderer = structlog.dev.ConsoleRenderer(
            colors=False, exception_formatter=structlog.dev.plain_traceback
        )
    _request_log = structlog.wrap_logger(
        structlog.WriteLogger(sys.stderr),
        processors=[*_PROCESSORS, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
    ).bind(logger="eventbooking_system.server.middleware")
    # The facts that the standard library collects for each line, and that no line here shows.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "structured": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": [*_PROCESSORS, *_STDLIB_PROCESSORS],
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        renderer,
                    ],
                }
            },
            "filters": {
                "has_traceback": {
                    "()": "django.utils.log.CallbackFilter",
                    "callback": _has_traceback,
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": {
                # The line of the request says more than these do. Django's is wanted only for a
                # failure outside a view.
                "django.request": {"level": "ERROR", "filters": ["has_traceback"]},
                "django.server": {"level": "ERROR"},
                "axes": {"level": "WARNING"},
                # It writes two lines for each task of a worker.
                "django_tasks": {"level": "WARNING"},
                # Its lines of lower levels contain whole answers of the API with client secrets.
                "stripe": {"level": "WARNING"},
            },
        }
    )
