"""The use cases of reports: closings, files that the worker makes, and mails."""

from reports.services.closing import close_day, closing_digest
from reports.services.mails import due_periods, queue_report_mails
from reports.services.runs import (
    RUN_LEASE,
    fail_run,
    finish_run,
    forget_old_runs,
    note_progress,
    request_run,
    take_next_run,
)

__all__ = [
    "RUN_LEASE",
    "close_day",
    "closing_digest",
    "due_periods",
    "fail_run",
    "finish_run",
    "forget_old_runs",
    "note_progress",
    "queue_report_mails",
    "request_run",
    "take_next_run",
]
