"""The best available seats for a party: side by side, or else in as few groups as can be."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice, product
from typing import Any

from shows.errors import NotEnoughSeats
from shows.seating.adjacent import groups
from shows.seating.hall import Free, Hall, runs
from shows.seating.places import Place
from shows.seating.rules import may_be_taken

# Larger parties are not worth the search for the best pair of groups.
MAX_IN_TWO = 20
# Of the groups of one size, so many of the best are tried with those of the other size.
FIRST_FEW = 40


@dataclass(frozen=True)
class Party:
    """Who wants seats: how many, and which will do. `rule` is the show's single-seat rule."""

    quantity: int
    categories: frozenset[str] | None = None
    section: str | None = None
    accessible: bool = False
    rule: str = "off"

    def wants(self, place: Place) -> bool:
        return (
            (self.categories is None or place.category in self.categories)
            and self.section in (None, place.section)
            and (self.accessible or not place.is_special)
        )

    def admits(self, area: dict[str, Any]) -> bool:
        """Whether an area of general admission, as `areas_of` says it, will do."""
        return (
            (self.categories is None or area["category"] in self.categories)
            and self.section in (None, area["name"])
            and not self.accessible
        )


def choose_seats(hall: Hall, free: Free, party: Party) -> tuple[list[int], bool]:
    """
    The best free seats for a party, and whether they are side by side. Raises NotEnoughSeats.

    Side by side before apart, in two groups before three, nobody alone if that can be helped,
    no seat left alone, and then near to the stage. Wheelchair places and the seats beside them are
    kept for parties that ask for them.
    """
    if hall.places:
        for group in groups(hall, free, party.quantity, party.wants):
            if _is_allowed(hall, free, group.seat_ids, party):
                return group.seat_ids, True
        for seat_ids in chain(
            _in_two(hall, free, party), _in_many(hall, free, party), _in_ends(hall, free, party)
        ):
            if _is_allowed(hall, free, seat_ids, party):
                return seat_ids, False
    left = sum(party.wants(place) for place in hall.of(free))
    raise NotEnoughSeats(quantity=party.quantity, available=left)


def _is_allowed(hall: Hall, free: Free, seat_ids: list[int], party: Party) -> bool:
    if party.accessible and not any(place.accessible for place in hall.of(seat_ids)):
        return False
    return may_be_taken(hall, free, seat_ids, rule=party.rule)


def _in_two(hall: Hall, free: Free, party: Party) -> Iterator[list[int]]:
    """Pairs of groups, the best first: for each split, of the best few of either size."""
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
                    first.leaves_alone + second.leaves_alone,
                    first.distance * small + second.distance * (size - small),
                )
                found.append((rank, first.seat_ids + second.seat_ids))
    found.sort(key=lambda pair: pair[0])
    yield from (seat_ids for _, seat_ids in found)


def _in_many(hall: Hall, free: Free, party: Party) -> Iterator[list[int]]:
    """Groups as large as can be, one after the other."""
    rest, chosen = set(free), []
    while (missing := party.quantity - len(chosen)) > 0:
        takeable = hall.ones(rest, party.wants)
        longest = max((end - start for start, end in runs(takeable)), default=0)
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
    Whole runs and ends of runs that leave two seats or more, or all of a row but one, in as few
    groups as can be.
    """
    size = party.quantity
    ones, takeable = hall.ones(free), hall.ones(free, party.wants)
    # By how many seats they are: the groups, each as where it begins and where it ends.
    best: dict[int, list[tuple[int, int]]] = {0: []}

    def offer(total: int, groups: list[tuple[int, int]], more: list[tuple[int, int]]) -> None:
        count = len(groups) + len(more)
        if total <= size and (total not in best or count < len(best[total])):
            best[total] = groups + more

    for first, last in hall.rows:
        other_rows = list(best.items())
        runs_of_row = [(first + start, first + end) for start, end in runs(takeable[first:last])]
        for start, end in runs_of_row:
            for total, groups_before in list(best.items()):
                for part in range(1, min(end - start, size - total) + 1):
                    if part != end - start - 1:
                        offer(total + part, groups_before, [(start, start + part)])
        takeable_of_row = takeable.count(1, first, last)
        if runs_of_row and ones.count(1, first, last) == takeable_of_row:
            runs_of_row.sort(key=lambda run: run[1] - run[0])
            (start, end), *longer = runs_of_row
            but_one = [*([(start + 1, end)] if end - start > 1 else []), *longer]
            for total, groups_before in other_rows:
                offer(total + takeable_of_row - 1, groups_before, but_one)
    if size in best:
        yield [place.seat_id for part in best[size] for place in hall.line[slice(*part)]]
