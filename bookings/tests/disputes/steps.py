"""The steps and figures that tests of disputes share."""

from decimal import Decimal
from typing import Any

from bookings import checkout
from bookings.models import Booking, LedgerEntry, Refund


def moved(kind: str) -> Decimal:
    return sum(LedgerEntry.objects.filter(kind=kind).values_list("amount", flat=True), Decimal(0))


def refunds() -> list[tuple[str, Decimal]]:
    return list(Refund.objects.order_by("pk").values_list("status", "amount"))


def cancel(booking: Booking, **how: Any) -> None:
    checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user, **how)
    booking.refresh_from_db()
