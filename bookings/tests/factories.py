from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db.models.functions import Now
from django.utils import timezone

from bookings import checkout, services
from bookings.idempotency.requests import IdempotentRequest
from bookings.models import Booking, Ticket
from bookings.services import Caller, SeatRequest
from shows.models import Show, ShowSeat
from shows.tests.factories import scheduled_show, seat_ids, write_state
from users.models import User
from users.tests.factories import UserFactory


def hold(
    *, customer: User, show_id: int, request: IdempotentRequest | None = None, **wanted: Any
) -> Booking:
    """Hold seats as this customer."""
    return services.hold(
        caller=Caller(customer.pk), wanted=SeatRequest(show_id, **wanted), request=request
    )


def held(
    *labels: str, show: Show | None = None, customer: User | None = None, **terms: Any
) -> Booking:
    """Return a pending booking of seats by label. They are A1 and A2 by default."""
    show = show or scheduled_show(**terms)
    return hold(
        customer=customer or UserFactory(),
        show_id=show.pk,
        seat_ids=seat_ids(show, *(labels or ("A1", "A2"))),
    )


def confirmed(*labels: str, **arguments: Any) -> Booking:
    """Return a booking that was paid with a card that works."""
    booking = held(*labels, **arguments)
    if booking.total:
        checkout.pay(booking_id=booking.pk, payment_method="pm_card_visa")
    booking.refresh_from_db()
    return booking


def run_out(booking: Booking) -> None:
    """Let a hold's time be over, as if ten minutes had passed."""
    past = Now() - timedelta(seconds=1)
    Booking.objects.filter(pk=booking.pk).update(expires_at=past)
    write_state(ShowSeat.objects.filter(booking=booking, status="held"), held_until=past)


def statuses(show: Show, seat_ids: Sequence[int] | None = None) -> set[str]:
    """Return the different statuses of a show's seats."""
    seats = ShowSeat.objects.filter(show=show)
    if seat_ids is not None:
        seats = seats.filter(seat_id__in=seat_ids)
    return set(seats.values_list("status", flat=True))


def show_soon(**fields) -> Show:
    """Return a show in half an hour, whose doors are open."""
    show = scheduled_show(**fields)
    Show.objects.filter(pk=show.pk).update(start_time=timezone.now() + timedelta(minutes=30))
    show.refresh_from_db()
    return show


def ticket_of(booking: Booking) -> Ticket:
    return booking.tickets.with_show_and_seat().first()
