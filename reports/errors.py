"""Refusals of reports."""

from django.utils.translation import gettext, gettext_noop

from eventbooking_system.errors import DomainError


class DayNotOver(DomainError):
    """The business day is not over; it ends in the next morning."""

    code = "day_not_over"
    title = gettext_noop("Day not over")

    def __init__(self) -> None:
        super().__init__(gettext("This business day is not over yet."))
