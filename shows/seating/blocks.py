"""
Blocks of seats that are side by side in their row.

Only positions in the plane count. A hall's pitch is the usual distance of neighbours. Two seats of a
row may be neighbours if they are at most AISLE times the pitch apart. A row without turns is read from
end to end. Any other row is joined up seat by seat, from the shortest distance to the longest, with at
most two neighbours for each seat and no sharp turn. So a row may run round an arena or along a
horseshoe, and no neighbours sit across it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise
from math import cos, dist, hypot, inf, radians
from statistics import median

from shows.seating.hall_seats import HallSeat, Point

# Seats that are farther apart than one and a half times the pitch have an aisle between them.
AISLE = 1.5 * (1 + 1e-9)  # Rounding makes no aisle.
# A seat's line to its second neighbour turns by at most this angle. A corner of a bench has 90°,
# and a round table for five has 72°.
_SHARPEST_TURN = cos(radians(80))
# A small round table turns more sharply.
_TURN_AT_TABLE = cos(radians(125))
# Three seats in a line say how a row runs.
_IN_LINE = cos(radians(45))
# A distance that no line of three seats supports counts for so much more. Benches at a table that is
# narrower than a seat then still run along the table.
_UNSUPPORTED = 1.4
# A part of a hall has a wider pitch than the hall only up to this factor.
_MAX_WIDER = 2
# A hall whose rows are much wider spaced than its columns has lost seats, not gained width.
_MAX_SPARSE = 3
# How many seats at most are compared with one seat. It bounds the time for plans without positions.
_REACH = 40
_SAMPLE = 400

Edge = tuple[float, int, int]


class Pitches:
    """The usual distance of neighbouring seats in a hall's parts."""

    def __init__(self, rows: Iterable[Sequence[HallSeat]]) -> None:
        all_seats: list[HallSeat] = []
        of_part: dict[tuple[str, str], list[float]] = defaultdict(list)
        for row in rows:
            all_seats += row
            for seat, distance in zip(row, _nearest(row), strict=True):
                if 0 < distance < inf:
                    of_part[seat.section, seat.category].append(distance)
        distances = [distance for part in of_part.values() for distance in part]
        self.hall = median(distances) if distances else 0.0
        self.hall = min(self.hall, _MAX_SPARSE * _median_of_sample(all_seats, self.hall))
        self._parts = {
            part: own
            for part, distances in of_part.items()
            if len(distances) > 3 and (own := median(distances)) <= _MAX_WIDER * self.hall
        }

    def of(self, seat: HallSeat) -> float:
        return self._parts.get((seat.section, seat.category), self.hall)


def blocks_of(row: Iterable[HallSeat], pitches: Pitches | None = None) -> list[list[HallSeat]]:
    """Split a row into blocks of seats that are side by side. Seat numbers do not matter."""
    row = list(row)
    pitches = pitches or Pitches([row])
    widest = [AISLE * pitches.of(seat) for seat in row]
    if (order := _along_line(row)) is not None:
        return [[row[at] for at in block] for block in _split(row, order, widest)]
    chains = _chains(row, _edges(row, widest))
    return [[row[at] for at in chain] for chain in chains]


def _main_axis(row: Sequence[HallSeat]) -> tuple[list[float], list[float]]:
    """Return positions along and across the row's longer side."""
    xs, ys = [seat.x for seat in row], [seat.y for seat in row]
    runs_across = max(xs) - min(xs) >= max(ys) - min(ys)  # A row of boxes may run along the side.
    return (xs, ys) if runs_across else (ys, xs)


def _along_line(row: Sequence[HallSeat]) -> list[int] | None:
    """Return the seats from end to end along a line. The way must not turn by 45° or more."""
    along, across = _main_axis(row)
    first, last = (pick(range(len(row)), key=along.__getitem__) for pick in (min, max))
    length = along[last] - along[first]
    slope = (across[last] - across[first]) / length if length else 0.0
    keys = [a + slope * b for a, b in zip(along, across, strict=True)]
    order = sorted(range(len(row)), key=keys.__getitem__)
    points = [(along[at], across[at]) for at in order]
    turns = map(_turn, points, points[1:], points[2:])
    return order if all(turn >= _IN_LINE for turn in turns) else None


def _split(
    row: Sequence[HallSeat], order: Sequence[int], widest: Sequence[float]
) -> list[list[int]]:
    blocks = [[order[0]]]
    for before, at in pairwise(order):
        gap = hypot(row[at].x - row[before].x, row[at].y - row[before].y)
        if gap > (widest[before] + widest[at]) / 2:
            blocks.append([])
        blocks[-1].append(at)
    return blocks


