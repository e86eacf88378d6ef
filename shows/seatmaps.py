"""
The seat map and the availability of a show, written from two halves that are kept apart.

A Plan is what staff decide: the seats with their places, labels and prices, written as JSON once.
A Stock is what customers do to it: a letter for each seat, read once a second at the most, and at
once after a change that is told of. However many ask at the same time, each is read once.
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

PLAN_SECONDS = 600
STOCK_SECONDS = 1
# For so long after an answer one can ask what has changed since.
DELTA_SECONDS = 120

Status = ShowSeat.Status
_LETTERS = {Status.AVAILABLE: b"a", Status.HELD: b"h", Status.BOOKED: b"b", Status.BLOCKED: b"x"}
_FREE = ord("a")
_TAILS = {letter[0]: orjson.dumps(str(status)) + b"}" for status, letter in _LETTERS.items()}
_WHETHER_FREE = bytes.maketrans(b"hbx", b"...")
# About what a seat takes of memory: as a place, as JSON, and as a part of the whole document.
_BYTES_A_SEAT = 1000
_COUNTS_OF_AREA = ("name", "category", "available", "total")


@dataclass(frozen=True, eq=False)
class Plan:
    """The seats of a show in their order, and the areas of general admission beside them."""

    show: Show
    categories: list[dict[str, Any]]
    has_areas: bool
    seat_ids: list[int]
    category_of: list[str]
    # The JSON of each seat, up to its status.
    heads: list[bytes]
    digest: bytes

    @cached_property
    def hall(self) -> Hall:
        return get_hall(self.show.pk)

    @cached_property
    def positions(self) -> dict[int, int]:
        return {seat_id: position for position, seat_id in enumerate(self.seat_ids)}

    def __len__(self) -> int:
        return _BYTES_A_SEAT * (1 + len(self.seat_ids))


@dataclass(eq=False)
class Stock:
    """What could be had of a plan's seats at a moment."""

    plan_digest: bytes
    as_of: datetime
    letters: bytes
    areas: list[dict[str, Any]]
    # When the first of those holds and blocks is over that end by themselves.
    true_until: float
    # Made and kept by each process for itself.
    seat_map: "SeatMap | None" = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.letters)


