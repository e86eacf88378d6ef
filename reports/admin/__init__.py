"""The figures of a house at the admin site: the first page, files and mails of reports."""

from reports.admin import runs, today

__all__ = ["runs", "today"]
