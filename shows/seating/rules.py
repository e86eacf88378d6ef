"""Rules against splitting a couple and leaving a single seat."""

from collections.abc import Collection
from itertools import groupby

from shows.seating.hall import Free, Hall
from shows.seating.hall_seats import HallSeat

# The single-seat rules that a show may have.
OFF, LENIENT, STRICT = "off", "lenient", "strict"


def may_be_booked(hall: Hall, free: Free, seat_ids: Collection[int], *, rule: str) -> bool:
    """Say whether a customer may book exactly these free seats."""
    return not (
        left_of_couples(hall, free, seat_ids) or single_seats(hall, free, seat_ids, rule=rule)
    )


def left_of_couples(hall: Hall, free: Free, chosen: Collection[int]) -> list[HallSeat]:
    """List the free seats that the choice would split from their couple."""
    left = {}
    for seat_id in chosen if hall.couples else ():
        for other in hall.couples.get(seat_id, ()):
            if other in free and other not in chosen:
                left[other] = True
    return hall.of(left)


def single_seats(hall: Hall, free: Free, chosen: Collection[int], *, rule: str) -> list[HallSeat]:
    """
    List the seats that the chosen ones would leave single.

    The last free seat of a row does not count. Under the lenient rule, neither does a seat that any
    choice from its run would leave, because the run is one seat longer than the choice.
    """
    if rule == OFF:
        return []
    found = []
    positions = sorted(hall.at[seat_id] for seat_id in chosen if seat_id in hall.at)
    for (first, last), in_row in groupby(positions, lambda at: hall.row_of(hall.line[at])):
        gap = first - 1
        before = hall.ones(free, start=gap, end=last)
        after = bytearray(before)
        of_row = [at - gap for at in in_row]
        for at in of_row:
            after[at] = 0
        if after.count(1) <= 1:
            continue
        for start, end in dict.fromkeys(_run_around(before, at) for at in of_row):
            count = end - start - after.count(1, start, end)
            if not count or (rule == LENIENT and end - start == count + 1):
                continue
            found += [
                hall.line[gap + at]
                for at in range(start, end)
                if after[at - 1 : at + 2] == b"\0\1\0"
            ]
    return found


def _run_around(ones: bytes, at: int) -> tuple[int, int]:
    """Find the start and end of the ones around a position."""
    return ones.rindex(0, 0, at) + 1, ones.index(0, at)
