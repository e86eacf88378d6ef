"""
Which seats to offer: plain computation on positions, without a database.

Neighbours are seats of one row that stand side by side in the hall, whatever their numbers say;
an aisle, which is a wider gap, parts them.
"""

from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from heapq import heappop, heappush
from itertools import chain, islice, pairwise, product
from math import hypot
from statistics import median
from typing import NamedTuple

# A gap of more than one and a half seats of the row is an aisle.
AISLE = 1.5
# Larger parties are not worth the search for the best pair of groups.
MOST_IN_TWO = 20
# Of the groups of one size, so many of the best are tried with those of the other size.
FIRST_FEW = 40
# A distance may be rounded by less than this part of it.
_ROUNDING = 1e-12

Point = tuple[float, float]
Free = Collection[int]


@dataclass(frozen=True, slots=True)
class Place:
    """A seat as it stands in the hall. Those with the same `couple` are sold together."""

    seat_id: int
    section: str
    row: str
    x: float
    y: float
    category: str
    accessible: bool = False
    companion: bool = False
    couple: str = ""

    @property
    def is_special(self) -> bool:
        """A wheelchair place or the seat beside one: offered only to those who ask for it."""
        return self.accessible or self.companion

    @property
    def kind(self) -> tuple[str, str, bool]:
        """All that a party can want or not."""
        return self.section, self.category, self.is_special


Wanted = Callable[[Place], bool]


class NotSeen(LookupError):
    """The answer depends on seats of which nobody has said whether they are free."""


@dataclass(frozen=True, slots=True)
class Group:
    """Neighbouring seats that can be taken together."""

    places: Sequence[Place]
    leaves_alone: bool
    distance: float

    @property
    def seat_ids(self) -> list[int]:
        return [place.seat_id for place in self.places]


class _Row(NamedTuple):
    """The bounds of the centres of its groups, where in the line it is, and the bounds of its ids."""

    left: float
    right: float
    front: float
    back: float
    start: int
    end: int
    first_id: int
    last_id: int


