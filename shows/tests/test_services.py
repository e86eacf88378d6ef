from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from eventbooking_system.errors import InUse, InvalidField
from events.tests.factories import EventFactory
from shows.errors import SeatsNotInShow, SeatsUnavailable, ShowOverlap
from shows.models import Show, ShowPrice, ShowSeat
from shows.services import NewShow, block_seats, change_show, schedule_show, schedule_shows
from shows.tests.factories import scheduled_show, seat_ids, write_state
from venues.models import Screen
from venues.tests.factories import ScreenFactory, VenueFactory, hall

pytestmark = pytest.mark.django_db
START = datetime(2030, 5, 1, 18, tzinfo=UTC)


def test_a_show_gets_a_row_of_stock_for_every_seat_at_the_price_of_its_category() -> None:
    show = scheduled_show(rows={"A": 3, "B": 4}, price="12.50")
    stock = ShowSeat.objects.filter(show=show)
    assert sorted(stock.values_list("seat", flat=True)) == seat_ids(show)
    assert set(stock.values_list("status", "price")) == {("available", Decimal("12.50"))}
    assert [seat.seat_id for seat in stock.filter(sells_last_until=show.end_time)] == seat_ids(
        show, "B4"
    )


def test_the_end_defaults_to_the_event_s_duration_and_cleaning_follows_it() -> None:
    show = scheduled_show(start_time=START, event=EventFactory(duration_minutes=100))
    assert show.end_time == START + timedelta(minutes=100)
    assert show.occupied_until == START + timedelta(minutes=115)


def test_the_terms_default_to_the_venue_s() -> None:
    venue = VenueFactory(fee_per_ticket=Decimal("1.10"), tax_rate=Decimal(18), cleaning_minutes=20)
    show = scheduled_show(screen=hall(venue=venue), tax_rate=Decimal(5))
    show.refresh_from_db()
    assert (show.fee_per_ticket, show.tax_rate, show.cleaning_minutes) == (Decimal("1.10"), 5, 20)


def test_a_naive_start_is_on_the_venue_s_wall() -> None:
    show = scheduled_show(start_time=datetime(2030, 5, 1, 18))
    assert show.start_time == datetime(2030, 5, 1, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("local", "code"),
    [
        (datetime(2030, 3, 31, 1, 30), "nonexistent_time"),
        (datetime(2030, 10, 27, 1, 30), "ambiguous_time"),
    ],
)
def test_a_start_that_a_clock_change_skips_or_repeats_is_refused(local, code) -> None:
    screen = hall(venue=VenueFactory(timezone="Europe/London"))
    with pytest.raises(InvalidField) as refusal:
        scheduled_show(screen=screen, start_time=local)
    assert refusal.value.members["errors"][0]["field"] == "start_time"
    assert refusal.value.members["errors"][0]["code"] == code
    assert not Show.objects.exists()


@pytest.mark.parametrize("minutes", [-134, -60, 0, 60, 134])
def test_shows_of_a_screen_keep_apart_cleaning_included(minutes: int) -> None:
    first = scheduled_show(start_time=START)
    with pytest.raises(ShowOverlap) as refusal:
        scheduled_show(screen=first.screen, start_time=START + timedelta(minutes=minutes))
    assert refusal.value.members == {"conflicting_show_id": first.pk}
    assert first.event.title in refusal.value.detail
    assert Show.objects.count() == 1


@pytest.mark.parametrize("minutes", [-135, 135])
def test_shows_of_a_screen_may_follow_each_other_at_once(minutes: int) -> None:
    first = scheduled_show(start_time=START)
    scheduled_show(screen=first.screen, start_time=START + timedelta(minutes=minutes))
    scheduled_show(screen=hall(), start_time=START)
    assert Show.objects.count() == 3


def test_a_cancelled_show_frees_its_slot_but_keeps_its_exact_start() -> None:
    cancelled = scheduled_show(start_time=START)
    Show.objects.filter(pk=cancelled.pk).update(status="cancelled", cancelled_at=timezone.now())
    with pytest.raises(ShowOverlap, match="keeps this exact start") as refusal:
        scheduled_show(screen=cancelled.screen, start_time=START)
    assert refusal.value.members == {"conflicting_show_id": cancelled.pk}
    scheduled_show(screen=cancelled.screen, start_time=START + timedelta(minutes=1))


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"end_time": START}, "end_time"),
        ({"end_time": START + timedelta(days=8)}, "end_time"),
        ({"sales_open_at": START}, "sales_open_at"),
        ({"sales_close_at": START + timedelta(days=1)}, "sales_close_at"),
        ({"currency": "XXX"}, "currency"),
        ({"currency": "JPY", "prices": {"Gold": {"": Decimal("1.5")}}}, "prices.Gold"),
        ({"prices": {}}, "prices"),
        ({"prices": {"Gold": {"": Decimal(1)}, "Silver": {"": Decimal(1)}}}, "prices"),
        ({"prices": {"Gold": {}}}, "prices.Gold"),
        ({"prices": {"Gold": {"Adult": Decimal("0.001")}}}, "prices.Gold.Adult"),
        ({"prices": {"Gold": {"": Decimal(-1)}}}, "prices.Gold"),
        ({"fee_per_ticket": Decimal("0.001")}, "fee_per_ticket"),
        ({"screen": "empty"}, "screen"),
    ],
)
def test_a_show_that_makes_no_sense_is_refused(fields, field) -> None:
    if fields.get("screen") == "empty":
        fields = {"screen": ScreenFactory()}
    with pytest.raises(InvalidField) as refusal:
        scheduled_show(**{"start_time": START, **fields})
    assert refusal.value.members["errors"][0]["field"] == field
    assert not Show.objects.exists()
    assert not ShowPrice.objects.exists()


