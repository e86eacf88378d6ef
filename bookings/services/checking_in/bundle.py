"""The data that a scanner needs to work without a connection."""

from typing import Any

from django.db.models import Q
from django.utils import timezone

from bookings.models import Ticket
from bookings.services.checking_in.rules import door_times
from bookings.tickets import signing
from shows.models import Show
from venues.models import Seat


def check_in_bundle(show: Show) -> dict[str, Any]:
    """Collect the data with which a scanner checks tickets offline."""
    tickets = Ticket.objects.filter(booking__show=show).order_by("pk")
    revoked = tickets.filter(~Q(voided_at=None) | Q(version__gt=1))
    admitted = tickets.in_force().exclude(checked_in_at=None)
    show.doors_open_at, show.doors_close_at = door_times(show)
    return {
        "show": show,
        "as_of": timezone.now(),
        "keys": signing.public_keys(),
        "revoked": [
            {"ticket": pk, "valid_version": version if voided_at is None else None}
            for pk, version, voided_at in revoked.values_list("pk", "version", "voided_at")
        ],
        "admitted": [
            {"ticket": pk, "checked_in_at": at}
            for pk, at in admitted.values_list("pk", "checked_in_at")
        ],
        "seats": {
            str(seat.pk): str(seat)
            for seat in Seat.objects.filter(show_seats__show=show).only("row", "number", "area")
        },
    }
