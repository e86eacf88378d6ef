"""Structured logs: one line an event, each with the id of the request that it belongs to."""

import logging
import logging.config
from typing import Any

import structlog


def _without_request(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    """Django attaches the request to its own lines; in print it would show its query string."""
    event.pop("request", None)
    return event


def _has_traceback(record: logging.LogRecord) -> bool:
    return bool(record.exc_info)


def logging_config(*, level: str, as_json: bool) -> None:
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
        _without_request,
        structlog.processors.format_exc_info,
    ]
    renderer: Any = structlog.dev.ConsoleRenderer(
        colors=False, exception_formatter=structlog.dev.plain_traceback
    )
    if as_json:
        renderer = structlog.processors.JSONRenderer()
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "structured": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": shared,
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
