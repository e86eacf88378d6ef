"""The tasks of the workers for reports: files and mails."""

from reports.tasks.mails import start_report_mail
from reports.tasks.runs import start_run

__all__ = ["start_report_mail", "start_run"]
