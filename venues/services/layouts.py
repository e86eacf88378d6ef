"""Replacing the seats of a screen by a layout's."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import chain, count, islice
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models.functions import Now

from audit.recording import record
from eventbooking_system.errors import InUse
from venues.layouts import LayoutSeat, ParsedLayout, read_layout
from venues.models import Layout, Screen, Seat, SeatCategory
from venues.services.screens import lock_screen

_BATCH_SIZE = 500
# An answer names this many seats, and the count of all of them.
_MAX_NAMED_SEATS = 100
# The fields that Seat and LayoutSeat share.
_SEAT_FIELDS = (
    "section", "row", "number", "guid", "x", "y", "accessible", "companion", "restricted_view",
    "couple", "area",
)  # fmt: skip


@dataclass(frozen=True)
class LayoutReplacement:
    """The number of new seats, and what happened to the old ones."""

    seats: int
    added: int
    changed: int
    removed: int
    set_aside: int
    warnings: list[dict[str, str]]


@transaction.atomic(durable=True)
def replace_layout(
    *, screen_id: int, document: Any, new_version: bool = False, dry_run: bool = False
) -> LayoutReplacement:
    """
    Replace the seats of a screen by a layout's, all or none.

    A seat whose GUID stays keeps its id. So does a seat whose row and number stay. The places of an
    area are alike, so an area keeps the places that shows need and drops others.

    A new version is for shows that are scheduled later. Seats that older shows need are then set
    aside where the new version changes or drops them. Without a new version such seats raise InUse,
    which names them. Raises InvalidLayout or NotFound. A dry run writes nothing.
    """
    layout = read_layout(document)
    screen = lock_screen(screen_id)
    seats = list(screen.seats.select_related("category"))
    needed = _ids_needed_by_shows(screen)
    change = _compare(seats, layout, needed, untouchable=needed if new_version else frozenset())
    if not new_version:
        _refuse_if_on_sale(screen, change)
        _refuse_if_sold(change, needed)
    if not dry_run:
        _write_change(screen, layout, change)
        _write_layout(screen, layout, document, is_new=new_version or change.is_of_other_seats)
        counts = {"added": change.added, "changed": change.altered, "removed": change.removed}
        record(
            "screens.replace_layout",
            screen,
            changes={name: len(found) for name, found in counts.items()},
        )
    return LayoutReplacement(
        seats=layout.capacity,
        added=len(change.added),
        changed=len(change.altered),
        removed=len(change.removed),
        set_aside=len(change.set_aside),
        warnings=layout.warnings,
    )


@dataclass(frozen=True)
class _Change:
    """The changes that a layout makes to a screen's seats."""

    added: list[LayoutSeat] = field(default_factory=list)
    altered: list[tuple[Seat, LayoutSeat]] = field(default_factory=list)
    removed: list[Seat] = field(default_factory=list)
    set_aside: list[Seat] = field(default_factory=list)

    @property
    def renamed(self) -> list[Seat]:
        return [
            seat for seat, new in self.altered if (seat.row, seat.number) != (new.row, new.number)
        ]

    @property
    def recategorised(self) -> list[Seat]:
        return [seat for seat, new in self.altered if seat.category.name != new.category]

    @property
    def is_of_other_seats(self) -> bool:
        """Tell whether shows that are scheduled later have other seats."""
        return bool(self.added or self.removed or self.set_aside)


def _compare(
    seats: Sequence[Seat], layout: ParsedLayout, needed: Set[int], *, untouchable: Set[int]
) -> _Change:
    """Match seats and layout. An untouchable seat that differs is set aside."""
    change = _Change()
    by_guid = {seat.guid: seat for seat in seats if seat.guid}
    claimed = {by_guid[new.guid].pk for new in layout.seats if new.guid in by_guid}
    by_label = {(seat.row, seat.number): seat for seat in seats if seat.pk not in claimed}
    for new in chain(layout.seats, _places_of_areas(seats, layout, needed)):
        seat = by_guid.get(new.guid) or by_label.pop((new.row, new.number), None)
        if seat is None:
            change.added.append(new)
        elif _as_layout_seat(seat) != new:
            if seat.pk in untouchable:
                change.set_aside.append(seat)
                change.added.append(new)
            else:
                change.altered.append((seat, new))
    for seat in by_label.values():
        (change.set_aside if seat.pk in untouchable else change.removed).append(seat)
    return change


def _places_of_areas(
    seats: Sequence[Seat], layout: ParsedLayout, needed: Set[int]
) -> Iterator[LayoutSeat]:
    """
    Yield an area's places in order of use.

    First are the places that shows need, then others, then new ones.
    """
    places_of: dict[str, list[Seat]] = {}
    for seat in seats:
        if seat.area:
            places_of.setdefault(seat.area, []).append(seat)
    for area in layout.areas:
        places = sorted(
            places_of.get(area.name, ()), key=lambda seat: (seat.pk not in needed, seat.pk)
        )
        numbers = [seat.number for seat in places[: area.capacity]]
        taken = {seat.number for seat in places}
        unused = (number for number in map(str, count(1)) if number not in taken)
        for number in chain(numbers, islice(unused, area.capacity - len(numbers))):
            yield LayoutSeat(area.name, number, area.category, 0.0, 0.0, area=area.name)


