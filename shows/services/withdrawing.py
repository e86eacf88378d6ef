"""Deleting a show that nobody has booked."""

from django.apps import apps
from django.db import transaction

from audit.recording import record
from eventbooking_system.errors import InUse
from shows.models import Show
from shows.services.changing import lock_stock
from shows.services.planning import lock_screen


@transaction.atomic(durable=True)
def withdraw_show(*, show_id: int) -> None:
    """
    Delete a show that was never sold, with stock and prices.

    Raises InUse for a show with bookings or promo codes, which staff can only cancel.
    """
    lock_screen(Show.objects.values_list("screen", flat=True).get(pk=show_id))
    show = Show.objects.locked().get(pk=show_id)
    # Wait for holds of these seats, so that the check sees their bookings.
    lock_stock(show)
    check_unused(show)
    record("shows.withdraw", show)
    show.delete()


def check_unused(show: Show) -> None:
    """Raise InUse for a show that has bookings or promo codes."""
    if show.bookings.exists():
        raise InUse("A show with bookings cannot be deleted. Cancel it instead.")
    # A code for this show only would become valid for all shows. The model is found by its name,
    # because shows must not import bookings.
    if apps.get_model("bookings.PromoCode").objects.filter(shows=show).exists():
        raise InUse("A show with promo codes cannot be deleted. Cancel it instead.")
