"""Alternatives to taken seats: equally many seats nearby."""

from collections.abc import Iterable, Sequence

from shows.seating.adjacent import groups
from shows.seating.best_available import Party
from shows.seating.hall import Free, Hall
from shows.seating.hall_seats import centre
from shows.seating.rules import single_seats

ALTERNATIVES = 3


def alternatives(
    hall: Hall, free: Free, seat_ids: Sequence[int], *, rule: str, seen: range | None = None
) -> list[list[int]]:
    """
    Find up to ALTERNATIVES sets of free neighbouring seats.

    Each set has as many seats as were wanted. Sets in the categories that were asked for come
    first, and the nearest of them first. No set breaks the show's single-seat `rule`. With `seen`,
    `free` covers only seats with these ids; raises NotSeen if the answer depends on others.
    """
    asked = hall.of(seat_ids)
    if not asked:
        return []
    accessible = any(seat.is_special for seat in asked)
    anywhere = Party(len(asked), accessible=accessible)
    alike = Party(len(asked), frozenset(seat.category for seat in asked), accessible=accessible)
    focus = centre(asked)
    candidates = (
        group.seat_ids
        for party in (alike, anywhere)
        for group in groups(hall, free, len(asked), party.wants, focus=focus, seen=seen)
        if not single_seats(hall, free, group.seat_ids, rule=rule)
    )
    return disjoint(candidates, ALTERNATIVES)


def disjoint(candidates: Iterable[list[int]], most: int) -> list[list[int]]:
    """Return the first `most` candidates that share no seat with each other."""
    picked: list[list[int]] = []
    for seat_ids in candidates:
        if all(set(seat_ids).isdisjoint(others) for others in picked):
            picked.append(seat_ids)
            if len(picked) == most:
                break
    return picked