@pytest.mark.parametrize(
    "terms",
    [
        {"prices": {"Gold": {"": Decimal(10**10)}}},
        {"fee_per_ticket": Decimal(10**10)},
        {"fee_per_booking": Decimal(99999999999), "tax_rate": Decimal(1)},
        {"prices": {"Gold": {"": Decimal(10**10 - 1000)}}, "tax_rate": Decimal(1)},
        {"max_seats_per_booking": 500, "prices": {"Gold": {"": Decimal(2 * 10**8)}}},
    ],
)
def test_show_is_refused_if_a_booking_s_total_could_be_too_large(terms) -> None:
    show = scheduled_show(price="0.00")
    for write in (scheduled_show, partial(change_show, show_id=show.pk)):
        with pytest.raises(InvalidField, match="less than"):
            write(**terms)
    assert Show.objects.get().highest_price == 0


def test_a_show_can_be_moved_and_keeps_its_length() -> None:
    show = scheduled_show(start_time=START)
    changed = change_show(show_id=show.pk, start_time=START + timedelta(hours=1))
    assert changed.end_time == START + timedelta(hours=3)
    assert changed.occupied_until == START + timedelta(hours=3, minutes=15)


def test_blocked_seats_of_a_show_that_is_moved_are_released_as_long_before_it() -> None:
    show = scheduled_show(rows={"A": 3}, start_time=START)
    house, gone, never = seat_ids(show)
    block_seats(show_id=show.pk, block=[house, gone], release_minutes=60)
    block_seats(show_id=show.pk, block=[never])
    earlier = timezone.now() - timedelta(hours=1)
    write_state(show.show_seats.filter(seat=gone), released_at=earlier)
    change_show(show_id=show.pk, start_time=START + timedelta(days=2))
    assert list(show.show_seats.values_list("released_at", flat=True)) == [
        START + timedelta(days=2, minutes=-60), earlier, None,
    ]  # fmt: skip


def test_an_end_that_is_taken_back_is_again_the_event_s() -> None:
    show = scheduled_show(start_time=START, end_time=START + timedelta(hours=5))
    moved = START + timedelta(hours=1)
    changed = change_show(show_id=show.pk, start_time=moved, end_time=None)
    assert changed.end_time == moved + timedelta(minutes=show.event.duration_minutes)


def test_a_show_cannot_be_moved_onto_another() -> None:
    first = scheduled_show(start_time=START)
    second = scheduled_show(screen=first.screen, start_time=START + timedelta(hours=4))
    with pytest.raises(ShowOverlap):
        change_show(show_id=second.pk, start_time=START + timedelta(hours=1))
    second.refresh_from_db()
    assert second.start_time == START + timedelta(hours=4)


def test_new_prices_are_for_new_bookings() -> None:
    show = scheduled_show(price="10.00")
    change_show(show_id=show.pk, prices={"Gold": {"Adult": Decimal(12), "Child": Decimal(7)}})
    assert set(ShowSeat.objects.values_list("price", flat=True)) == {Decimal(12)}
    types = ShowPrice.objects.filter(show=show).values_list("ticket_type", "position")
    assert sorted(types) == [("Adult", 0), ("Child", 1)]


def test_the_currency_changes_only_while_nobody_can_buy() -> None:
    show = scheduled_show()
    yen = {"currency": "JPY", "prices": {"Gold": {"": Decimal(400)}}}
    with pytest.raises(InUse):
        change_show(show_id=show.pk, **yen)
    show.refresh_from_db()
    assert show.currency == "INR"
    assert set(show.show_seats.values_list("price", flat=True)) == {250}
    change_show(show_id=show.pk, sales_open_at=show.start_time - timedelta(hours=1))
    assert change_show(show_id=show.pk, **yen).currency == "JPY"
    assert set(show.show_seats.values_list("price", flat=True)) == {400}


def test_a_cancelled_show_stays_as_it_is() -> None:
    show = scheduled_show()
    Show.objects.filter(pk=show.pk).update(status="cancelled", cancelled_at=timezone.now())
    with pytest.raises(InUse):
        change_show(show_id=show.pk, language="Hindi")
    show.refresh_from_db()
    assert show.language == ""