def _as_layout_seat(seat: Seat) -> LayoutSeat:
    fields = {name: getattr(seat, name) for name in _SEAT_FIELDS}
    return LayoutSeat(category=seat.category.name, **fields)


def _ids_needed_by_shows(screen: Screen) -> Set[int]:
    return set(screen.seats.needed_by_shows().values_list("pk", flat=True))


def _refuse_if_on_sale(screen: Screen, change: _Change) -> None:
    """Refuse new seats where shows to come are stocked from the old. Raises InUse."""
    seats = [*change.removed, *change.renamed, *change.added, *change.recategorised]
    coming = screen.shows.filter(status="scheduled", end_time__gt=Now())
    if seats and coming.exists():
        raise _in_use(seats, "The screen has shows to come, so these seats cannot change")


def _refuse_if_sold(change: _Change, needed: Set[int]) -> None:
    gone = [*change.removed, *change.renamed]
    if seats := [seat for seat in gone if seat.pk in needed]:
        raise _in_use(seats, "Shows have sold these seats, or had them on sale")


def _in_use(seats: Sequence[Seat | LayoutSeat], reason: str) -> InUse:
    named = [{"row": seat.row, "number": seat.number} for seat in seats[:_MAX_NAMED_SEATS]]
    shown = ", ".join(f"{seat['row']} {seat['number']}" for seat in named[:10])
    rest = f" and {len(seats) - 10} more" if len(seats) > 10 else ""
    return InUse(f"{reason}: {shown}{rest}.", seats=named, seat_count=len(seats))


def _write_change(screen: Screen, layout: ParsedLayout, change: _Change) -> None:
    _remove_seats(change.removed)
    _set_aside(change.set_aside)
    _write_seats(screen, change, _write_categories(screen, layout))
    # A category that a past show has prices for stays, without seats.
    screen.seat_categories.filter(seats=None, show_prices=None).delete()


def _write_layout(screen: Screen, layout: ParsedLayout, document: Any, *, is_new: bool) -> None:
    """Write a new version, or write over the current one. Delete versions that no show has."""
    focus_x, focus_y = layout.focus or (None, None)
    stage_x, stage_y = layout.stage or (None, None)
    version = Layout(
        pk=None if is_new else screen.layout_id,
        screen=screen,
        document=document,
        areas=[area.drawing for area in layout.areas],
        focus_x=focus_x,
        focus_y=focus_y,
        stage_x=stage_x,
        stage_y=stage_y,
    )
    version.save()
    screen.layout = version
    screen.save(update_fields=["layout"])
    # A seat may belong to several versions, so all of them have changed.
    screen.layouts.update(revision=uuid4())
    screen.layouts.filter(shows=None).exclude(pk=version.pk).delete()


def _set_aside(seats: Sequence[Seat]) -> None:
    """Take seats out of the screen. Shows that have them keep them."""
    for batch in _batches([seat.pk for seat in seats]):
        Seat.objects.filter(pk__in=batch).update(screen=None)


def _remove_seats(seats: Sequence[Seat]) -> None:
    """Delete seats, with their stock in shows cancelled before any booking."""
    for batch in _batches([seat.pk for seat in seats]):
        Seat.objects.filter(pk__in=batch).stock().delete()
        Seat.objects.filter(pk__in=batch).delete()


def _write_categories(screen: Screen, layout: ParsedLayout) -> dict[str, SeatCategory]:
    SeatCategory.objects.bulk_create(
        [
            SeatCategory(screen=screen, name=category.name, color=category.color, position=position)
            for position, category in enumerate(layout.categories)
        ],
        update_conflicts=True,
        unique_fields=["screen", "name"],
        update_fields=["color", "position"],
    )
    return {category.name: category for category in screen.seat_categories.all()}


def _write_seats(screen: Screen, change: _Change, categories: Mapping[str, SeatCategory]) -> None:
    """Insert and update the seats in few statements, because halls are large."""
    # Seats may exchange their names, so the old names are given up first.
    _set_aside(change.renamed)
    seats = [(None, new) for new in change.added]
    seats += [(seat.pk, new) for seat, new in change.altered]
    Seat.objects.bulk_create(
        [
            Seat(
                pk=pk,
                screen=screen,
                category=categories[new.category],
                **{name: getattr(new, name) for name in _SEAT_FIELDS},
            )
            for pk, new in seats
        ],
        batch_size=5000,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["screen", "category", *_SEAT_FIELDS],
    )


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), _BATCH_SIZE):
        yield ids[start : start + _BATCH_SIZE]
