"""The figures of a house at the admin site: the first page, reports, day closings."""

from reports.admin import today

__all__ = ["today"]
