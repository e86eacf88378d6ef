"""The steps of an exchange, and counts of its rows."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from bookings import checkout, services
from bookings.models import (
    BookedSeat,
    Booking,
    LedgerEntry,
    Message,
    Payment,
    Refund,
    Ticket,
    WebhookDelivery,
)
from bookings.payments.states import PaymentState
from shows.models import Show
from shows.tests.factories import scheduled_show, seat_ids


def later(booking: Booking, *, days: int = 1, **terms: Any) -> Show:
    """Schedule another show of the same event on the same screen."""
    show = booking.show
    start = show.start_time + timedelta(days=days)
    terms = {"event": show.event, "screen": show.screen, "price": "250.00", **terms}
    return scheduled_show(start_time=start, **terms)


def path_of(booking: Booking) -> str:
    return f"/api/bookings/{booking.pk}/exchange/"


def for_seats(show: Show, *labels: str, **more: Any) -> dict[str, Any]:
    return {"show_id": show.pk, "seat_ids": seat_ids(show, *labels), **more}


def tickets_of(booking: Booking) -> list[int]:
    return list(Ticket.objects.in_force().filter(booking=booking).values_list("pk", flat=True))


def newest() -> Booking:
    return Booking.objects.latest("pk")


def counts() -> tuple[int, ...]:
    models = (Booking, BookedSeat, Refund, LedgerEntry, Message, WebhookDelivery)
    return (*(model.objects.count() for model in models), Ticket.objects.in_force().count())


def left_of(booking: Booking) -> Decimal:
    return services.left_of([booking.pk])[booking.pk]


def start_at(show: Show, start: datetime) -> None:
    end = start + timedelta(hours=2)
    Show.objects.filter(pk=show.pk).update(start_time=start, end_time=end, occupied_until=end)
    show.show_seats.filter(sells_last_until__isnull=False).update(sells_last_until=end)


def pending_exchange(client: Any, booking: Booking) -> Booking:
    show = later(booking, price="300.00")
    client.post(path_of(booking), for_seats(show, "A1", "A2"))
    return newest()


def pay_late(exchange: Booking) -> Payment:
    """Pay by a card that succeeds later, and return the payment."""
    checkout.pay(booking_id=exchange.pk, payment_method="pm_card_late")
    return exchange.payments.get()


def succeed(payment: Payment) -> None:
    result = services.record_state(
        provider="sandbox",
        state=PaymentState(
            payment_id=payment.pk, provider_id=payment.provider_id, status="succeeded",
            amount=payment.amount, currency=payment.currency, refunds=(), created_at=payment.created_at,
        ),
    )  # fmt: skip
    assert "succeeded" in result
    checkout.send_refunds()
