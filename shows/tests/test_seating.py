from contextlib import suppress
from itertools import chain, combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shows.errors import NotEnoughSeats
from shows.seating import (
    Hall,
    HallSeat,
    NotSeen,
    Party,
    choose_seats,
    ids_around,
    left_of_couples,
    neighbours,
    single_seats,
)
from shows.seating.adjacent import groups
from shows.seating.alternatives import disjoint
from shows.seating.blocks import blocks_of


def row(y: float, spots: str, first_id: int, *, xs: list[float] | None = None) -> list[HallSeat]:
    """Make a row from a picture, where `o` and `x` are seats. A space is an aisle; see `free`."""
    places: list[HallSeat] = []
    for x, spot in enumerate(spots):
        if spot != " ":
            place_x = xs[len(places)] if xs else x
            seat_id = first_id + len(places)
            places.append(HallSeat(seat_id, "", f"row {y}", place_x, y, "Gold"))
    return places


def hall(*spots: str) -> tuple[Hall, set[int]]:
    """Make a hall from pictures of its rows, where `x` is taken. Ids are 1, 2 … 11, 12 … 21 …"""
    places, free = [], set()
    for y, picture in enumerate(spots):
        seats = row(y, picture, 10 * y + 1)
        taken = picture.replace(" ", "")
        free |= {place.seat_id for place, spot in zip(seats, taken, strict=True) if spot == "o"}
        places += seats
    return Hall(places), free


def choose(*spots: str, size: int, rule: str = "off") -> tuple[list[int], bool] | None:
    return chosen(*hall(*spots), Party(size, rule=rule))


def chosen(hall_: Hall, free: set[int], party: Party) -> tuple[list[int], bool] | None:
    try:
        return choose_seats(hall_, free, party)
    except NotEnoughSeats:
        return None


def alone(*spots: str, take: set[int], rule: str = "strict") -> list[int]:
    return [place.seat_id for place in single_seats(*hall(*spots), take, rule=rule)]


def anyone(place: HallSeat) -> bool:
    return True


def test_an_aisle_parts_neighbours() -> None:
    runs = hall("ooo oo")[0].runs({1, 2, 3, 4, 5})
    assert [[place.seat_id for place in run] for run in runs] == [[1, 2, 3], [4, 5]]


def test_neighbours_go_by_position_and_not_by_number() -> None:
    """
    1 and 3 are neighbours; 3 and 4 are not.

    Odd numbers are right of the middle, even ones left.
    """
    (block,) = blocks_of(row(0, "oooo", 1, xs=[3, 2, 4, 1]))
    assert [place.seat_id for place in block] == [4, 2, 1, 3]


def test_a_row_may_run_along_the_side() -> None:
    places = [HallSeat(i, "", "box", 0.1 * (i % 2), i, "Gold") for i in range(5)]
    assert blocks_of(places) == [places]


def test_the_best_group_is_nearest_to_the_stage_s_centre() -> None:
    assert choose("oooooo", "oooooo", size=2) == ([3, 4], True)
    assert choose("xxxxxx", "oooooo", size=2) == ([13, 14], True)


def test_no_seat_is_left_alone_where_that_can_be_helped() -> None:
    assert choose("ooooo", size=2)[0] in ([1, 2], [4, 5])
    assert choose("ooo", size=2)[1]


def test_one_row_comes_before_two_and_two_groups_before_three() -> None:
    assert choose("ooxoo", "xxxxx", "oooox", size=4) == ([21, 22, 23, 24], True)
    seat_ids, adjacent = choose("ooxoo", "oxoxo", size=4)
    assert (sorted(seat_ids), adjacent) == ([1, 2, 4, 5], False)


def test_best_seats_leave_no_person_alone_if_possible() -> None:
    seat_ids, _ = choose("ooooxooo", size=5)
    assert sorted(seat_ids) in ([1, 2, 6, 7, 8], [1, 2, 3, 6, 7], [2, 3, 4, 7, 8], [3, 4, 6, 7, 8], [2, 3, 4, 6, 7], [1, 2, 3, 7, 8])  # fmt: skip


def test_a_party_that_finds_no_room_gets_nothing() -> None:
    assert choose("oxo", size=3) is None


