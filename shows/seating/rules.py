"""What may not be taken: a part of a couple, and what leaves a single seat against the show's rule."""

from collections.abc import Collection
from itertools import groupby

from shows.models import Show
from shows.seating.hall import Free, Hall
from shows.seating.places import Place


def may_be_taken(hall: Hall, free: Free, seat_ids: Collection[int], *, rule: str) -> bool:
    """Whether a customer may book these free seats, and no others, by the rules of the hall."""
    return not (
        left_of_couples(hall, free, seat_ids) or single_seats(hall, free, seat_ids, rule=rule)
    )


def left_of_couples(hall: Hall, free: Free, taken: Collection[int]) -> list[Place]:
    """The free seats that are sold together with some of these, and are not among them."""
    left = {}
    for seat_id in taken if hall.couples else ():
        for other in hall.couples.get(seat_id, ()):
            if other in free and other not in taken:
                left[other] = True
    return hall.of(left)


def single_seats(hall: Hall, free: Free, taken: Collection[int], *, rule: str) -> list[Place]:
    """
    The seats that would be left without a free neighbour if these were taken, against the show's
    single-seat rule.

    Not counted: the last free seat of a row; leniently, also where the run of free seats that
    they are taken from is just one longer, so that one is left however they are chosen.
    """
    if rule == Show.SingleSeatRule.OFF:
        return []
    found = []
    chosen = sorted(hall.at[seat_id] for seat_id in taken if seat_id in hall.at)
    for (first, last), places in groupby(chosen, lambda at: hall.row_of(hall.line[at])):
        gap = first - 1
        before = hall.ones(free, start=gap, end=last)
        after = bytearray(before)
        of_row = [at - gap for at in places]
        for at in of_row:
            after[at] = 0
        if after.count(1) <= 1:
            continue
        for start, end in dict.fromkeys(_run_around(before, at) for at in of_row):
            count = end - start - after.count(1, start, end)
            if not count or (rule == Show.SingleSeatRule.LENIENT and end - start == count + 1):
                continue
            found += [
                hall.line[gap + at]
                for at in range(start, end)
                if after[at - 1 : at + 2] == b"\0\1\0"
            ]
    return found


def _run_around(ones: bytes, at: int) -> tuple[int, int]:
    """From where to where all is free around a place, which itself is."""
    return ones.rindex(0, 0, at) + 1, ones.index(0, at)
