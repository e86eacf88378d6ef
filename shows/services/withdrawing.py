"""Deleting a show that nobody has booked."""

from django.apps import apps
from django.db import transaction

from audit.recording import record
from eventbooking_system.errors import InUse
from shows.models import Show, ShowSeat
from shows.services.planning import lock_screen


@transaction.atomic(durable=True)
def withdraw_show(*, show_id: int) -> None:
    """
    Delete a show that was never sold, with stock and prices.

    Raises InUse for a show with bookings or promo codes, which staff can only cancel.
    """
    lock_screen(Show.objects.values_list("screen", flat=True).get(pk=show_id))
    show = Show.objects.locked().get(pk=show_id)
    # As a booking locks them, so that a booking made first is seen below.
    list(ShowSeat.objects.locked().filter(show=show).values_list("pk"))
    check_unused(show)
    record("shows.withdraw", show)
    show.delete()


def check_unused(show: Show) -> None:
    """Raise InUse for a show that has bookings or promo codes."""
    if show.bookings.exists():
        raise InUse("A show with bookings cannot be deleted. Cancel it instead.")
    # By name, because shows must not import bookings. A code for this show only would otherwise become valid for all shows.
    if apps.get_model("bookings.PromoCode").objects.filter(shows=show).exists():
        raise InUse("A show with promo codes cannot be deleted. Cancel it instead.")