def test_free_seats_can_be_blocked_and_unblocked() -> None:
    show = scheduled_show()
    first, second = seat_ids(show, "A1", "A2")
    block_seats(show_id=show.pk, block=[first, second], reason="broken")
    block_seats(show_id=show.pk, block=[second], unblock=[first], reason="guests")
    rows = ShowSeat.objects.filter(seat__in=[first, second]).order_by("seat")
    assert list(rows.values_list("status", "block_reason")) == [
        ("available", ""),
        ("blocked", "guests"),
    ]


@pytest.mark.parametrize("way", ["block", "unblock"])
def test_a_seat_that_somebody_has_cannot_be_blocked_or_unblocked(
    way: str, django_user_model
) -> None:
    show = scheduled_show()
    first, second = seat_ids(show, "A1", "A2")
    # As bookings would leave it; shows know nothing of how.
    booking = _booking_of(show, django_user_model)
    write_state(ShowSeat.objects.filter(show=show, seat=first), status="booked", booking=booking)
    with pytest.raises(SeatsUnavailable) as refusal:
        block_seats(show_id=show.pk, **{way: [first, second]})
    assert refusal.value.members["unavailable_seat_ids"] == [first]
    assert not ShowSeat.objects.filter(status="blocked").exists()


def test_seats_of_another_show_cannot_be_blocked() -> None:
    show, other = scheduled_show(), scheduled_show()
    with pytest.raises(SeatsNotInShow):
        block_seats(show_id=show.pk, block=seat_ids(show, "A1") + seat_ids(other, "A1"))
    assert not ShowSeat.objects.filter(status="blocked").exists()


def _booking_of(show: Show, user_model) -> object:
    bookings = ShowSeat._meta.get_field("booking").related_model
    now = timezone.now()
    return bookings.objects.create(
        reference="AAAA-AAAA", user=user_model.objects.create_user("a@example.org"), show=show,
        booked_at=now, expires_at=now, currency="INR", subtotal=0, discount=0, fees=0, tax=0, total=0,
    )  # fmt: skip


def test_a_hall_of_thousands_is_stocked_in_one_statement(django_assert_max_num_queries) -> None:
    screen = hall({str(row): 100 for row in range(30)})
    event = EventFactory()
    with django_assert_max_num_queries(12):
        schedule_show(
            event=event, screen=screen, start_time=START, currency="INR",
            prices={"Gold": {"": Decimal(1)}},
        )  # fmt: skip
    assert ShowSeat.objects.count() == 3000


# ---- Many at once


def _new_show(screen: Screen, hours: int, *, price: str = "250.00", **fields: Any) -> NewShow:
    start = timezone.now() + timedelta(hours=hours)
    fields = {"start_time": start, "currency": "INR", **fields}
    return NewShow(
        EventFactory(duration_minutes=60), screen, {"Gold": {"": Decimal(price)}}, fields
    )


def test_many_shows_are_scheduled_each_as_one_would_be() -> None:
    one, other = hall({"A": 2}), hall({"A": 3, "B": 3})
    first, second, third = schedule_shows(
        new_shows=[
            _new_show(one, 24),
            _new_show(other, 24, price="99.00"),
            _new_show(other, 30, format="3D"),
        ]
    )
    for show, seats, price in ((first, 2, "250.00"), (second, 6, "99.00"), (third, 6, "250.00")):
        show.refresh_from_db()
        assert show.end_time - show.start_time == timedelta(minutes=60)
        assert show.occupied_until - show.end_time == timedelta(minutes=15)
        assert show.history.count() == 1
        stock = ShowSeat.objects.filter(show=show, status="available", price=Decimal(price))
        assert list(stock.values_list("seat", flat=True)) == seat_ids(show)
        assert len(stock) == seats
    assert (second.format, third.format) == ("", "3D")


def test_schedule_shows_refuses_only_the_shows_that_are_wrong() -> None:
    screen = hall()
    there = scheduled_show(screen=screen, start_time=timezone.now() + timedelta(hours=24))
    bare = ScreenFactory()
    overlap, good, twice, no_seats, no_price, late = schedule_shows(
        new_shows=[
            _new_show(screen, 24),
            _new_show(screen, 48),
            _new_show(screen, 48),
            _new_show(bare, 24),
            NewShow(EventFactory(), screen, {}, _new_show(screen, 72).fields),
            _new_show(screen, 72),
        ]
    )
    assert (overlap.code, overlap.members["conflicting_show_id"]) == ("show_overlap", there.pk)
    assert (twice.code, twice.members["conflicting_show_id"]) == ("show_overlap", good.pk)
    assert {no_seats.code, no_price.code} == {"invalid"}
    assert set(Show.objects.values_list("pk", flat=True)) == {there.pk, good.pk, late.pk}
    assert ShowSeat.objects.count() == 3 * 12


def test_many_shows_take_as_many_statements_as_one(django_assert_max_num_queries: Any) -> None:
    new_shows = [_new_show(hall({"A": 2}), 24) for _ in range(20)]
    # The transaction, its locks, four questions, and the writes of shows, history, prices, stock.
    with django_assert_max_num_queries(12):
        assert all(isinstance(show, Show) for show in schedule_shows(new_shows=new_shows))
    with django_assert_max_num_queries(4):
        assert schedule_shows(new_shows=[]) == []
