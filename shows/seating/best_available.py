"""
The best available seats for a party.

They are side by side, or in as few groups as possible.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice, product
from typing import Any

from shows.errors import NotEnoughSeats
from shows.seating.adjacent import NotSeen, groups
from shows.seating.hall import Free, Hall, runs
from shows.seating.hall_seats import HallSeat
from shows.seating.rules import OFF, may_be_booked

# For larger parties, the search for the best pair of groups would take too long.
MAX_IN_TWO = 20
# How many of the best groups of each size are combined with those of the other size.
FIRST_FEW = 40
# How many rows, from that of the last choice on, are looked at for the next one.
_NEXT_ROWS = 4


@dataclass(frozen=True)
class Party:
    """
    A number of people, and the seats that they accept.

    `rule` is the show's single-seat rule.
    """

    quantity: int
    categories: frozenset[str] | None = None
    section: str | None = None
    accessible: bool = False
    rule: str = OFF

    def wants(self, seat: HallSeat) -> bool:
        return (
            (self.categories is None or seat.category in self.categories)
            and self.section in (None, seat.section)
            and (self.accessible or not seat.is_special)
        )

    def admits(self, area: dict[str, Any]) -> bool:
        """Tell whether the party accepts an area, given as by `areas_of`."""
        return (
            (self.categories is None or area["category"] in self.categories)
            and self.section in (None, area["name"])
            and not self.accessible
        )


def choose_seats(
    hall: Hall, free: Free, party: Party, *, seen: range | None = None
) -> tuple[list[int], bool]:
    """
    Choose the best free seats for a party.

    Return whether they are side by side, too. In order of importance: side by side, then two
    groups, then more; no person alone; no single seat left; near to the focal point. Wheelchair
    places and the seats beside them are offered only to parties that ask for them. Raises
    NotEnoughSeats, which says if couples are the reason.

    With `seen`, `free` covers only seats with these ids. Raises NotSeen if the choice depends on
    others.
    """
    if hall.seats:
        for group in groups(hall, free, party.quantity, party.wants, seen=seen):
            if _is_allowed(hall, free, group.seat_ids, party):
                return group.seat_ids, True
        if seen is not None:
            raise NotSeen
        for seat_ids in chain(
            _in_two(hall, free, party), _in_many(hall, free, party), _in_ends(hall, free, party)
        ):
            if _is_allowed(hall, free, seat_ids, party):
                return seat_ids, False
    wanted = [seat for seat in hall.of(free) if party.wants(seat)]
    is_without_wheelchair_place = party.accessible and not any(seat.accessible for seat in wanted)
    left = [] if is_without_wheelchair_place else [seat.seat_id for seat in wanted]
    in_couples = len(left) >= party.quantity and any(seat_id in hall.couples for seat_id in left)
    raise NotEnoughSeats(quantity=party.quantity, available=len(left), in_couples=in_couples)


def ids_around(hall: Hall, seat_ids: list[int]) -> range:
    """
    Return the ids from the focal rows to just behind these seats.

    The next choice is probably made among them.
    """
    first_id, last_id, left = seat_ids[0], seat_ids[0], _NEXT_ROWS
    for _, row in hall.neighbours(len(seat_ids)).rows_by_distance(hall.focus):
        first_id, last_id = min(first_id, row.first_id), max(last_id, row.last_id)
        if left < _NEXT_ROWS or row.first_id <= seat_ids[0] <= row.last_id:
            left -= 1
        if not left:
            break
    return range(first_id, last_id + 1)


def _is_allowed(hall: Hall, free: Free, seat_ids: list[int], party: Party) -> bool:
    if party.accessible and not any(seat.accessible for seat in hall.of(seat_ids)):
        return False
    return may_be_booked(hall, free, seat_ids, rule=party.rule)


def _in_two(hall: Hall, free: Free, party: Party) -> Iterator[list[int]]:
    """Yield pairs of good groups, the best pair first."""
    size = party.quantity
    if size > MAX_IN_TWO:
        return
    found = []
    for small in range(1, size // 2 + 1):
        firsts, seconds = (
            list(islice(groups(hall, free, part, party.wants), FIRST_FEW))
            for part in (small, size - small)
        )
        for first, second in product(firsts, seconds):
            if set(first.seat_ids).isdisjoint(second.seat_ids):
                rank = (
                    small == 1,
                    first.leaves_single + second.leaves_single,
                    first.distance * small + second.distance * (size - small),
                )
                found.append((rank, first.seat_ids + second.seat_ids))
    found.sort(key=lambda pair: pair[0])
    yield from (seat_ids for _, seat_ids in found)


def _in_many(hall: Hall, free: Free, party: Party) -> Iterator[list[int]]:
    """Yield one choice that takes the largest possible group, again and again."""
    rest, chosen = set(free), []
    while (missing := party.quantity - len(chosen)) > 0:
        usable = hall.ones(rest, party.wants)
        longest = max((end - start for start, end in runs(usable)), default=0)
        for part in range(min(longest, missing), 0, -1):
            if group := next(groups(hall, rest, part, party.wants), None):
                chosen += group.seat_ids
                rest.difference_update(group.seat_ids)
                break
        else:
            return
    yield chosen


def _in_ends(hall: Hall, free: Free, party: Party) -> Iterator[list[int]]:
    """
    Yield one choice that the strict single-seat rule allows.

    It has as few groups as possible. It consists of whole runs, of ends of runs that leave two or
    more seats, and of rows of which one seat is left.
    """
    size = party.quantity
    ones, usable = hall.ones(free), hall.ones(free, party.wants)
    # For each number of seats: the groups, each with its start and end in the line.
    best: dict[int, list[tuple[int, int]]] = {0: []}

    def offer(total: int, groups: list[tuple[int, int]], more: list[tuple[int, int]]) -> None:
        count = len(groups) + len(more)
        if total <= size and (total not in best or count < len(best[total])):
            best[total] = groups + more

    for first, last in hall.rows:
        other_rows = list(best.items())
        runs_of_row = [(first + start, first + end) for start, end in runs(usable[first:last])]
        for start, end in runs_of_row:
            for total, groups_before in list(best.items()):
                for part in range(1, min(end - start, size - total) + 1):
                    if part != end - start - 1:
                        offer(total + part, groups_before, [(start, start + part)])
        usable_of_row = usable.count(1, first, last)
        if runs_of_row and ones.count(1, first, last) == usable_of_row:
            runs_of_row.sort(key=lambda run: run[1] - run[0])
            (start, end), *longer = runs_of_row
            but_one = [*([(start + 1, end)] if end - start > 1 else []), *longer]
            for total, groups_before in other_rows:
                offer(total + usable_of_row - 1, groups_before, but_one)
    if size in best:
        yield [seat.seat_id for part in best[size] for seat in hall.line[slice(*part)]]
