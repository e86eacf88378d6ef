"""Holding seats, their prices, and the end of holds."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from bookings import services
from bookings.errors import ShowNotOnSale, TooManySeats
from bookings.models import Booking
from bookings.services import SeatRequest, transitions
from bookings.tests.factories import confirmed, held, hold, run_out, statuses
from bookings.tests.holds import assert_nothing_held, hold_seats
from eventbooking_system.errors import InvalidField
from shows.errors import SeatsNotInShow, SeatsUnavailable
from shows.models import Show, ShowSeat
from shows.services import block_seats
from shows.tests.factories import scheduled_show, seat_ids, write_state
from users.tests.factories import StaffFactory, UserFactory
from venues.tests.factories import hall

pytestmark = pytest.mark.django_db


def test_hold_seats_holds_them_until_the_booking_expires(settings) -> None:
    settings.BOOKINGS_HOLD_SECONDS = 120
    show = scheduled_show()
    booking = hold_seats(show, "A1", "A2")
    seats = ShowSeat.objects.filter(booking=booking)
    assert booking.status == "pending"
    assert booking.expires_at - booking.booked_at == timedelta(seconds=120)
    assert {(seat.status, seat.held_until) for seat in seats} == {("held", booking.expires_at)}
    assert sorted(seat.seat_id for seat in seats) == seat_ids(show, "A1", "A2")


def test_hold_seats_refuses_all_when_one_is_taken() -> None:
    show = scheduled_show()
    held("A1", show=show)
    with pytest.raises(SeatsUnavailable) as refusal:
        hold_seats(show, "A1", "A2")
    assert refusal.value.members["unavailable_seat_ids"] == seat_ids(show, "A1")
    assert Booking.objects.filter(show=show).count() == 1
    assert statuses(show, seat_ids(show, "A2")) == {"available"}


def test_the_alternatives_of_a_refusal_can_be_booked() -> None:
    show = scheduled_show(rows={"A": 6, "B": 6})
    held("A2", "A3", show=show)
    with pytest.raises(SeatsUnavailable) as refusal:
        hold_seats(show, "A3", "A4")
    alternatives = refusal.value.members["alternatives"]
    assert len(alternatives) == 3
    for alternative in alternatives:
        assert len(alternative) == 2
        hold(customer=UserFactory(), show_id=show.pk, seat_ids=alternative)


def test_alternatives_are_of_the_same_category_first() -> None:
    show = scheduled_show(rows={"A": 4, "B": 4})
    # Nearest is row B, but it is of another category.
    gold = show.screen.seat_categories.get()
    silver = gold.__class__.objects.create(screen=show.screen, name="Silver")
    show.screen.seats.filter(row="B").update(category=silver)
    held("A1", "A2", show=show)
    with pytest.raises(SeatsUnavailable) as refusal:
        hold_seats(show, "A1", "A2")
    assert refusal.value.members["alternatives"][0] == seat_ids(show, "A3", "A4")


def test_an_expired_hold_holds_nothing_with_nobody_tidying() -> None:
    show = scheduled_show()
    old = held("A1", "A2", show=show)
    run_out(old)
    new = hold_seats(show, "A1", "A2")
    assert set(ShowSeat.objects.filter(booking=new).values_list("status", flat=True)) == {"held"}
    assert not ShowSeat.objects.filter(booking=old).exists()


def test_hold_seats_refuses_seats_of_another_show() -> None:
    show, other = scheduled_show(), scheduled_show()
    with pytest.raises(SeatsNotInShow) as refusal:
        hold(
            customer=UserFactory(),
            show_id=show.pk,
            seat_ids=seat_ids(show, "A1") + seat_ids(other, "A1"),
        )
    assert refusal.value.members["seat_ids"] == seat_ids(other, "A1")
    assert_nothing_held(show)


def test_hold_seats_refuses_an_unknown_show() -> None:
    with pytest.raises(InvalidField, match="no such show"):
        hold(customer=UserFactory(), show_id=10**12, seat_ids=[1])


def test_hold_seats_refuses_a_show_of_an_unpublished_event_like_an_unknown_one() -> None:
    show = scheduled_show()
    show.event.is_published = False
    show.event.save()
    with pytest.raises(InvalidField, match="no such show"):
        hold_seats(show, "A1")
    assert_nothing_held(show)


@pytest.mark.parametrize(
    "window",
    [
        {"sales_open_at": timedelta(hours=1)},
        {"sales_close_at": timedelta(hours=-1)},
        {"start_time": timedelta(hours=-1), "end_time": timedelta(hours=1)},
    ],
)
def test_hold_seats_refuses_a_show_that_is_not_on_sale(window) -> None:
    show = scheduled_show()
    now = timezone.now()
    Show.objects.filter(pk=show.pk).update(**{name: now + by for name, by in window.items()})
    with pytest.raises(ShowNotOnSale):
        hold_seats(show, "A1")
    assert_nothing_held(show)


def test_hold_seats_refuses_more_seats_than_one_booking_may_have(settings) -> None:
    settings.BOOKINGS_MAX_SEATS = 2
    show = scheduled_show()
    with pytest.raises(TooManySeats):
        hold_seats(show, "A1", "A2", "A3")
    assert_nothing_held(show)


def test_a_show_may_have_a_limit_of_its_own() -> None:
    show = scheduled_show(max_seats_per_booking=1)
    with pytest.raises(TooManySeats) as refusal:
        hold_seats(show, "A1", "A2")
    assert refusal.value.members == {"limit": 1}
    assert_nothing_held(show)


def test_a_blocked_seat_cannot_be_held() -> None:
    show = scheduled_show()
    block_seats(show_id=show.pk, block=seat_ids(show, "A1"))
    with pytest.raises(SeatsUnavailable):
        hold_seats(show, "A1")
    assert_nothing_held(show)


def test_a_free_booking_is_confirmed_at_once() -> None:
    show = scheduled_show(price="0.00", fee_per_booking=Decimal("5.00"))
    booking = hold_seats(show, "A1")
    assert (booking.status, booking.total) == ("confirmed", 0)
    assert statuses(show, seat_ids(show, "A1")) == {"booked"}


def typed_show(**terms) -> Show:
    prices = {"Gold": {"Adult": Decimal("10.00"), "Child": Decimal("6.00")}}
    return scheduled_show(prices=prices, **terms)


def test_ticket_types_set_the_price_of_their_seat_and_the_first_is_the_default() -> None:
    show = typed_show()
    child = seat_ids(show, "A2")[0]
    booking = hold_seats(show, "A1", "A2", ticket_types={child: "Child"})
    lines = [(line.ticket_type, line.price) for line in booking.booked_seats.all()]
    assert lines == [("Adult", 10), ("Child", 6)]
    assert booking.subtotal == 16


@pytest.mark.parametrize("types", [{"A2": "Child"}, {"A1": "Dog"}])
def test_ticket_types_must_be_known_and_of_seats_in_the_booking(types) -> None:
    show = typed_show()
    wanted = {seat_ids(show, label)[0]: name for label, name in types.items()}
    with pytest.raises(InvalidField):
        hold_seats(show, "A1", ticket_types=wanted)
    assert_nothing_held(show)


def test_fees_and_tax_on_top_are_added() -> None:
    show = scheduled_show(
        price="10.00",
        fee_per_ticket=Decimal("1.00"),
        fee_per_booking=Decimal("0.50"),
        tax_rate=Decimal("19"),
        tax_inclusive=False,
    )
    booking = hold_seats(show, "A1", "A2")
    assert (booking.subtotal, booking.fees) == (Decimal("20.00"), Decimal("2.50"))
    assert (booking.tax, booking.total) == (Decimal("4.28"), Decimal("26.78"))


def test_tax_within_the_price_is_shown_and_not_added() -> None:
    show = scheduled_show(price="119.00", tax_rate=Decimal("19"), tax_inclusive=True)
    booking = hold_seats(show, "A1")
    assert (booking.tax, booking.total) == (Decimal("19.00"), Decimal("119.00"))


def test_the_prices_of_a_booking_are_frozen() -> None:
    show = scheduled_show(price="10.00")
    booking = held("A1", show=show)
    ShowSeat.objects.filter(show=show).update(price=99)
    booking.refresh_from_db()
    assert booking.total == booking.booked_seats.get().price == 10


def test_a_quote_is_what_the_booking_then_costs() -> None:
    show = typed_show(fee_per_ticket=Decimal("0.35"), tax_rate=Decimal("7.7"), tax_inclusive=False)
    wanted = seat_ids(show, "A1", "A2")
    types = {wanted[0]: "Child"}
    quote = services.quote(
        user_id=None, wanted=SeatRequest(show.pk, seat_ids=wanted, ticket_types=types)
    )
    assert_nothing_held(show)
    booking = hold_seats(show, "A1", "A2", ticket_types=types)
    for name in ("subtotal", "discount", "fees", "tax", "total"):
        assert getattr(quote, name) == getattr(booking, name)


def test_expire_bookings_tidies_what_is_over_and_nothing_else() -> None:
    show = scheduled_show()
    over, running, paid = held("A1", show=show), held("A2", show=show), confirmed("A3", show=show)
    run_out(over)
    assert services.expire_bookings() == 1
    assert services.expire_bookings() == 0
    for booking, status in ((over, "expired"), (running, "pending"), (paid, "confirmed")):
        booking.refresh_from_db()
        assert booking.status == status
    assert statuses(show, seat_ids(show, "A1")) == {"available"}
    assert statuses(show, seat_ids(show, "A2", "A3")) == {"held", "booked"}


def test_expire_bookings_leaves_alone_seats_that_somebody_took_over() -> None:
    show = scheduled_show()
    over = held("A1", "A2", show=show)
    run_out(over)
    new = hold_seats(show, "A1")
    services.expire_bookings()
    assert new.show_seats.get().status == "held"
    assert statuses(show, seat_ids(show, "A2")) == {"available"}


@pytest.mark.parametrize(
    "broken",
    [
        {"status": "held"},
        {"status": "booked"},
        {"status": "available", "held_until": timezone.now()},
        {"status": "blocked", "held_until": timezone.now()},
    ],
)
def test_the_schema_ties_a_seat_s_status_to_its_owner(broken) -> None:
    show = scheduled_show()
    with pytest.raises(IntegrityError), transaction.atomic():
        write_state(ShowSeat.objects.filter(show=show), **broken)


@pytest.mark.parametrize(
    ("status", "to"),
    [("cancelled", "confirmed"), ("expired", "cancelled"), ("confirmed", "expired")],
)
def test_a_booking_moves_along_the_allowed_ways_only(status: str, to: str) -> None:
    booking = held()
    Booking.objects.filter(pk=booking.pk).update(status=status)
    booking.refresh_from_db()
    with pytest.raises(ValueError, match="cannot go"):
        transitions.move(booking, Booking.Status(to), at=timezone.now(), by=None, reason="never")
    booking.refresh_from_db()
    assert booking.status == status


def test_a_full_show_offers_others_of_that_day() -> None:
    show = scheduled_show(rows={"A": 2}, start_time=datetime(2030, 5, 1, 12))
    later = scheduled_show(
        event=show.event,
        screen=hall({"A": 4}, venue=show.screen.venue),
        start_time=datetime(2030, 5, 1, 20),
    )
    held("A1", "A2", show=show)
    with pytest.raises(SeatsUnavailable) as refusal:
        hold_seats(show, "A1", "A2")
    assert refusal.value.members["alternatives"] == []
    offered = refusal.value.members["other_shows"]
    assert [offer["show"] for offer in offered] == [later.pk]
    hold(customer=UserFactory(), show_id=later.pk, seat_ids=offered[0]["seat_ids"])


def test_blocked_seats_go_on_sale_by_the_clock() -> None:
    show = scheduled_show(start_time=timezone.now() + timedelta(hours=2))
    first, second = seat_ids(show, "A1", "A2")
    block_seats(show_id=show.pk, block=[first], owner="press", release_minutes=60)
    block_seats(show_id=show.pk, block=[second], owner="house", release_minutes=180)
    with pytest.raises(SeatsUnavailable):
        hold_seats(show, "A1")
    booking = hold_seats(show, "A2")
    seat = booking.show_seats.get()
    assert (seat.status, seat.block_owner, seat.released_at) == ("held", "", None)


def test_staff_book_blocked_seats_and_nobody_else_does() -> None:
    show = scheduled_show()
    wanted = seat_ids(show, "A1")
    block_seats(show_id=show.pk, block=wanted, owner="house")
    usher = UserFactory(is_staff=True)
    for customer in (UserFactory(), usher):
        with pytest.raises(SeatsUnavailable):
            hold(customer=customer, show_id=show.pk, seat_ids=wanted)
    booking = hold(customer=StaffFactory(), show_id=show.pk, seat_ids=wanted)
    assert booking.show_seats.get().status == "held"
