"""Where people want to sit, if a layout names no focal point."""

from datetime import timedelta

import pytest
from django.utils import timezone

from events.tests.factories import EventFactory
from shows.seating import Hall, HallSeat, Party, choose_seats
from shows.selectors import best_seats, party_of
from shows.tests.factories import scheduled_show
from venues.models import Seat
from venues.services import replace_layout
from venues.tests.factories import ScreenFactory


def stalls(rows: int = 12, across: int = 13) -> list[HallSeat]:
    """Return rows of seats. Ids count from the smallest y, 100 a row."""
    return [
        HallSeat(100 * row + seat, "", f"R{row}", 30 * seat, 35 * row, "Gold")
        for row in range(rows)
        for seat in range(across)
    ]


def best(stage=None, *, is_film: bool, focus=None) -> list[int]:
    hall = Hall(stalls(), focus, stage=stage, is_film=is_film)
    return choose_seats(hall, hall.seat_ids, Party(1))[0]


@pytest.mark.parametrize(
    ("stage", "film", "play"),
    [
        (None, 706, 6),
        ((180, -60), 706, 6),
        ((180, 445), 406, 1106),  # The front is at the largest y.
        ((-60, 192), 508, 500),  # At the left side.
        ((420, 192), 504, 512),
        ((60, -60), 702, 2),  # In front of the third seat.
    ],
)
def test_a_film_is_best_two_thirds_back_and_a_play_at_the_front(stage, film, play) -> None:
    assert best(stage, is_film=True) == [film]
    assert best(stage, is_film=False) == [play]


def test_with_seats_all_round_the_best_are_at_the_stage_for_both() -> None:
    for is_film in (True, False):
        hall = Hall(stalls(), stage=(180, 195), is_film=is_film)
        assert hall.focus == (180, 195)


def test_boxes_beside_the_stage_are_not_the_front() -> None:
    boxes = [HallSeat(9000 + n, "", "Box", x, -100, "Gold") for n, x in enumerate((-90, 450))]
    for is_film, row in ((False, 0), (True, 7)):
        hall = Hall([*stalls(), *boxes], stage=(180, -40), is_film=is_film)
        (seat_id,), _ = choose_seats(hall, hall.seat_ids, Party(1))
        assert seat_id // 100 == row


def test_a_focal_point_that_the_layout_names_is_used_for_every_event() -> None:
    for is_film in (True, False):
        assert best((180, -60), is_film=is_film, focus=(90, 70)) == [203]


@pytest.mark.django_db
def test_a_film_and_a_play_in_one_hall_have_each_their_own_best_seats() -> None:
    screen = ScreenFactory()
    rows = [{"row": label, "seats": 15, "category": "Gold"} for label in "ABCDEFGHIJKL"]
    replace_layout(screen_id=screen.pk, document={"rows": rows})
    for days, (kind, labels) in enumerate((("movie", "H8"), ("play", "A8"), ("movie", "H8")), 1):
        start = timezone.now() + timedelta(days=days)
        show = scheduled_show(screen=screen, event=EventFactory(kind=kind), start_time=start)
        choice = best_seats(show=show, party=party_of(show, quantity=1))
        found = Seat.objects.filter(pk__in=choice.seat_ids).values_list("row", "number")
        assert ["".join(names) for names in found] == [labels]
