"""Seats side by side, in one row shape after the other."""

from collections.abc import Iterable
from itertools import pairwise
from math import cos, dist, pi, sin, tau

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shows.seating import Hall, HallSeat, Party, choose_seats, single_seats

Points = Iterable[tuple[float, float]]
PITCH = 30.0


def row(name: str, points: Points, first_id: int, category: str = "Gold") -> list[HallSeat]:
    places = enumerate(points, first_id)
    return [HallSeat(seat_id, "", name, x, y, category) for seat_id, (x, y) in places]


def straight(y: float, xs: Iterable[float]) -> list[tuple[float, float]]:
    return [(x, y) for x in xs]


def stalls(first_id: int = 1000, y: float = 2000) -> list[HallSeat]:
    """Return five usual rows, far from the shape under test."""
    seats: list[HallSeat] = []
    for index in range(5):
        line = straight(y + 35 * index, (PITCH * n for n in range(12)))
        seats += row(f"S{index}", line, first_id + 100 * index)
    return seats


def circle(count: int, radius: float, start: float = 0.0, end: float = tau) -> Points:
    for index in range(count):
        angle = start + (end - start) * index / count
        yield radius * cos(angle), radius * sin(angle)


def horseshoe(depth: int, width: float) -> Points:
    """Return two arms of `depth` seats with a half circle between."""
    for index in range(depth):
        yield -width / 2, PITCH * (depth - index)
    radius = width / 2
    count = round(pi * radius / PITCH)
    for index in range(count + 1):
        angle = pi - pi * index / count
        yield radius * cos(angle), -radius * sin(angle)
    for index in range(depth):
        yield width / 2, PITCH * (index + 1)


def blocks(seats: list[HallSeat], name: str = "X") -> list[list[int]]:
    hall = Hall(seats)
    ids = {seat.seat_id for seat in seats if seat.row == name}
    return [[seat.seat_id for seat in run] for run in hall.runs(ids)]


def test_the_two_ends_of_a_row_are_not_side_by_side() -> None:
    seats = row("X", straight(0, [30, 300]), 1) + stalls()
    assert blocks(seats) == [[1], [2]]


def test_the_two_ends_of_every_row_of_a_hall_are_not_side_by_side() -> None:
    seats: list[HallSeat] = []
    for index in range(20):
        seats += row(f"R{index}", straight(35 * index, [30, 300]), 10 * index)
    assert blocks(seats, "R7") == [[70], [71]]


def test_an_aisle_parts_three_seats_although_it_is_half_of_their_gaps() -> None:
    seats = row("X", straight(0, [120, 150, 225]), 1) + stalls()
    assert blocks(seats) == [[1, 2], [3]]


def test_a_gap_of_one_seat_parts_a_row_whose_other_seats_were_removed() -> None:
    seats = row("X", straight(0, [0, 60, 120]), 1) + stalls()
    assert blocks(seats) == [[1], [2], [3]]


def test_wide_seats_of_their_own_category_are_side_by_side() -> None:
    seats = row("X", straight(0, [0, 55, 110, 165]), 1, "Sofa") + stalls()
    assert blocks(seats) == [[1, 2, 3, 4]]


def test_narrow_seats_of_their_own_category_have_narrow_aisles() -> None:
    seats = row("X", straight(0, [0, 20, 40, 80, 100]), 1, "Bench") + stalls()
    assert blocks(seats) == [[1, 2, 3], [4, 5]]


@pytest.mark.parametrize("count", [5, 6, 8, 10, 12])
@pytest.mark.parametrize("pitch", [18, 30, 40])
def test_round_a_table_only_those_next_to_each_other_are_side_by_side(count, pitch) -> None:
    radius = pitch / 2 / sin(pi / count)
    points = list(circle(count, radius))
    seats = row("X", points, 1) + stalls()
    assert_follow_the_ring(blocks(seats), count)


@pytest.mark.parametrize("start", [0, 0.3])
def test_four_at_a_round_table_are_side_by_side_in_its_order(start) -> None:
    seats = row("X", circle(4, 21, start, start + tau), 1) + stalls()
    assert_follow_the_ring(blocks(seats), 4)


def assert_follow_the_ring(found: list[list[int]], count: int) -> None:
    (block,) = found
    assert len(block) == count
    assert all(abs(a - b) in (1, count - 1) for a, b in pairwise(block))


def test_a_ring_round_an_arena_has_no_neighbours_across_it() -> None:
    seats = row("X", circle(40, 20 * PITCH / pi), 1) + stalls(y=5000)
    assert_follow_the_ring(blocks(seats), 40)


