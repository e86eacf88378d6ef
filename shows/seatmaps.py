"""
The seat map and availability of a show.

They are made of two parts that are cached separately. `SeatFacts` holds what staff decide: each
seat's position, label and price, written as JSON once. `SeatStatuses` holds what bookings change: a
letter for each seat. It is read at most once a second, or at once after a transaction invalidated
the show's stock. Concurrent requests share one read.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import orjson
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from eventbooking_system.cache.catalogue import CATALOGUE
from eventbooking_system.cache.json_document import Document, digest_of
from eventbooking_system.cache.versioned import Versions, get_or_compute
from shows import selectors
from shows.halls import get_hall
from shows.models import Show, ShowSeat
from shows.seating import Hall
from shows.stock_version import stock_version

FACTS_SECONDS = 600
STATUS_SECONDS = 1
# How long a client can ask for the changes since an answer.
DELTA_SECONDS = 120

Status = ShowSeat.Status
_LETTERS = {Status.AVAILABLE: b"a", Status.HELD: b"h", Status.BOOKED: b"b", Status.BLOCKED: b"x"}
_FREE = ord("a")
_TAILS = {letter[0]: orjson.dumps(str(status)) + b"}" for status, letter in _LETTERS.items()}
_WHETHER_FREE = bytes.maketrans(b"hbx", b"...")
# About the memory of one seat: as an object, as JSON, and within the whole document.
_BYTES_A_SEAT = 1000
_COUNTS_OF_AREA = ("name", "category", "available", "total")


@dataclass(frozen=True, eq=False)
class SeatFacts:
    """The seats of a show in order, with everything but their status."""

    show: Show
    categories: list[dict[str, Any]]
    ticket_types: list[dict[str, Any]]
    has_areas: bool
    seat_ids: list[int]
    category_of: list[str]
    # The JSON of each seat, up to its status.
    heads: list[bytes]
    digest: bytes

    @property
    def true_until(self) -> float:
        """When the early bird ends, and the prices change with it."""
        end = self.show.early_bird_until
        is_coming = end is not None and end > timezone.now()
        return end.timestamp() if is_coming else float("inf")

    @cached_property
    def hall(self) -> Hall:
        return get_hall(self.show.pk)

    @cached_property
    def positions(self) -> dict[int, int]:
        return {seat_id: position for position, seat_id in enumerate(self.seat_ids)}

    def __len__(self) -> int:
        return _BYTES_A_SEAT * (1 + len(self.seat_ids))


@dataclass(eq=False)
class SeatStatuses:
    """Each seat's status and each area's counts, at one moment."""

    facts_digest: bytes
    as_of: datetime
    letters: bytes
    areas: list[dict[str, Any]]
    # The first time at which a hold or a block ends by itself.
    true_until: float
    # Each process makes and keeps its own.
    seat_map: "SeatMap | None" = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.letters)


class SeatMap:
    """
    The documents of one show at one moment.

    Each is written when it is first requested.
    """

    def __init__(self, facts: SeatFacts, statuses: SeatStatuses) -> None:
        self.facts = facts
        self.statuses = statuses

    @property
    def is_published(self) -> bool:
        """Whether customers may see the show now."""
        show = self.facts.show
        is_draft = show.publication_at(timezone.now()) == Show.Publication.DRAFT
        return show.event.is_published and not is_draft

    @cached_property
    def document(self) -> Document:
        """Write every seat with its price and its status."""
        facts, statuses = self.facts, self.statuses
        head = {
            "show": facts.show.pk,
            "currency": facts.show.currency,
            "as_of": statuses.as_of,
            "categories": self._categories(),
            "ticket_types": facts.ticket_types,
            "areas": statuses.areas,
        }
        seats = b",".join(
            [
                seat + _TAILS[letter]
                for seat, letter in zip(facts.heads, statuses.letters, strict=True)
            ]
        )
        body = orjson.dumps(head)[:-1] + b',"seats":[' + seats + b"]}"
        return Document(
            body, digest_of([facts.digest, statuses.letters, orjson.dumps(statuses.areas)])
        )

    def availability(self, since: datetime | None = None) -> Document:
        """Write the counts and taken seats, or the changes since a moment."""
        before = cache.get(_seen_key(self.facts, since)) if since else None
        if before is None or before[0] != self.facts.digest:
            return self._availability
        changed = [
            (seat_id, now == _FREE)
            for seat_id, then, now in zip(
                self.facts.seat_ids, before[1], self.statuses.letters, strict=True
            )
            if (then == _FREE) != (now == _FREE)
        ]
        changes = {
            "available": [seat_id for seat_id, is_free in changed if is_free],
            "unavailable": [seat_id for seat_id, is_free in changed if not is_free],
        }
        body = orjson.dumps({**self._counts, "changed": changes})
        return Document(body, digest_of([self._availability.digest.encode(), before[1]]))

    @cached_property
    def _availability(self) -> Document:
        taken = [
            seat_id
            for seat_id, letter in zip(self.facts.seat_ids, self.statuses.letters, strict=True)
            if letter != _FREE
        ]
        body = orjson.dumps({**self._counts, "unavailable_seat_ids": taken})
        free = self.statuses.letters.translate(_WHETHER_FREE)
        areas = orjson.dumps(self.statuses.areas)
        return Document(body, digest_of([b"availability", self.facts.digest, free, areas]))

    @cached_property
    def _counts(self) -> dict[str, Any]:
        facts, areas = self.facts, self.statuses.areas
        free = {
            seat_id
            for seat_id, letter in zip(facts.seat_ids, self.statuses.letters, strict=True)
            if letter == _FREE
        }
        categories = selectors.counts_by_category(facts.hall, free)
        for area in areas:
            counts = categories.setdefault(
                area["category"], {"available": 0, "total": 0, "largest_adjacent": 0}
            )
            counts["available"] += area["available"]
            counts["total"] += area["total"]
        return {
            "as_of": self.statuses.as_of,
            "available": len(free) + sum(area["available"] for area in areas),
            "total": len(facts.seat_ids) + sum(area["total"] for area in areas),
            "categories": categories,
            "areas": [{name: area[name] for name in _COUNTS_OF_AREA} for area in areas],
        }

    def _categories(self) -> list[dict[str, Any]]:
        seats = zip(self.facts.category_of, self.statuses.letters, strict=True)
        available = Counter(category for category, letter in seats if letter == _FREE)
        for area in self.statuses.areas:
            available[area["category"]] += area["available"]
        return [
            {**category, "available": available[category["name"]]}
            for category in self.facts.categories
        ]


def seat_map_of(show_id: int, *, at_once: bool) -> SeatMap | None:
    """
    Return a show's seat map, at most a second old.

    Return None if there is no such show. With `at_once`, the statuses are read from the database
    unless the cache is shared: another process may have made the booking that this customer asks
    about.
    """
    versions = Versions.now(CATALOGUE, stock_version(show_id))
    facts = get_or_compute(
        f"seat-facts:{show_id}",
        lambda: _read_facts(show_id),
        versions=versions.only(CATALOGUE),
        seconds=FACTS_SECONDS,
        until=lambda facts: facts.true_until,
    )
    if facts is None:
        return None
    if versions.shared or not at_once:
        statuses = get_or_compute(
            f"seat-statuses:{show_id}",
            lambda: _read_statuses(facts),
            versions=versions,
            seconds=STATUS_SECONDS,
            until=lambda statuses: statuses.true_until,
        )
    else:
        statuses = _read_statuses(facts)
    if statuses.facts_digest != facts.digest:
        statuses = _read_statuses(facts)
    if statuses.seat_map is None or statuses.seat_map.facts is not facts:
        statuses.seat_map = SeatMap(facts, statuses)
    return statuses.seat_map


def _read_facts(show_id: int) -> SeatFacts | None:
    priced = selectors.priced_seats(show_id)
    if priced is None:
        return None
    heads = [orjson.dumps(seat)[:-1] + b',"status":' for seat in priced.seats]
    types = selectors.ticket_types_of(priced.show)
    facts = orjson.dumps([show_id, priced.show.currency, priced.categories, types])
    return SeatFacts(
        show=priced.show,
        categories=priced.categories,
        ticket_types=types,
        has_areas=bool(priced.areas),
        seat_ids=[seat["id"] for seat in priced.seats],
        category_of=[seat["category"] for seat in priced.seats],
        heads=heads,
        digest=digest_of([facts, *heads]).encode(),
    )


def _read_statuses(facts: SeatFacts) -> SeatStatuses:
    as_of = timezone.now()
    letters = bytearray(_LETTERS[Status.AVAILABLE] * len(facts.seat_ids))
    true_until = float("inf")
    for seat_id, status, seconds_left in selectors.unavailable_seats(facts.show.pk):
        # The facts may be a second older than the statuses.
        if (position := facts.positions.get(seat_id)) is not None:
            letters[position : position + 1] = _LETTERS[Status(status)]
        if seconds_left is not None:
            true_until = min(true_until, as_of.timestamp() + seconds_left)
    areas = selectors.areas_of(facts.show) if facts.has_areas else []
    statuses = SeatStatuses(facts.digest, as_of, bytes(letters), areas, true_until)
    _note_seen(facts, statuses)
    return statuses


def _note_seen(facts: SeatFacts, statuses: SeatStatuses) -> None:
    """Cache these statuses, to answer later requests for changes."""
    if not transaction.get_connection().in_atomic_block:
        seen = (facts.digest, statuses.letters)
        cache.set(_seen_key(facts, statuses.as_of), seen, DELTA_SECONDS)


def _seen_key(facts: SeatFacts, as_of: datetime) -> str:
    return f"seen:{facts.show.pk}:{as_of.timestamp():.6f}"
