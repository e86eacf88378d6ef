"""
Which seats to offer: plain computation on positions, without a database.

Neighbours are seats of one row that stand side by side in the hall, whatever their numbers say;
an aisle, which is a wider gap, parts them.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from math import hypot
from statistics import median

# A gap of more than one and a half seats of the row is an aisle.
AISLE = 1.5
# Larger parties are not worth the search for the best pair of groups.
MOST_IN_TWO = 20
# Of the groups of one size, so many of the best are tried with those of the other size.
FIRST_FEW = 40

Point = tuple[float, float]
Free = Collection[int]


@dataclass(frozen=True, slots=True)
class Place:
    """A seat as it stands in the hall."""

    seat_id: int
    section: str
    row: str
    x: float
    y: float
    category: str
    price: Decimal
    accessible: bool
    companion: bool

    @property
    def is_special(self) -> bool:
        """A wheelchair place or the seat beside one: offered only to those who ask for it."""
        return self.accessible or self.companion


Wanted = Callable[[Place], bool]


@dataclass(frozen=True, slots=True)
class Group:
    """Neighbouring seats that can be taken together, and the seats that they would leave alone."""

    places: Sequence[Place]
    leaves_alone: Sequence[Place]
    distance: float

    @property
    def seat_ids(self) -> list[int]:
        return [place.seat_id for place in self.places]

    @property
    def rank(self) -> tuple[bool, float, int]:
        return bool(self.leaves_alone), self.distance, self.places[0].seat_id


class Hall:
    """The places of a hall in their blocks: within a block all sit side by side."""

    def __init__(self, places: Iterable[Place]) -> None:
        self.places = list(places)
        self._rows: dict[tuple[str, str], list[Place]] = {}
        for place in self.places:
            self._rows.setdefault((place.section, place.row), []).append(place)
        self.blocks = [block for row in self._rows.values() for block in _split_at_aisles(row)]

    @cached_property
    def stage(self) -> Point:
        """The middle of the hall's front, which good seats are near to."""
        xs = [place.x for place in self.places]
        return (min(xs) + max(xs)) / 2, min(place.y for place in self.places)

    def of(self, seat_ids: Collection[int]) -> list[Place]:
        wanted = set(seat_ids)
        return [place for place in self.places if place.seat_id in wanted]

    def runs(self, free: Free) -> Iterator[list[Place]]:
        """The longest rows of neighbours that are all free."""
        for block in self.blocks:
            run: list[Place] = []
            for place in block:
                if place.seat_id in free:
                    run.append(place)
                elif run:
                    yield run
                    run = []
            if run:
                yield run

    def groups(self, free: Free, size: int, focus: Point, wanted: Wanted) -> list[Group]:
        """Every way to seat so many side by side in wanted places, the best first."""
        found = []
        for run in self.runs(free):
            for start in range(len(run) - size + 1):
                window = run[start : start + size]
                if all(map(wanted, window)):
                    found.append(Group(window, _alone(run, start, size), _distance(window, focus)))
        found.sort(key=lambda group: group.rank)
        return found

    def left_alone(self, free: Free, taken: Collection[int], *, lenient: bool) -> list[Place]:
        """
        The seats that would be left without a free neighbour if these were taken.

        Not counted: the last free seat of a row; leniently, also where the run of free seats that
        they are taken from is just one longer, so that one is left however they are chosen.
        """
        after = set(free) - set(taken)
        in_row = Counter((place.section, place.row) for place in self.of(after))
        found = []
        for run in self.runs(free):
            count = sum(place.seat_id in taken for place in run)
            if count == 0 or (lenient and len(run) == count + 1):
                continue
            rest = [[]]
            for place in run:
                if place.seat_id in after:
                    rest[-1].append(place)
                elif rest[-1]:
                    rest.append([])
            found += [p[0] for p in rest if len(p) == 1 and in_row[p[0].section, p[0].row] > 1]
        return found

    def choose(
        self,
        free: Free,
        size: int,
        focus: Point,
        wanted: Wanted,
        allowed: Callable[[list[int]], bool],
    ) -> tuple[list[int], bool] | None:
        """
        The best wanted places for a party, and whether they are side by side; None: there are none.

        Side by side before apart, in two groups before three, nobody alone if that can be helped,
        no seat left alone, and then near to the focus. `allowed` may refuse a choice.
        """
        for group in self.groups(free, size, focus, wanted):
            if allowed(group.seat_ids):
                return group.seat_ids, True
        for chosen in (
            self._in_two(free, size, focus, wanted),
            self._in_many(free, size, focus, wanted),
        ):
            if chosen and allowed(chosen):
                return chosen, False
        return None

    def _in_two(self, free: Free, size: int, focus: Point, wanted: Wanted) -> list[int] | None:
        """The best pair of groups: for each split, one of the best few of either size."""
        best = None
        if size > MOST_IN_TWO:
            return None
        for small in range(1, size // 2 + 1):
            firsts, seconds = (
                self.groups(free, part, focus, wanted)[:FIRST_FEW] for part in (small, size - small)
            )
            for first in firsts:
                for second in seconds:
                    if set(first.seat_ids).isdisjoint(second.seat_ids):
                        rank = (
                            small == 1,
                            bool(first.leaves_alone) + bool(second.leaves_alone),
                            first.distance * small + second.distance * (size - small),
                        )
                        if best is None or rank < best[0]:
                            best = rank, first.seat_ids + second.seat_ids
        return best[1] if best else None

    def _in_many(self, free: Free, size: int, focus: Point, wanted: Wanted) -> list[int] | None:
        """Groups as large as can be, one after the other."""
        rest, chosen = set(free), []
        while len(chosen) < size:
            longest = max((len(run) for run in self.runs(rest)), default=0)
            for part in range(min(longest, size - len(chosen)), 0, -1):
                if found := self.groups(rest, part, focus, wanted):
                    chosen += found[0].seat_ids
                    rest -= set(found[0].seat_ids)
                    break
            else:
                return None
        return chosen


def disjoint(candidates: Iterable[Group], most: int) -> list[Group]:
    """The first groups that share no seat."""
    picked: list[Group] = []
    taken: set[int] = set()
    for group in candidates:
        if len(picked) == most:
            break
        if taken.isdisjoint(group.seat_ids):
            picked.append(group)
            taken.update(group.seat_ids)
    return picked


def centre(places: Sequence[Place]) -> Point:
    count = len(places)
    return sum(place.x for place in places) / count, sum(place.y for place in places) / count


def _split_at_aisles(row: list[Place]) -> list[list[Place]]:
    xs, ys = [place.x for place in row], [place.y for place in row]
    runs_across = max(xs) - min(xs) >= max(ys) - min(ys)  # A row of boxes may run along the side.
    row.sort(key=lambda place: (place.x, place.y) if runs_across else (place.y, place.x))
    gaps = [hypot(b.x - a.x, b.y - a.y) for a, b in pairwise(row)]
    widest = AISLE * median(gaps) if gaps else 0
    blocks = [row[:1]]
    for place, gap in zip(row[1:], gaps, strict=True):
        if gap > widest:
            blocks.append([])
        blocks[-1].append(place)
    return blocks


def _alone(run: Sequence[Place], start: int, size: int) -> list[Place]:
    left, right = start, len(run) - start - size
    return [run[0]] * (left == 1) + [run[-1]] * (right == 1)


def _distance(places: Sequence[Place], focus: Point) -> float:
    x, y = centre(places)
    return hypot(x - focus[0], y - focus[1])
