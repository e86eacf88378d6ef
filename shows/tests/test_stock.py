"""The one writer of seats' state, and its refusals."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from bookings.tests.factories import confirmed, held
from shows.models import Show, ShowSeat
from shows.querysets import STATE
from shows.services import stock
from shows.tests.factories import scheduled_show, seat_ids

pytestmark = pytest.mark.django_db


def rows_of(show: Show, *labels: str) -> list[int]:
    seats = ShowSeat.objects.filter(show=show, seat__in=seat_ids(show, *labels))
    return list(seats.values_list("pk", flat=True))


def state_of(show: Show) -> list[tuple]:
    return list(ShowSeat.objects.filter(show=show).order_by("pk").values_list(*sorted(STATE)))


@pytest.mark.parametrize("field", sorted(STATE))
def test_update_of_show_seats_refuses_to_write_their_state(field: str) -> None:
    show = scheduled_show()
    before = state_of(show)
    with pytest.raises(TypeError, match=r"shows\.services\.stock"):
        ShowSeat.objects.filter(show=show).update(**{field: None})
    assert state_of(show) == before


def test_bulk_update_and_save_refuse_to_write_the_state_of_show_seats() -> None:
    show = scheduled_show()
    before, seat = state_of(show), ShowSeat.objects.filter(show=show).first()
    seat.status = "blocked"
    with pytest.raises(TypeError, match=r"shows\.services\.stock"), transaction.atomic():
        ShowSeat.objects.bulk_update([seat], ["status"])
    with pytest.raises(TypeError, match=r"shows\.services\.stock"):
        seat.save()
    assert state_of(show) == before


def test_update_of_show_seats_writes_their_prices() -> None:
    show = scheduled_show()
    assert ShowSeat.objects.filter(show=show).update(price=1) == len(state_of(show))


@pytest.mark.parametrize("taken", [held, confirmed])
def test_hold_refuses_a_seat_that_another_booking_has(taken) -> None:
    show = scheduled_show()
    taken("A1", show=show)
    rival = held("A3", show=show)
    before = state_of(show)
    with pytest.raises(RuntimeError, match="changed under their lock"):
        stock.hold(
            show_id=show.pk,
            seats=rows_of(show, "A1"),
            booking_id=rival.pk,
            held_until=timezone.now() + timedelta(minutes=5),
        )
    assert state_of(show) == before


def test_book_refuses_a_booking_that_lost_one_of_its_seats() -> None:
    booking = held("A1", "A2")
    stock.release(show_id=booking.show_id, booking_id=booking.pk)
    before = state_of(booking.show)
    with pytest.raises(RuntimeError, match="changed under their lock"):
        stock.book(show_id=booking.show_id, booking_id=booking.pk, count=2)
    assert state_of(booking.show) == before


def test_release_leaves_what_others_have() -> None:
    show = scheduled_show()
    mine, theirs = held("A1", show=show), confirmed("A2", show=show)
    stock.release(show_id=show.pk, booking_id=mine.pk)
    assert ShowSeat.objects.filter(booking=theirs, status="booked").count() == 1
    assert not ShowSeat.objects.filter(booking=mine).exists()


def test_release_of_blocked_seats_refuses_one_that_is_held() -> None:
    show = scheduled_show()
    held("A1", show=show)
    before = state_of(show)
    with pytest.raises(RuntimeError, match="changed under their lock"):
        stock.release(show_id=show.pk, blocked=rows_of(show, "A1"))
    assert state_of(show) == before


def test_block_refuses_a_seat_that_a_booking_has_unless_it_is_being_cancelled() -> None:
    show = scheduled_show()
    booking = held("A1", show=show)
    seats = ShowSeat.objects.filter(pk__in=rows_of(show, "A1"))
    before = state_of(show)
    with pytest.raises(RuntimeError, match="changed under their lock"):
        stock.block(seats, show_id=show.pk, count=1, reason="broken")
    assert state_of(show) == before
    stock.block(seats, show_id=show.pk, count=1, reason="broken", cancelled=[booking.pk])
    assert set(seats.values_list("status", "booking")) == {("blocked", None)}
