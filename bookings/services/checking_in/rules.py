"""The rules for check-in: when a ticket is valid at the door."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext, gettext_noop

from bookings.errors import TicketNotValid
from bookings.models import Ticket
from bookings.tickets.signing import Claims
from shows.models import Show

_REASONS = {
    "cancelled": gettext_noop("The booking of this ticket is cancelled."),
    "reissued": gettext_noop("This ticket was issued again. Only the newer one is valid."),
    "other_show": gettext_noop("This ticket is for another show."),
    "too_early": gettext_noop("The doors are not open yet."),
    "too_late": gettext_noop("The show is over."),
    "too_old": gettext_noop("The check-in is too old to be undone."),
    "not_checked_in": gettext_noop("Nobody has come in with this ticket."),
    "scan_id_reused": gettext_noop("The scan_id was used for another ticket."),
}


def door_times(show: Show) -> tuple[datetime, datetime]:
    """
    Return when check-in for a show opens and closes.

    That is from CHECK_IN_OPENS_MINUTES before the start until the end of the show.
    """
    return show.start_time - timedelta(minutes=settings.CHECK_IN_OPENS_MINUTES), show.end_time


def change_since(ticket: Ticket, claims: Claims | str) -> str:
    """
    Return why a ticket is no longer valid as printed.

    The reason is empty if it is valid. A short code always names the newest version.
    """
    # The tickets of a cancelled show are voided one batch after another.
    if ticket.voided_at or ticket.show.status == Show.Status.CANCELLED:
        return "cancelled"
    # A show that moved to another screen has tickets of the same version for other seats.
    printed = (ticket.version, ticket.seat.pk)
    if isinstance(claims, Claims) and (claims.version, claims.seat) != printed:
        return "reissued"
    return ""


def reason_not_now(ticket: Ticket, *, show_id: int | None, at: datetime) -> str:
    """
    Return why a ticket is not valid at this show and time.

    The reason is empty if it is valid.
    """
    opens, closes = door_times(ticket.show)
    if show_id is not None and show_id != ticket.show.pk:
        return "other_show"
    if at < opens:
        return "too_early"
    return "too_late" if at > closes else ""


def reason_not_undone(ticket: Ticket) -> str:
    """Return why a check-in cannot be undone, or an empty text."""
    if ticket.checked_in_at is None:
        return "not_checked_in"
    lasts = timedelta(minutes=settings.CHECK_IN_UNDO_MINUTES)
    return "too_old" if ticket.clock - ticket.checked_in_at > lasts else ""


def not_valid(ticket: Ticket, reason: str) -> TicketNotValid:
    """Make the refusal for one of the reasons above."""
    return TicketNotValid(
        gettext(_REASONS[reason]), ticket=ticket.pk, seat=str(ticket.seat), reason=reason
    )
