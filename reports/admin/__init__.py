"""The figures of a house at the admin site: the first page, reports, their files and mails, closings."""

from reports.admin import runs, today
from reports.admin.closings import DayClosingAdmin

__all__ = ["DayClosingAdmin", "runs", "today"]