@given(
    st.lists(st.text("oox ", min_size=3, max_size=8), min_size=1, max_size=3),
    st.integers(1, 5),
)
@settings(max_examples=150, deadline=None)
def test_the_choice_is_as_good_as_an_exhaustive_search_s(spots: list[str], size: int) -> None:
    hall_, free = hall(*spots)
    found = choose(*spots, size=size)
    together = [
        ids
        for ids in combinations(sorted(free), size)
        if any(set(ids) == {p.seat_id for p in run[i : i + size]}
               for run in hall_.runs(free) for i in range(len(run) - size + 1))
    ]  # fmt: skip
    if not together:
        assert (found is None) == (len(free) < size)
        assert found is None or (len(set(found[0])) == size and set(found[0]) <= free)
        return
    seat_ids, adjacent = found
    assert adjacent

    def rank(ids: tuple[int, ...]) -> tuple[bool, float]:
        lonely = [place for run in hall_.runs(free - set(ids)) if len(run) == 1 for place in run]
        were = [place for run in hall_.runs(free) if len(run) == 1 for place in run]
        places = hall_.of(ids)
        x, y = (sum(values) / size for values in zip(*((p.x, p.y) for p in places), strict=True))
        distance = ((x - hall_.focus[0]) ** 2 + (y - hall_.focus[1]) ** 2) ** 0.5
        return bool({p.seat_id for p in lonely} - {p.seat_id for p in were}), round(distance, 9)

    assert rank(tuple(seat_ids)) == min(map(rank, together))


@given(
    st.lists(st.text("oox ", min_size=2, max_size=7), min_size=1, max_size=2),
    st.integers(1, 5),
    st.sampled_from(["strict", "lenient"]),
)
@settings(max_examples=150, deadline=None)
def test_under_a_rule_nobody_is_refused_whom_an_exhaustive_search_would_seat(
    spots: list[str], size: int, rule: str
) -> None:
    hall_, free = hall(*spots)
    found = choose(*spots, size=size, rule=rule)
    possible = any(
        not single_seats(hall_, free, ids, rule=rule) for ids in combinations(sorted(free), size)
    )
    assert (found is not None) == possible


def test_three_groups_are_taken_where_two_would_leave_a_seat_alone() -> None:
    seat_ids, adjacent = choose("oooo oo oo", size=5, rule="strict")
    assert not adjacent and set(seat_ids) in ({1, 5, 6, 7, 8}, {4, 5, 6, 7, 8})


def test_the_last_seat_of_a_row_may_be_left_where_nothing_else_does() -> None:
    seat_ids, adjacent = choose("oo oo", "oo oo", size=5, rule="strict")
    assert not adjacent and len(set(seat_ids)) == 5


@given(
    pictures=st.lists(st.text("ox ", min_size=1, max_size=8), min_size=1, max_size=6),
    size=st.integers(1, 3),
    rule=st.sampled_from(["off", "lenient", "strict"]),
    seen=st.tuples(st.integers(1, 60), st.integers(1, 60)),
)
def test_the_best_seats_do_not_depend_on_the_number_of_seats_searched(
    pictures, size, rule, seen
) -> None:
    hall_, free = hall(*pictures)
    party, range_seen = Party(size, rule=rule), range(min(seen), max(seen) + 1)
    some = {seat_id for seat_id in free if seat_id in range_seen}
    with suppress(NotSeen, NotEnoughSeats):
        assert choose_seats(hall_, some, party, seen=range_seen) == choose_seats(hall_, free, party)


def test_the_next_best_seats_are_found_among_those_around_the_last_ones() -> None:
    hall_, free = hall(*["oooo"] * 12)
    party = Party(2)
    chosen_now, _ = choose_seats(hall_, free, party)
    seen = ids_around(hall_, chosen_now)
    free -= set(chosen_now)
    assert seen == range(1, 35)
    assert choose_seats(hall_, free & set(seen), party, seen=seen) == choose_seats(
        hall_, free, party
    )
    with pytest.raises(NotSeen):
        choose_seats(hall_, set(), party, seen=seen)


# Couples


def test_a_couple_is_not_split_for_better_seats() -> None:
    hall_ = Hall(paired("aabbccdd"))
    free = set(range(8))
    assert [group.seat_ids for group in groups(hall_, free, 2, anyone)] == [
        [2, 3], [4, 5], [0, 1], [6, 7],
    ]  # fmt: skip
    assert list(groups(hall_, free, 3, anyone)) == []
    assert chosen(hall_, free, Party(3)) is None
    assert [place.seat_id for place in left_of_couples(hall_, free, {1, 2})] == [0, 3]
    assert left_of_couples(hall_, free, {2, 3}) == []


def test_the_rest_of_a_couple_that_was_split_may_be_had() -> None:
    hall_ = Hall(paired("aabb"))
    assert left_of_couples(hall_, {1, 2, 3}, {1}) == []
    assert chosen(hall_, {1, 2, 3}, Party(1)) == ([1], True)