def _edges(row: Sequence[HallSeat], widest: Sequence[float]) -> list[Edge]:
    """List the pairs of seats that may be neighbours. Each has its distance."""
    size = max(widest)
    cells: dict[tuple[int, int], list[int]] = defaultdict(list)
    edges = []
    for at, seat in enumerate(row):
        column, line = int(seat.x // size), int(seat.y // size)
        for cell in ((column + i, line + j) for i in (-1, 0, 1) for j in (-1, 0, 1)):
            for other in islice(reversed(cells.get(cell, ())), _REACH):
                gap = hypot(seat.x - row[other].x, seat.y - row[other].y)
                if gap <= (widest[at] + widest[other]) / 2:
                    edges.append((gap, other, at))
        cells[column, line].append(at)
    return edges


def _chains(row: Sequence[HallSeat], edges: Sequence[Edge]) -> list[list[int]]:
    """Join seats to chains, by the shortest edges first. A ring stays open at one place."""
    points = [(seat.x, seat.y) for seat in row]
    near: list[list[int]] = [[] for _ in row]
    for _, a, b in edges:
        near[a].append(b)
        near[b].append(a)
    sharpest = _TURN_AT_TABLE if _is_small_table(points, edges) else _SHARPEST_TURN

    def turns(a: int, b: int, others: Iterable[int]) -> Iterator[float]:
        """Yield the turn's cosine at b for each way from a."""
        return (_turn(points[a], points[b], points[c]) for c in others if c != a)

    def cost(edge: Edge) -> tuple[float, float, int, int]:
        gap, a, b = edge
        in_line = max([*turns(a, b, near[b]), *turns(b, a, near[a])], default=-1)
        length = round(gap * (1 if in_line >= _IN_LINE else _UNSUPPORTED), 6)
        return (
            length,
            abs(points[a][1] - points[b][1]),
            a,
            b,
        )  # Among equals, across the hall first.

    links: list[list[int]] = [[] for _ in row]
    chain_of = list(range(len(row)))
    for _, _, a, b in sorted(map(cost, edges)):
        if len(links[a]) == 2 or len(links[b]) == 2 or _root(chain_of, a) == _root(chain_of, b):
            continue
        joints = [*turns(a, b, links[b]), *turns(b, a, links[a])]
        if min(joints, default=1) >= sharpest:
            links[a].append(b)
            links[b].append(a)
            chain_of[_root(chain_of, a)] = _root(chain_of, b)
    return _walk(row, links)


def _turn(a: Point, b: Point, c: Point) -> float:
    """Return the cosine of the turn at b. The way is from a to c, and 1 is straight on."""
    x, y, u, v = b[0] - a[0], b[1] - a[1], c[0] - b[0], c[1] - b[1]
    length = hypot(x, y) * hypot(u, v)
    return (x * u + y * v) / length if length else 1.0


def _is_small_table(points: Sequence[Point], edges: Sequence[Edge]) -> bool:
    """Say whether three or four seats stand round a table. Two pairs in two lines do not."""
    if len(points) not in (3, 4) or len(edges) < len(points):
        return False
    sides = sorted(edges)[: len(points)]
    if sides[-1][0] > 1.1 * sides[0][0]:
        return False
    if len(points) == 3:
        return True
    # A square that stands on a side is two benches, or two rows of a box.
    return all(
        min(abs(points[a][axis] - points[b][axis]) for axis in (0, 1)) > 0.1 * gap
        for gap, a, b in sides
    )


def _root(parents: list[int], at: int) -> int:
    while parents[at] != at:
        parents[at] = parents[parents[at]]
        at = parents[at]
    return at


def _walk(row: Sequence[HallSeat], links: Sequence[Sequence[int]]) -> list[list[int]]:
    """Follow the links of each chain from end to end. Chains go from left to right."""
    order = sorted(range(len(row)), key=lambda at: (row[at].x, row[at].y))
    seen: set[int] = set()
    chains = []
    for start in order:
        if start in seen or len(links[start]) == 2:
            continue
        chain, before = [start], -1
        while after := [at for at in links[chain[-1]] if at != before]:
            before = chain[-1]
            chain.append(after[0])
        seen.update(chain)
        chains.append(chain)
    return chains


def _nearest(row: Sequence[HallSeat]) -> list[float]:
    """Return each seat's distance to the nearest seat of its row."""
    along, across = _main_axis(row)
    order = sorted(range(len(row)), key=along.__getitem__)
    nearest = [inf] * len(row)
    for step in (1, -1):
        line = order[::step]
        for index, at in enumerate(line):
            for other in line[index + 1 : index + 1 + _REACH]:
                gap = abs(along[other] - along[at])
                if gap >= nearest[at]:
                    break
                gap = hypot(gap, across[other] - across[at])
                if 0 < gap < nearest[at]:
                    nearest[at] = gap
    return nearest


def _median_of_sample(seats: Sequence[HallSeat], size: float) -> float:
    """
    Return the median distance of sample seats to the nearest seat.

    The nearest seat may be in any row.
    """
    if not size:
        return 0.0
    cells: dict[tuple[int, int], list[Point]] = defaultdict(list)
    for seat in seats:
        cells[int(seat.x // size), int(seat.y // size)].append((seat.x, seat.y))
    found = []
    for seat in seats[:: len(seats) // _SAMPLE + 1]:
        column, line = int(seat.x // size), int(seat.y // size)
        around = (
            dist((seat.x, seat.y), point)
            for i in (-1, 0, 1)
            for j in (-1, 0, 1)
            for point in islice(cells.get((column + i, line + j), ()), _REACH)
        )
        found.append(min((gap for gap in around if gap), default=size))
    return median(found)
