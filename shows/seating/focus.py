"""The default focal point of a hall."""

from collections.abc import Sequence
from math import hypot

from shows.seating.hall_seats import HallSeat, Point

# How far back the best seats for a film are, from the front row (0) to the last (1).
_FILM = 2 / 3
# A stage nearer to the middle of the seats than this share of the hall has seats all round.
_IN_THE_ROUND = 0.15


def default_focus(seats: Sequence[HallSeat], stage: Point | None, *, is_film: bool) -> Point:
    """
    Find the default focal point of a hall.

    It is two thirds back for a film, and otherwise in the front row. It is in the middle, as seen from
    the stage. Without a `stage`, the front is at the smallest
    y. A hall with seats all round its stage has it as its focal point.
    """
    if not seats:
        return stage or (0.0, 0.0)
    xs, ys = [seat.x for seat in seats], [seat.y for seat in seats]
    left, right, top, bottom = min(xs), max(xs), min(ys), max(ys)
    x, y = (left + right) / 2, (top + bottom) / 2
    if stage is None:
        stage = x, top
        to_back = (0.0, 1.0)
    else:
        to_back = (x - stage[0]) / (right - left or 1), (y - stage[1]) / (bottom - top or 1)
        if hypot(*to_back) < _IN_THE_ROUND:
            return stage
    share = _FILM if is_film else 0.0
    if abs(to_back[1]) >= abs(to_back[0]):
        front, back = (top, bottom) if to_back[1] > 0 else (bottom, top)
        return _between(left, stage[0], right), _point_behind(stage[1], front, back, share)
    front, back = (left, right) if to_back[0] > 0 else (right, left)
    return _point_behind(stage[0], front, back, share), _between(top, stage[1], bottom)


def _point_behind(stage: float, front: float, back: float, share: float) -> float:
    """Return the coordinate at a share of the way from the stage."""
    # Boxes beside the stage, or behind it, are not the front.
    front = max(front, stage) if front < back else min(front, stage)
    return front + share * (back - front)


def _between(low: float, value: float, high: float) -> float:
    return min(max(low, value), high)
