"""Single seats, couples and the best seats."""

from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from bookings import services
from bookings.tests.factories import hold, statuses
from bookings.tests.holds import assert_nothing_held, hold_seats
from shows.errors import LeavesSingleSeat, NotEnoughSeats, SeatsUnavailable
from shows.models import Show
from shows.tests.factories import scheduled_show, seat_ids
from users.tests.factories import StaffFactory, UserFactory
from venues.models import SeatCategory
from venues.services import replace_layout
from venues.tests.factories import ScreenFactory, hall
from venues.tests.plans import a_plan, a_row, a_seat, a_zone

pytestmark = pytest.mark.django_db


def test_the_strict_rule_names_the_seat_that_would_be_left_alone() -> None:
    show = scheduled_show(rows={"A": 6}, single_seat_rule="strict")
    with pytest.raises(LeavesSingleSeat) as refusal:
        hold_seats(show, "A2", "A3")
    assert refusal.value.members == {"single_seat_ids": seat_ids(show, "A1")}
    assert "A1" in refusal.value.detail
    assert_nothing_held(show)
    assert hold_seats(show, "A1", "A2").status == "pending"


def test_the_rule_is_waived_for_staff_and_where_it_is_off() -> None:
    show = scheduled_show(rows={"A": 6}, single_seat_rule="strict")
    hold(customer=StaffFactory(), show_id=show.pk, seat_ids=seat_ids(show, "A2", "A3"))
    hold_seats(scheduled_show(rows={"A": 6}), "A2", "A3")


def loveseats(**fields: Any) -> Show:
    """Return a row of six seats. The last four are two couples."""
    seats = [a_seat(str(number), str(number), 20 * number) for number in range(1, 7)]
    couples = {"3": "C1", "4": "C1", "5": "C2", "6": "C2"}
    document = {
        "plan": a_plan(a_zone("Stalls", a_row("A", *seats))),
        "seats": {guid: {"couple": couple} for guid, couple in couples.items()},
    }
    screen = ScreenFactory()
    replace_layout(screen_id=screen.pk, document=document)
    return scheduled_show(screen=screen, **fields)


def test_hold_seats_refuses_half_a_couple_and_names_the_other_half() -> None:
    show = loveseats()
    with pytest.raises(LeavesSingleSeat) as refusal:
        hold_seats(show, "A2", "A3")
    assert refusal.value.members == {"single_seat_ids": seat_ids(show, "A4")}
    assert refusal.value.detail == "Sold only together with these: A4."
    assert statuses(show) == {"available"}
    hold_seats(show, "A3", "A4")


def test_staff_may_part_a_couple_and_anyone_may_have_the_other_half() -> None:
    show = loveseats()
    hold(customer=StaffFactory(), show_id=show.pk, seat_ids=seat_ids(show, "A3"))
    hold_seats(show, "A4")


def test_a_number_that_would_part_a_couple_is_refused_with_the_reason() -> None:
    show = loveseats()
    hold_seats(show, "A1", "A2")
    with pytest.raises(NotEnoughSeats) as refusal:
        hold(customer=UserFactory(), show_id=show.pk, quantity=3)
    assert refusal.value.members == {"available": 4}
    assert refusal.value.detail == (
        "3 seats were asked for. 4 are free, but they are sold in couples, which cannot be parted. "
        "Ask for another number of seats."
    )
    with pytest.raises(NotEnoughSeats, match="5 seats were asked for and 4 are free"):
        hold(customer=UserFactory(), show_id=show.pk, quantity=5)


def test_the_best_seats_and_alternatives_part_no_couple() -> None:
    show = loveseats()
    booking = hold_seats(show, "A1")
    best = partial(hold, customer=UserFactory(), show_id=show.pk)
    with pytest.raises(NotEnoughSeats):
        best(quantity=6)
    with pytest.raises(SeatsUnavailable) as refusal:
        hold_seats(show, "A1")
    assert refusal.value.members["alternatives"] == [seat_ids(show, "A2")]
    services.cancel_booking(booking_id=booking.pk, cancelled_by=booking.user)
    assert sorted(line.show_seat.seat_id for line in best(quantity=3).lines) in (
        seat_ids(show, "A2", "A3", "A4"),
        seat_ids(show, "A1", "A3", "A4"),
    )


def test_the_best_seats_may_be_asked_for_by_category_section_and_price() -> None:
    screen = hall({"A": 4, "B": 4})
    cheap = SeatCategory.objects.create(screen=screen, name="Cheap", position=1)
    screen.seats.filter(row="B").update(section="Balcony", category=cheap)
    prices = {"Gold": {"": Decimal(20)}, "Cheap": {"": Decimal(10)}}
    show = scheduled_show(screen=screen, prices=prices)
    for wishes in ({"section": "Balcony"}, {"max_price": Decimal(15)}):
        booking = hold(customer=UserFactory(), show_id=show.pk, quantity=2, **wishes)
        assert {line.show_seat.seat.row for line in booking.booked_seats.all()} == {"B"}
    with pytest.raises(NotEnoughSeats):
        hold(customer=UserFactory(), show_id=show.pk, quantity=2, section="Balcony")
