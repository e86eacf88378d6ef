"""The world of `benchmarks.history`, and what is stored in the end. Runs within Django."""

import json
from datetime import datetime
from pathlib import Path

from django.db.models import Count, Q, Sum
from django.utils import timezone

from bookings.models import Booking, Message, Payment, Refund
from shows.tests.factories import scheduled_show
from users.tests.factories import UserFactory
from users.tokens import start_session

SHOWS, ROW = 2, 12
PAID = (Payment.Status.SUCCEEDED, Payment.Status.REFUNDED)


def build(path: str, *, customers: int) -> None:
    """Make shows with few seats, and customers with tokens."""
    users = [UserFactory(email=f"history{number}@bench.example") for number in range(customers)]
    shows = [scheduled_show(rows={"A": ROW, "B": ROW}) for _ in range(SHOWS)]
    world = {
        "shows": [
            {"id": show.pk, "seats": list(show.screen.seats.values_list("pk", flat=True))}
            for show in shows
        ],
        "customers": [{"id": user.pk, "token": start_session(user).access} for user in users],
    }
    Path(path).write_text(json.dumps(world))


def dump(path: str) -> None:
    """Write the bookings as `benchmarks.verdict.Stored` has them."""
    rows = [_stored(booking) for booking in Booking.objects.order_by("pk")]
    Path(path).write_text(json.dumps({"now": timezone.now().timestamp(), "bookings": rows}))


def _stored(booking: Booking) -> dict[str, object]:
    at = dict(booking.transitions.values_list("to_status", "at"))
    ended = at.get("cancelled") or at.get("expired")
    told = Q(kind=Message.Kind.CONFIRMED, channel=Message.Channel.EMAIL)
    payments = Payment.objects.filter(booking=booking, status__in=PAID)
    refunds = Refund.objects.filter(booking=booking).exclude(status=Refund.Status.FAILED)
    return {
        "id": booking.pk,
        "customer": booking.user_id,
        "show": booking.show_id,
        "seats": list(booking.booked_seats.values_list("show_seat__seat", flat=True)),
        "status": booking.status,
        "total": str(booking.total),
        "booked_at": booking.booked_at.timestamp(),
        "expires_at": booking.expires_at.timestamp(),
        "confirmed_at": _seconds(at.get("confirmed")),
        "ended_at": _seconds(ended),
        "tickets": booking.tickets.in_force().count(),
        "confirmations": booking.messages.filter(told).aggregate(count=Count("pk"))["count"],
        "paid": str(payments.aggregate(sum=Sum("amount"))["sum"] or 0),
        "refunded": str(refunds.aggregate(sum=Sum("amount"))["sum"] or 0),
    }


def _seconds(instant: datetime | None) -> float | None:
    return instant and instant.timestamp()
