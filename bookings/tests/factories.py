from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from django.db.models.functions import Now
from django.utils import timezone

from bookings import checkout, services
from bookings.idempotency.requests import without_key
from bookings.models import Booking, Ticket
from eventbooking_system.errors import Busy
from shows.models import Show, ShowSeat
from shows.tests.factories import scheduled_show, seat_ids, write_state
from users.models import User
from users.tests.factories import UserFactory
from users.tokens import Bearer, bearer_of, start_session


def held(
    *labels: str, show: Show | None = None, customer: User | None = None, **terms: Any
) -> Booking:
    """A pending booking of seats by their labels, A1 and A2 unless said otherwise."""
    show = show or scheduled_show(**terms)
    return services.hold_seats(
        customer=customer or UserFactory(),
        show_id=show.pk,
        seat_ids=seat_ids(show, *(labels or ("A1", "A2"))),
    )


def bearer(customer: User) -> Bearer:
    """A login of the customer's."""
    session = customer.login_sessions.first()
    return Bearer(customer.pk, session.pk) if session else bearer_of(start_session(customer).access)


def hold(*, customer: User, show_id: int, seat_ids: Sequence[int]) -> Booking:
    """Named seats, as the API holds them: at once, or else the long way."""
    wanted = {"show_id": show_id, "seat_ids": seat_ids}
    taken = services.take_free_seats(bearer=bearer(customer), request=without_key(), **wanted)
    if taken is not None:
        return Booking.objects.get(pk=taken.id)
    services.refuse_taken(bearer=bearer(customer), **wanted)
    return services.hold_seats(customer=customer, **wanted)


def confirmed(*labels: str, **arguments: Any) -> Booking:
    """A booking that was paid with a card that works."""
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
    """The different statuses of a show's seats."""
    seats = ShowSeat.objects.filter(show=show)
    if seat_ids is not None:
        seats = seats.filter(seat_id__in=seat_ids)
    return set(seats.values_list("status", flat=True))


def asking_again(call: Callable[[], Booking]) -> Booking:
    """What becomes of a call by one who is told 503 where the machine is slow, and asks again."""
    for _ in range(50):
        try:
            return call()
        except Busy:
            continue
    return call()


def show_soon(**fields) -> Show:
    """A show that starts in half an hour, so that its doors are open."""
    show = scheduled_show(**fields)
    Show.objects.filter(pk=show.pk).update(start_time=timezone.now() + timedelta(minutes=30))
    show.refresh_from_db()
    return show


def ticket_of(booking: Booking) -> Ticket:
    return booking.tickets.with_show_and_seat().first()