def test_a_ring_with_two_aisles_is_two_blocks() -> None:
    points = list(circle(40, 20 * PITCH / pi))
    seats = row("X", points[:19] + points[21:39], 1) + stalls(y=5000)
    assert sorted(map(len, blocks(seats))) == [18, 19]


@pytest.mark.parametrize("width", [26, 40, 60, 90, 200])
def test_the_arms_of_a_deep_horseshoe_are_not_side_by_side(width) -> None:
    points = list(horseshoe(14, width))
    seats = row("X", points, 1) + stalls(y=5000)
    places = dict(enumerate(points, 1))
    for block in blocks(seats):
        for a, b in pairwise(block):
            assert abs(a - b) == 1, (places[a], places[b])
    if width >= 60:
        assert len(blocks(seats)) == 1


@pytest.mark.parametrize("across", [24, 30, 36, 44, 70])
@pytest.mark.parametrize("upright", [False, True])
def test_benches_at_a_table_have_no_neighbours_across_it(across, upright) -> None:
    points = straight(0, [0, 30, 60, 90]) + straight(across, [0, 30, 60, 90])
    if upright:
        points = [(y, x) for x, y in points]
    seats = row("X", points, 1) + stalls()
    assert sorted(map(sorted, blocks(seats))) == [[1, 2, 3, 4], [5, 6, 7, 8]]


def test_two_rows_of_two_in_a_box_are_two_pairs() -> None:
    points = straight(0, [0, 30]) + straight(30, [0, 30])
    seats = row("X", points, 1) + stalls()
    assert sorted(map(sorted, blocks(seats))) == [[1, 2], [3, 4]]


def test_a_box_that_is_deeper_than_wide_has_neighbours_beside_and_not_behind() -> None:
    points = [(x, y) for y in (0, 42, 84) for x in (0, 28)]
    seats = row("X", points, 1) + stalls()
    assert sorted(map(sorted, blocks(seats))) == [[1, 2], [3, 4], [5, 6]]


def test_a_slanting_row_and_a_staggered_one_are_whole() -> None:
    slanting = [(20 * n, 20 * n) for n in range(10)]
    staggered = [(28 * n, 12 * (n % 2)) for n in range(10)]
    for points in (slanting, staggered):
        assert blocks(row("X", points, 1) + stalls()) == [list(range(1, 11))]


def test_a_bowed_row_is_split_at_its_aisle() -> None:
    points = list(circle(24, 150, pi, 2 * pi))
    seats = row("X", points[:9] + points[11:], 1) + stalls()
    assert sorted(map(len, blocks(seats))) == [9, 13]


def test_a_plan_without_positions_has_rows_without_aisles() -> None:
    seats = row("X", [(0, 0)] * 5, 1) + row("Y", [(0, 0)] * 3, 10)
    assert blocks(seats) == [[1, 2, 3, 4, 5]]


def test_rows_that_are_drawn_close_to_each_other_do_not_part_their_seats() -> None:
    seats: list[HallSeat] = []
    for index in range(10):
        seats += row(f"R{index}", straight(10 * index, [0, 30, 60, 90]), 10 * index)
    assert blocks(seats, "R3") == [[30, 31, 32, 33]]


def test_best_seats_and_the_single_seat_rule_know_the_same_neighbours() -> None:
    """Seats 11 and 12 are neighbours; 1, 2 and 13 are not."""
    seats = row("X", straight(0, [30, 300]), 1) + row("Y", straight(35, [30, 60, 300, 330]), 11)
    hall = Hall([*seats, *stalls()])
    assert choose_seats(hall, {1, 2, 12, 13}, Party(2))[1] is False
    assert choose_seats(hall, {1, 2, 11, 12}, Party(2)) == ([11, 12], True)
    left = single_seats(hall, {1, 2, 11, 12, 13, 14}, {12}, rule="strict")
    assert [seat.seat_id for seat in left] == [11]


coordinates = st.integers(0, 40).map(lambda n: 7.5 * n)


@given(st.lists(st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=25), max_size=6))
def test_in_any_hall_neighbours_are_at_most_one_and_a_half_pitches_apart(rows) -> None:
    seats = stalls()
    for index, points in enumerate(rows):
        seats += row(f"R{index}", points, 5000 + 100 * index)
    hall = Hall(seats)
    found = [seat.seat_id for run in hall.runs(hall.seat_ids) for seat in run]
    assert sorted(found) == sorted(seat.seat_id for seat in seats)
    pitch = max(hall.pitches.of(seat) for seat in seats)
    assert pitch <= 30
    for run in hall.runs(hall.seat_ids):
        for a, b in pairwise(run):
            assert a.row == b.row
            assert dist((a.x, a.y), (b.x, b.y)) <= 1.5 * pitch + 1e-6
