"""Alternatives to seats that are taken: as many side by side, near to them."""

from collections.abc import Iterable, Sequence

from shows.seating.adjacent import groups
from shows.seating.best_available import Party
from shows.seating.hall import Free, Hall
from shows.seating.places import centre
from shows.seating.rules import single_seats

ALTERNATIVES = 3


def alternatives(
    hall: Hall, free: Free, seat_ids: Sequence[int], *, rule: str, seen: range | None = None
) -> list[list[int]]:
    """
    Up to three sets of as many free seats that may be taken by the show's single-seat rule, side by
    side: in the same category first, nearest to these.

    Where `free` tells only of seats whose ids are `seen`, raises NotSeen if others matter.
    """
    asked = hall.of(seat_ids)
    if not asked:
        return []
    accessible = any(place.is_special for place in asked)
    anywhere = Party(len(asked), accessible=accessible)
    alike = Party(len(asked), frozenset(place.category for place in asked), accessible=accessible)
    focus = centre(asked)
    candidates = (
        group.seat_ids
        for party in (alike, anywhere)
        for group in groups(hall, free, len(asked), party.wants, focus=focus, seen=seen)
        if not single_seats(hall, free, group.seat_ids, rule=rule)
    )
    return disjoint(candidates, ALTERNATIVES)


def disjoint(candidates: Iterable[list[int]], most: int) -> list[list[int]]:
    """The first that share no seat."""
    picked: list[list[int]] = []
    for seat_ids in candidates:
        if all(set(seat_ids).isdisjoint(others) for others in picked):
            picked.append(seat_ids)
            if len(picked) == most:
                break
    return picked