class Hall:
    """
    The places of a hall in their blocks: within a block all sit side by side.

    A hall is the same for all of its shows, and is asked often. So all blocks stand in one line, with
    a gap after each, and which of them are free is a string of ones and zeros beside it: to look
    for neighbours is to look for ones.
    """

    def __init__(
        self,
        places: Iterable[Place],
        focus: Point | None = None,
        areas: Mapping[str, Sequence[tuple[int, int]]] | None = None,
    ) -> None:
        self.places = list(places)
        # Of general admission: the ranges of ids that the show has of the places of each.
        self.areas = areas or {}
        rows: dict[tuple[str, str], list[Place]] = {}
        for place in self.places:
            rows.setdefault((place.section, place.row), []).append(place)
        self.blocks: list[list[Place]] = []
        # Two gaps at either end spare the question whether there is a neighbour's neighbour.
        self._line: list[Place | None] = [None, None]
        self._row_of: dict[tuple[str, str], tuple[int, int]] = {}
        for name, row in rows.items():
            start = len(self._line)
            for block in _split_at_aisles(row):
                self.blocks.append(block)
                self._line += [*block, None]
            self._row_of[name] = start, len(self._line)
        self._line.append(None)
        self._at = {place.seat_id: at for at, place in enumerate(self._line) if place}
        self.seat_ids = frozenset(self._at)
        # Over how many ids a row stretches at the most: as many as it has seats, if they are in order.
        self.longest_row = max((_span(row) for row in rows.values()), default=0)
        self._couples: dict[tuple[str, str, str], list[int]] = {}
        for place in self.places:
            if place.couple:
                couple = place.section, place.row, place.couple
                self._couples.setdefault(couple, []).append(place.seat_id)
        self._focus = focus
        self._masks: dict[frozenset[tuple[str, str, bool]], int] = {}
        self._nearest: dict[int, array] = {}
        self._centres: dict[int, tuple[array, array]] = {}
        self._rows: dict[int, list[_Row]] = {}

    @cached_property
    def stage(self) -> Point:
        """What good seats are near to: the focus, or the middle of the hall's front."""
        xs = [place.x for place in self.places]
        return self._focus or ((min(xs) + max(xs)) / 2, min(place.y for place in self.places))

    def has(self, wanted: Wanted) -> bool:
        return any(map(wanted, self._kinds.values()))

    def of(self, seat_ids: Iterable[int]) -> list[Place]:
        return [self._line[self._at[seat_id]] for seat_id in seat_ids if seat_id in self._at]

    def runs(self, free: Free) -> Iterator[list[Place]]:
        """The longest rows of neighbours that are all free."""
        for start, length in self._runs(self._ones(free)):
            yield self._line[start : start + length]

    def groups(
        self,
        free: Free,
        size: int,
        wanted: Wanted,
        *,
        focus: Point | None = None,
        seen: range | None = None,
    ) -> Iterator[Group]:
        """
        Every way to seat so many side by side in wanted places: those that leave nobody alone
        first, and of these the ones near to the focus, which is the stage if not said. Couples are
        not split.

        With a focus, `free` may tell of some seats only, those whose ids are `seen`. Raises NotSeen
        where what comes next depends on others.
        """
        ones = self._ones(free)
        takeable = self._masked(ones, wanted)
        if focus is None:
            focus, starts = self.stage, self._near_to_stage(takeable, size)
        else:
            starts = self._near_to(focus, takeable, size, wanted, seen)
        lonely = []
        for start in starts:
            if self._splits(ones, start, size):
                continue
            end = start + size
            left, right = ones[start - 1] > ones[start - 2], ones[end] > ones[end + 1]
            if left or right:
                lonely.append(start)
            else:
                yield self._group(start, size, focus, leaves_alone=False)
        for start in lonely:
            yield self._group(start, size, focus, leaves_alone=True)

    def left_alone(self, free: Free, taken: Collection[int], *, lenient: bool) -> list[Place]:
        """
        The seats that would be left without a free neighbour if these were taken.

        Not counted: the last free seat of a row; leniently, also where the run of free seats that
        they are taken from is just one longer, so that one is left however they are chosen.
        """
        before = self._ones(free)
        chosen = sorted(self._at[seat_id] for seat_id in taken if seat_id in self._at)
        after = bytearray(before)
        for at in chosen:
            after[at] = 0
        found: dict[int, Place] = {}
        for start, end in dict.fromkeys(_run_around(before, at) for at in chosen):
            count = end - start - after.count(1, start, end)
            if not count or (lenient and end - start == count + 1):
                continue
            for at in range(start, end):
                if after[at - 1 : at + 2] == b"\0\1\0":
                    place = self._line[at]
                    if after.count(1, *self._row_of[place.section, place.row]) > 1:
                        found[at] = place
        return list(found.values())

    def left_of_couples(self, free: Free, taken: Collection[int]) -> list[Place]:
        """The free seats that are sold together with some of these, and are not among them."""
        left = []
        for place in self.of(taken) if self._couples else ():
            for seat_id in self._couples.get((place.section, place.row, place.couple), ()):
                if seat_id in free and seat_id not in taken and seat_id not in left:
                    left.append(seat_id)
        return self.of(left)

    def choose(
        self, free: Free, size: int, wanted: Wanted, allowed: Callable[[list[int]], bool]
    ) -> tuple[list[int], bool] | None:
        """
        The best wanted places for a party, and whether they are side by side; None: there are none.

        Side by side before apart, in two groups before three, nobody alone if that can be helped,
        no seat left alone, and then near to the stage. `allowed` may refuse a choice.
        """
        if not self.places:
            return None
        for group in self.groups(free, size, wanted):
            if allowed(group.seat_ids):
                return group.seat_ids, True
        apart = chain(
            self._in_two(free, size, wanted),
            self._in_many(free, size, wanted),
            self._in_ends(free, size, wanted),
        )
        for chosen in apart:
            if not self.left_of_couples(free, set(chosen)) and allowed(chosen):
                return chosen, False
        return None

    def _in_two(self, free: Free, size: int, wanted: Wanted) -> Iterator[list[int]]:
        """Pairs of groups, the best first: for each split, of the best few of either size."""
        if size > MOST_IN_TWO:
            return
        found = []
        for small in range(1, size // 2 + 1):
            firsts, seconds = (
                list(islice(self.groups(free, part, wanted), FIRST_FEW))
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

    def _in_many(self, free: Free, size: int, wanted: Wanted) -> Iterator[list[int]]:
        """Groups as large as can be, one after the other."""
        rest, chosen = set(free), []
        while len(chosen) < size:
            takeable = self._masked(self._ones(rest), wanted)
            longest = max((length for _, length in self._runs(takeable)), default=0)
            for part in range(min(longest, size - len(chosen)), 0, -1):
                if group := next(self.groups(rest, part, wanted), None):
                    chosen += group.seat_ids
                    rest.difference_update(group.seat_ids)
                    break
            else:
                return
        yield chosen

    def _in_ends(self, free: Free, size: int, wanted: Wanted) -> Iterator[list[int]]:
        """
        Whole runs and ends of runs that leave two seats or more, or all of a row but one, in as few
        groups as can be.
        """
        ones = self._ones(free)
        takeable = self._masked(ones, wanted)
        # By how many seats they are: the groups, each as where it begins and where it ends.
        best: dict[int, list[tuple[int, int]]] = {0: []}

        def offer(total: int, groups: list[tuple[int, int]], more: list[tuple[int, int]]) -> None:
            count = len(groups) + len(more)
            if total <= size and (total not in best or count < len(best[total])):
                best[total] = groups + more

        for first, last in self._row_of.values():
            other_rows = list(best.items())
            runs = [(first + at, length) for at, length in self._runs(takeable[first:last])]
            for start, length in runs:
                for total, groups in list(best.items()):
                    for part in range(1, min(length, size - total) + 1):
                        if part != length - 1:
                            offer(total + part, groups, [(start, start + part)])
            if runs and ones.count(1, first, last) == takeable.count(1, first, last):
                runs.sort(key=lambda run: run[1])
                start, length = runs[0]
                but_one = [(start + 1, start + length)] if length > 1 else []
                but_one += [(start, start + length) for start, length in runs[1:]]
                for total, groups in other_rows:
                    offer(total + takeable.count(1, first, last) - 1, groups, but_one)
        if size in best:
            yield [place.seat_id for part in best[size] for place in self._line[slice(*part)]]

    # ---- Ones and zeros

    def _ones(self, free: Free) -> bytearray:
        """One for each place of the line that is free, zero for others and for gaps."""
        ones = bytearray(len(self._line))
        at = self._at
        for seat_id in free:
            if seat_id in at:
                ones[at[seat_id]] = 1
        return ones

    def _masked(self, ones: bytes | bytearray, wanted: Wanted) -> bytes:
        """The ones of wanted places only."""
        kinds = frozenset(kind for kind, place in self._kinds.items() if wanted(place))
        if len(kinds) == len(self._kinds):
            return bytes(ones)
        if kinds not in self._masks:
            mask = bytes(place is not None and place.kind in kinds for place in self._line)
            self._masks[kinds] = int.from_bytes(mask)
        return (int.from_bytes(ones) & self._masks[kinds]).to_bytes(len(ones))

    @cached_property
    def _kinds(self) -> dict[tuple[str, str, bool], Place]:
        return {place.kind: place for place in self.places}

    def _runs(self, ones: bytes | bytearray) -> Iterator[tuple[int, int]]:
        end = 0
        while (start := ones.find(1, end)) >= 0:
            end = ones.index(0, start)
            yield start, end - start

    def _splits(self, ones: bytearray, start: int, size: int) -> bool:
        """Whether some couple would be parted by taking so many places from here."""
        if not self._couples:
            return False
        end = start + size
        for place in self._line[start:end]:
            for seat_id in self._couples.get((place.section, place.row, place.couple), ()):
                at = self._at[seat_id]
                if ones[at] and not start <= at < end:
                    return True
        return False

    def _near_to_stage(self, takeable: bytes, size: int) -> Iterator[int]:
        """Where so many takeable neighbours begin, the nearest to the stage first."""
        if size not in self._nearest:
            xs, ys = self._centres_of(size)
            x, y = self.stage
            ranked = sorted(
                (hypot(xs[start] - x, ys[start] - y), self._line[start].seat_id, start)
                for block in self.blocks
                for start in self._starts(block, size)
            )
            self._nearest[size] = array("l", (start for *_, start in ranked))
        party = b"\1" * size
        return (start for start in self._nearest[size] if takeable.startswith(party, start))

    def _near_to(
        self, focus: Point, takeable: bytes, size: int, wanted: Wanted, seen: range | None
    ) -> Iterator[int]:
        """
        The same of any point. A row is looked at once nothing before it can be nearer: of a stadium
        a few. Raises NotSeen at a row with wanted seats of which not all seats were seen.
        """
        rows, (xs, ys) = self._rows_of(size), self._centres_of(size)
        x, y = focus
        party, wanted_ones = b"\1" * size, self._masked(b"\1" * len(self._line), wanted)
        found: list[tuple[float, int, int]] = []
        for nearest, number in self._rows_by_distance(size, focus):
            while found and found[0][0] < nearest:
                yield heappop(found)[-1]
            *_, start, end, first_id, last_id = rows[number]
            if wanted_ones.find(party, start, end) < 0:
                continue
            if seen is not None and not (first_id in seen and last_id in seen):
                raise NotSeen
            while (start := takeable.find(party, start, end)) >= 0:
                distance = hypot(xs[start] - x, ys[start] - y)
                heappush(found, (distance, self._line[start].seat_id, start))
                start += 1
        while found:
            yield heappop(found)[-1]

    def _rows_by_distance(self, size: int, focus: Point) -> list[tuple[float, int]]:
        """How far the nearest group of each row is at the least, and the row's number."""
        x, y = focus
        return sorted(
            (
                hypot(
                    left - x if x < left else x - right if x > right else 0.0,
                    front - y if y < front else y - back if y > back else 0.0,
                )
                * (1 - _ROUNDING),
                number,
            )
            for number, (left, right, front, back, *_) in enumerate(self._rows_of(size))
        )

    def _centres_of(self, size: int) -> tuple[array, array]:
        """Of every so many neighbours their centre, at the place where they begin."""
        if size not in self._centres:
            xs, ys = (array("d", bytes(8 * len(self._line))) for _ in range(2))
            for block in self.blocks:
                for offset, start in enumerate(self._starts(block, size)):
                    xs[start], ys[start] = centre(block[offset : offset + size])
            self._centres[size] = xs, ys
        return self._centres[size]

    def _rows_of(self, size: int) -> list[_Row]:
        """The rows in which so many sit side by side."""
        if size not in self._rows:
            xs, ys = self._centres_of(size)
            starts: dict[tuple[str, str], list[int]] = {}
            for block in self.blocks:
                name = block[0].section, block[0].row
                starts.setdefault(name, []).extend(self._starts(block, size))
            rows = []
            for name, found in starts.items():
                if found:
                    across, deep = [xs[start] for start in found], [ys[start] for start in found]
                    start, end = self._row_of[name]
                    ids = [place.seat_id for place in self._line[start:end] if place]
                    bounds = min(across), max(across), min(deep), max(deep)
                    rows.append(_Row(*bounds, start, end, min(ids), max(ids)))
            self._rows[size] = rows  # Whole, as other threads may ask meanwhile.
        return self._rows[size]

    def _starts(self, block: list[Place], size: int) -> range:
        first = self._at[block[0].seat_id]
        return range(first, first + len(block) - size + 1)

    def _group(self, start: int, size: int, focus: Point, *, leaves_alone: bool) -> Group:
        places = self._line[start : start + size]
        return Group(places, leaves_alone, _distance(places, focus))


def disjoint(candidates: Iterable[Group], most: int) -> list[Group]:
    """The first groups that share no seat."""
    picked: list[Group] = []
    taken: set[int] = set()
    for group in candidates:
        if taken.isdisjoint(group.seat_ids):
            picked.append(group)
            taken.update(group.seat_ids)
            if len(picked) == most:
                break
    return picked


def centre(places: Sequence[Place]) -> Point:
    count = len(places)
    return sum(place.x for place in places) / count, sum(place.y for place in places) / count


def _span(row: Sequence[Place]) -> int:
    seat_ids = [place.seat_id for place in row]
    return max(seat_ids) - min(seat_ids) + 1


def _run_around(ones: bytes | bytearray, at: int) -> tuple[int, int]:
    """From where to where all is free around a place, which itself is."""
    return ones.rindex(0, 0, at) + 1, ones.index(0, at)


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


def _distance(places: Sequence[Place], focus: Point) -> float:
    x, y = centre(places)
    return hypot(x - focus[0], y - focus[1])