class SeatMap:
    """A plan with its stock, written when it is asked for."""

    def __init__(self, plan: Plan, stock: Stock) -> None:
        self.plan = plan
        self.stock = stock

    @property
    def is_published(self) -> bool:
        return self.plan.show.event.is_published

    @cached_property
    def document(self) -> Document:
        """Every seat with its price and whether it can be had."""
        plan, stock = self.plan, self.stock
        head = {
            "show": plan.show.pk,
            "currency": plan.show.currency,
            "as_of": stock.as_of,
            "categories": self._categories(),
            "areas": stock.areas,
        }
        seats = b",".join(
            [seat + _TAILS[letter] for seat, letter in zip(plan.heads, stock.letters, strict=True)]
        )
        body = orjson.dumps(head)[:-1] + b',"seats":[' + seats + b"]}"
        return Document(body, digest_of([plan.digest, stock.letters, orjson.dumps(stock.areas)]))

    def availability(self, since: datetime | None = None) -> Document:
        """Counts, and which seats cannot be had; or which can and which cannot since a moment."""
        before = cache.get(_seen_key(self.plan, since)) if since else None
        if before is None or before[0] != self.plan.digest:
            return self._availability
        changed = [
            (seat_id, now == _FREE)
            for seat_id, then, now in zip(
                self.plan.seat_ids, before[1], self.stock.letters, strict=True
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
            for seat_id, letter in zip(self.plan.seat_ids, self.stock.letters, strict=True)
            if letter != _FREE
        ]
        body = orjson.dumps({**self._counts, "unavailable_seat_ids": taken})
        free = self.stock.letters.translate(_WHETHER_FREE)
        areas = orjson.dumps(self.stock.areas)
        return Document(body, digest_of([b"availability", self.plan.digest, free, areas]))

    @cached_property
    def _counts(self) -> dict[str, Any]:
        plan, areas = self.plan, self.stock.areas
        free = {
            seat_id
            for seat_id, letter in zip(plan.seat_ids, self.stock.letters, strict=True)
            if letter == _FREE
        }
        categories = selectors.counts_by_category(plan.hall, free)
        for area in areas:
            counts = categories.setdefault(
                area["category"], {"available": 0, "total": 0, "largest_adjacent": 0}
            )
            counts["available"] += area["available"]
            counts["total"] += area["total"]
        return {
            "as_of": self.stock.as_of,
            "available": len(free) + sum(area["available"] for area in areas),
            "total": len(plan.seat_ids) + sum(area["total"] for area in areas),
            "categories": categories,
            "areas": [{name: area[name] for name in _COUNTS_OF_AREA} for area in areas],
        }

    def _categories(self) -> list[dict[str, Any]]:
        seats = zip(self.plan.category_of, self.stock.letters, strict=True)
        available = Counter(category for category, letter in seats if letter == _FREE)
        for area in self.stock.areas:
            available[area["category"]] += area["available"]
        return [
            {**category, "available": available[category["name"]]}
            for category in self.plan.categories
        ]


def seat_map_of(show_id: int, *, at_once: bool) -> SeatMap | None:
    """
    The seats of a show, not older than a second; None if there is no such show.

    With `at_once` they are as the database has them, even where another process wrote there and
    could not tell: for those who may ask about their own booking.
    """
    versions = Versions.now(CATALOGUE, stock_version(show_id))
    plan = get_or_compute(
        f"plan:{show_id}",
        lambda: _read_plan(show_id),
        versions=versions.only(CATALOGUE),
        seconds=PLAN_SECONDS,
    )
    if plan is None:
        return None
    if versions.shared or not at_once:
        stock = get_or_compute(
            f"stock:{show_id}",
            lambda: _read_stock(plan),
            versions=versions,
            seconds=STOCK_SECONDS,
            until=lambda stock: stock.true_until,
        )
    else:
        stock = _read_stock(plan)
    if stock.plan_digest != plan.digest:
        stock = _read_stock(plan)
    if stock.seat_map is None or stock.seat_map.plan is not plan:
        stock.seat_map = SeatMap(plan, stock)
    return stock.seat_map


def _read_plan(show_id: int) -> Plan | None:
    planned = selectors.planned_seats(show_id)
    if planned is None:
        return None
    heads = [orjson.dumps(seat)[:-1] + b',"status":' for seat in planned.seats]
    facts = orjson.dumps([show_id, planned.show.currency, planned.categories])
    return Plan(
        show=planned.show,
        categories=planned.categories,
        has_areas=bool(planned.areas),
        seat_ids=[seat["id"] for seat in planned.seats],
        category_of=[seat["category"] for seat in planned.seats],
        heads=heads,
        digest=digest_of([facts, *heads]).encode(),
    )


def _read_stock(plan: Plan) -> Stock:
    as_of = timezone.now()
    letters = bytearray(_LETTERS[Status.AVAILABLE] * len(plan.seat_ids))
    true_until = float("inf")
    for seat_id, status, seconds_left in selectors.unavailable_seats(plan.show.pk):
        # The plan may be a second older than the stock.
        if (position := plan.positions.get(seat_id)) is not None:
            letters[position : position + 1] = _LETTERS[Status(status)]
        if seconds_left is not None:
            true_until = min(true_until, as_of.timestamp() + seconds_left)
    areas = selectors.areas_of(plan.show) if plan.has_areas else []
    stock = Stock(plan.digest, as_of, bytes(letters), areas, true_until)
    _note_seen(plan, stock)
    return stock


def _note_seen(plan: Plan, stock: Stock) -> None:
    """So that whoever is shown this stock can ask what changed since."""
    if not transaction.get_connection().in_atomic_block:
        seen = (plan.digest, stock.letters)
        cache.set(_seen_key(plan, stock.as_of), seen, DELTA_SECONDS)


def _seen_key(plan: Plan, as_of: datetime) -> str:
    return f"seen:{plan.show.pk}:{as_of.timestamp():.6f}"
