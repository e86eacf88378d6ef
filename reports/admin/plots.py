"""Geometry of small plots, which templates draw as SVG: plain computation."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from reports.selectors import ShowToday, TakingsToday

DAY_MINUTES = 24 * 60
WIDTH, HEIGHT = 480, 130
LEFT, RIGHT, TOP, BOTTOM = 6, 6, 16, 18


@dataclass(frozen=True)
class Segment:
    """A part of a bar, in percent of its width."""

    name: str
    x: float
    width: float


def bar_of(row: ShowToday) -> list[Segment]:
    """Divide the bar of a show's seats: sold, held, free, blocked."""
    segments, x = [], 0.0
    for name in ("sold", "held", "free", "blocked"):
        width = 100 * getattr(row, name) / row.total if row.total else 0
        segments.append(Segment(name, round(x, 2), round(width, 2)))
        x += width
    return [segment for segment in segments if segment.width]


def share_inside(row: ShowToday) -> float:
    """Return checked-in tickets in percent of the seats in the bar."""
    return round(100 * row.inside / row.total, 2) if row.total else 0


@dataclass(frozen=True)
class Lines:
    """The lines of a day's takings, and their zero and maximum."""

    today: str
    then: str
    zero: float
    largest: Decimal


def lines_of(takings: TakingsToday) -> Lines:
    """Return the points of the lines. A net amount may be below zero."""
    amounts = [amount for _, amount in (*takings.curve_today, *takings.curve_then)]
    low, high = min(amounts), max(amounts)
    # Without any takings, the line is at the bottom.
    top = high if high > low else low + 1

    def y(amount: Decimal) -> float:
        return round(TOP + float((top - amount) / (top - low)) * (HEIGHT - TOP - BOTTOM), 1)

    def points(curve: Sequence[tuple[int, Decimal]]) -> str:
        return " ".join(f"{x_of(minute)},{y(amount)}" for minute, amount in curve)

    return Lines(points(takings.curve_today), points(takings.curve_then), y(Decimal(0)), high)


def x_of(minute: int) -> float:
    return round(LEFT + minute / DAY_MINUTES * (WIDTH - LEFT - RIGHT), 1)
