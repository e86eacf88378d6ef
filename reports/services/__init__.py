"""The use cases of reports: closings, files and mails."""

from reports.services.closing import close_day, closing_digest
from reports.services.mails import queue_report_mails
from reports.services.runs import (
    fail_run,
    finish_run,
    forget_old_runs,
    note_progress,
    request_run,
    take_next_run,
)

__all__ = [
    "close_day",
    "closing_digest",
    "fail_run",
    "finish_run",
    "forget_old_runs",
    "note_progress",
    "queue_report_mails",
    "request_run",
    "take_next_run",
]
