"""Reports, their files and mails, and closings at the admin site."""

from reports.admin import runs, today
from reports.admin.closings import DayClosingAdmin

__all__ = ["DayClosingAdmin", "runs", "today"]
