"""Permissions of reports."""

from bookings.permissions import StaffWith


class MayViewReports(StaffWith):
    """Staff who may see the figures of the house."""

    permission = "reports.view"


class MayCloseDays(StaffWith):
    """Staff who may close a business day."""

    permission = "reports.close_day"