def test_couples_of_two_rows_may_have_the_same_label() -> None:
    back = [
        HallSeat(10 + place.seat_id, "", "B", place.x, 1, "Gold", couple="a")
        for place in paired("aa")
    ]
    assert left_of_couples(Hall(paired("aa") + back), {0, 1, 10, 11}, {0, 1}) == []


def paired(couples: str) -> list[HallSeat]:
    """Make a row of seats, each with the label of its couple."""
    return [
        HallSeat(x, "", "A", x, 0, "Gold", couple=couple.strip())
        for x, couple in enumerate(couples)
    ]


# The focal point


def test_good_seats_are_near_to_the_focal_point() -> None:
    places = [HallSeat(x, "", "A", x, 0, "Gold") for x in range(9)]
    hall_ = Hall(places, focus=(7, -3))
    assert chosen(hall_, set(range(9)), Party(2)) == ([7, 8], True)


def test_alternatives_are_near_to_what_was_asked_for() -> None:
    hall_, free = hall("oooooooo")
    first = next(groups(hall_, free, 2, anyone, focus=(6.5, 0)))
    assert first.seat_ids == [7, 8]


@given(
    pictures=st.lists(
        st.text("ox ", min_size=1, max_size=9).filter(str.strip), min_size=1, max_size=6
    ),
    size=st.integers(1, 3),
    at=st.tuples(st.integers(0, 8), st.integers(0, 5)),
    seen=st.tuples(st.integers(1, 60), st.integers(1, 60)),
)
def test_groups_near_a_point_do_not_depend_on_the_number_of_seats_searched(
    pictures, size, at, seen
) -> None:
    hall_, free = hall(*pictures)
    in_order = list(groups(hall_, free, size, anyone, focus=at))
    assert in_order == sorted(
        in_order, key=lambda group: (group.leaves_single, group.distance, group.seat_ids[0])
    )
    assert sorted(group.seat_ids for group in in_order) == sorted(
        group.seat_ids for group in groups(hall_, free, size, anyone)
    )
    told, range_seen = [], range(min(seen), max(seen))
    with suppress(NotSeen):
        some = {seat_id for seat_id in free if seat_id in range_seen}
        for group in groups(hall_, some, size, anyone, focus=at, seen=range_seen):
            told.append(group)
    assert told == in_order[: len(told)]


def test_neighbours_are_complete_for_a_second_thread(monkeypatch) -> None:
    hall_, free = hall("oo", "oo")
    told = []

    def ask() -> list[list[int]]:
        return [group.seat_ids for group in groups(hall_, free, 2, anyone, focus=(0, 0))]

    class Row(neighbours.Row):
        def __new__(cls, *bounds: float) -> neighbours.Row:
            if not told:  # The other comes in between.
                told.append([])
                told[0] = ask()
            return super().__new__(cls, *bounds)

    monkeypatch.setattr(neighbours, "Row", Row)
    assert ask() == [[1, 2], [11, 12]]
    assert told == [[[1, 2], [11, 12]]]


def test_alternatives_share_no_seat() -> None:
    hall_, free = hall("oooo")
    found = disjoint((group.seat_ids for group in groups(hall_, free, 2, anyone)), 3)
    assert sorted(chain(*found)) == [1, 2, 3, 4]


# The single-seat rule


def test_a_seat_between_others_is_left_alone() -> None:
    assert alone("oooooo", take={2, 3}) == [1]
    assert alone("oooooo", take={1, 2}) == []
    assert alone("oooxoo", take={1, 2}) == [3]
    assert alone("ooo ooo", take={1, 2}) == [3]
    assert alone("oooooo", take={1, 3}) == [2]


def test_a_seat_that_was_alone_before_is_not_this_party_s_doing() -> None:
    assert alone("oxoooo", take={3, 4}) == []


def test_the_last_seat_of_a_row_may_stay_alone() -> None:
    assert alone("xxxooo", take={4, 5}) == []
    assert alone("xxxooo", "oooooo", take={4, 5}) == []


def test_the_lenient_rule_allows_a_single_seat_that_every_choice_leaves() -> None:
    assert alone("oooxoo", take={1, 2}, rule="lenient") == []
    assert alone("ooooxo", take={2, 3}, rule="lenient") == [1, 4]


@pytest.mark.parametrize("rule", ["strict", "lenient"])
def test_the_choice_keeps_the_rule(rule: str) -> None:
    hall_, free = hall("ooxooo", "xxoooo")
    seat_ids, _ = choose("ooxooo", "xxoooo", size=2, rule=rule)
    assert single_seats(hall_, free, seat_ids, rule=rule) == []
