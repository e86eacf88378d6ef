"""Changing venues, screens and their seats. Lock order: Venue, Screen, then the stock of shows."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import chain, count, islice
from typing import Any
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.db.models.functions import Now

from eventbooking_system.errors import InUse, InvalidField, NotFound
from eventbooking_system.slugs import save_with_slug
from venues.layouts import PlannedSeat, SeatingPlan, read_layout
from venues.models import Layout, Screen, Seat, SeatCategory, Venue

_BATCH = 500
# Of so many seats the answer gives the names; beyond, how many there are.
_MAX_NAMED = 100
# Those that a plan gives as they are.
_SEAT_FIELDS = (
    "section", "row", "number", "guid", "x", "y", "accessible", "companion", "restricted_view",
    "couple", "area",
)  # fmt: skip


@transaction.atomic(durable=True)
def create_venue(*, fields: Mapping[str, Any]) -> Venue:
    """Add a venue; without a slug it gets one derived from its name. Raises InvalidField."""
    return _write_venue(Venue(), fields)


@transaction.atomic(durable=True)
def update_venue(*, venue_id: int, fields: Mapping[str, Any]) -> Venue:
    """
    Change the given fields of a venue; its slug stays unless another is given.

    Shows that are scheduled keep their instants and terms. Raises NotFound or InvalidField.
    """
    return _write_venue(_lock_venue(venue_id), fields)


@transaction.atomic(durable=True)
def delete_venue(*, venue_id: int) -> None:
    """Delete a venue that has no screens. Raises NotFound or InUse."""
    venue = _lock_venue(venue_id)
    try:
        venue.delete()
    except ProtectedError as error:
        raise InUse("The venue has screens: delete them first.") from error


@transaction.atomic(durable=True)
def create_screen(*, venue_id: int, fields: Mapping[str, Any]) -> Screen:
    """Add a screen, without seats yet. Raises NotFound, or InvalidField for a name in use."""
    return _write_screen(Screen(venue=_lock_venue(venue_id)), fields)


@transaction.atomic(durable=True)
def update_screen(*, screen_id: int, fields: Mapping[str, Any]) -> Screen:
    """Rename a screen. Raises NotFound, or InvalidField for a name in use."""
    return _write_screen(_lock_screen(screen_id), fields)


@transaction.atomic(durable=True)
def delete_screen(*, screen_id: int) -> None:
    """Delete a screen that never had a show, and its seats. Raises NotFound or InUse."""
    # Scheduling a show takes the screen and then refers to its seats; this goes the same way.
    screen = _lock_screen(screen_id)
    try:
        Seat.objects.filter(screen=None, category__screen=screen).delete()
        screen.delete()
    except ProtectedError as error:
        raise InUse("The screen has shows.") from error


@dataclass(frozen=True)
class LayoutReplacement:
    """How many seats a layout has, and what became of those that there were."""

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
    Make the seats of a screen those of a seating plan.

    A seat is the same one if its GUID is, or else its row and number, and keeps its id; the places
    of an area are alike, so that those which shows need stay first. All or nothing: raises
    InvalidLayout, NotFound, and InUse, which names the seats, for seats that shows still need. A
    new version is for shows to be scheduled: seats that others need, and that it has otherwise or
    no more, are set aside as they are. A dry run writes nothing.
    """
    plan = read_layout(document)
    screen = _lock_screen(screen_id)
    seats = list(screen.seats.select_related("category"))
    kept = _kept(screen)
    change = _compare(seats, plan, kept, untouchable=kept if new_version else frozenset())
    if not new_version:
        _refuse_if_on_sale(screen, change)
        _refuse_if_sold(change, kept)
    if not dry_run:
        _apply(screen, plan, change)
        _write_layout(screen, plan, document, is_new=new_version or change.is_of_other_seats)
    return LayoutReplacement(
        seats=plan.capacity,
        added=len(change.added),
        changed=len(change.altered),
        removed=len(change.removed),
        set_aside=len(change.set_aside),
        warnings=plan.warnings,
    )


def _write_venue(venue: Venue, fields: Mapping[str, Any]) -> Venue:
    for name, value in fields.items():
        setattr(venue, name, value)
    if (venue.latitude is None) != (venue.longitude is None):
        missing = "latitude" if venue.latitude is None else "longitude"
        raise InvalidField(missing, "Give both the latitude and the longitude, or neither.")
    save_with_slug(venue, text=venue.name)
    return venue


def _write_screen(screen: Screen, fields: Mapping[str, Any]) -> Screen:
    for name, value in fields.items():
        setattr(screen, name, value)
    try:
        with transaction.atomic():
            screen.save()
    except IntegrityError as error:
        raise InvalidField("name", "The venue has a screen of this name.", "unique") from error
    return screen


def _lock_venue(venue_id: int) -> Venue:
    venue = Venue.objects.locked().filter(pk=venue_id).first()
    if venue is None:
        raise NotFound
    return venue


def _lock_screen(screen_id: int) -> Screen:
    """Scheduling a show locks the screen as well, so no stock is made of seats in the making."""
    screen = Screen.objects.locked().filter(pk=screen_id).first()
    if screen is None:
        raise NotFound
    return screen


@dataclass(frozen=True)
class _Change:
    """What a plan does to the seats that there are."""

    added: list[PlannedSeat] = field(default_factory=list)
    altered: list[tuple[Seat, PlannedSeat]] = field(default_factory=list)
    removed: list[Seat] = field(default_factory=list)
    set_aside: list[Seat] = field(default_factory=list)

    @property
    def renamed(self) -> list[Seat]:
        return [
            seat
            for seat, planned in self.altered
            if (seat.row, seat.number) != (planned.row, planned.number)
        ]

    @property
    def is_of_other_seats(self) -> bool:
        """Whether a show of now and one to be scheduled have different seats."""
        return bool(self.added or self.removed or self.set_aside)

    @property
    def recategorised(self) -> list[Seat]:
        return [seat for seat, planned in self.altered if seat.category.name != planned.category]


def _compare(
    seats: Sequence[Seat], plan: SeatingPlan, kept: Set[int], *, untouchable: Set[int]
) -> _Change:
    """An untouchable seat that the plan changes or drops is set aside, for another one or none."""
    change = _Change()
    by_guid = {seat.guid: seat for seat in seats if seat.guid}
    claimed = {by_guid[planned.guid].pk for planned in plan.seats if planned.guid in by_guid}
    by_label = {(seat.row, seat.number): seat for seat in seats if seat.pk not in claimed}
    for planned in chain(plan.seats, _planned_places(seats, plan, kept)):
        seat = by_guid.get(planned.guid) or by_label.pop((planned.row, planned.number), None)
        if seat is None:
            change.added.append(planned)
        elif _as_planned(seat) != planned:
            if seat.pk in untouchable:
                change.set_aside.append(seat)
                change.added.append(planned)
            else:
                change.altered.append((seat, planned))
    for seat in by_label.values():
        (change.set_aside if seat.pk in untouchable else change.removed).append(seat)
    return change


def _planned_places(
    seats: Sequence[Seat], plan: SeatingPlan, kept: Set[int]
) -> Iterator[PlannedSeat]:
    """The places of the areas: those that there are, the ones that shows need first, and new ones."""
    places_of: dict[str, list[Seat]] = {}
    for seat in seats:
        if seat.area:
            places_of.setdefault(seat.area, []).append(seat)
    for area in plan.areas:
        places = sorted(
            places_of.get(area.name, ()), key=lambda seat: (seat.pk not in kept, seat.pk)
        )
        numbers = [seat.number for seat in places[: area.capacity]]
        taken = {seat.number for seat in places}
        unused = (number for number in map(str, count(1)) if number not in taken)
        for number in chain(numbers, islice(unused, area.capacity - len(numbers))):
            yield PlannedSeat(area.name, number, area.category, 0.0, 0.0, area=area.name)


def _as_planned(seat: Seat) -> PlannedSeat:
    fields = {name: getattr(seat, name) for name in _SEAT_FIELDS}
    return PlannedSeat(category=seat.category.name, **fields)


def _kept(screen: Screen) -> Set[int]:
    return set(screen.seats.kept_by_shows().values_list("pk", flat=True))


def _refuse_if_on_sale(screen: Screen, change: _Change) -> None:
    """The stock and the prices of a show to come were made from the seats as they are."""
    seats = [*change.removed, *change.renamed, *change.added, *change.recategorised]
    coming = screen.shows.filter(status="scheduled", end_time__gt=Now())
    if seats and coming.exists():
        raise _in_use(seats, "The screen has shows to come, so these seats cannot change")


def _refuse_if_sold(change: _Change, kept: Set[int]) -> None:
    gone = [*change.removed, *change.renamed]
    if seats := [seat for seat in gone if seat.pk in kept]:
        raise _in_use(seats, "Shows have sold these seats, or had them on sale")


def _in_use(seats: Sequence[Seat | PlannedSeat], reason: str) -> InUse:
    named = [{"row": seat.row, "number": seat.number} for seat in seats[:_MAX_NAMED]]
    shown = ", ".join(f"{seat['row']} {seat['number']}" for seat in named[:10])
    rest = f" and {len(seats) - 10} more" if len(seats) > 10 else ""
    return InUse(f"{reason}: {shown}{rest}.", seats=named, seat_count=len(seats))


def _apply(screen: Screen, plan: SeatingPlan, change: _Change) -> None:
    _remove_seats(change.removed)
    _set_aside(change.set_aside)
    _write_seats(screen, change, _write_categories(screen, plan))
    # A category that a show of the past has prices for stays, without seats.
    screen.seat_categories.filter(seats=None, show_prices=None).delete()


def _write_layout(screen: Screen, plan: SeatingPlan, document: Any, *, is_new: bool) -> None:
    """
    A new version where shows of the one that there is have other seats; otherwise that one, anew.

    Versions that no show has are forgotten.
    """
    focus_x, focus_y = plan.focus or (None, None)
    layout = Layout(
        pk=None if is_new else screen.layout_id,
        screen=screen,
        document=document,
        areas=[area.drawing for area in plan.areas],
        focus_x=focus_x,
        focus_y=focus_y,
    )
    layout.save()
    screen.layout = layout
    screen.save(update_fields=["layout"])
    # Seats may be part of several versions.
    screen.layouts.update(revision=uuid4())
    screen.layouts.filter(shows=None).exclude(pk=layout.pk).delete()


def _set_aside(seats: Sequence[Seat]) -> None:
    """Take seats out of the screen; shows that have them keep them."""
    for batch in _batches([seat.pk for seat in seats]):
        Seat.objects.filter(pk__in=batch).update(screen=None)


def _remove_seats(seats: Sequence[Seat]) -> None:
    """Remove seats with what is left of them in shows that were cancelled before a booking."""
    for batch in _batches([seat.pk for seat in seats]):
        Seat.objects.filter(pk__in=batch).stock().delete()
        Seat.objects.filter(pk__in=batch).delete()


def _write_categories(screen: Screen, plan: SeatingPlan) -> dict[str, SeatCategory]:
    SeatCategory.objects.bulk_create(
        [
            SeatCategory(screen=screen, name=category.name, color=category.color, position=position)
            for position, category in enumerate(plan.categories)
        ],
        update_conflicts=True,
        unique_fields=["screen", "name"],
        update_fields=["color", "position"],
    )
    return {category.name: category for category in screen.seat_categories.all()}


def _write_seats(screen: Screen, change: _Change, categories: Mapping[str, SeatCategory]) -> None:
    """Insert the new ones and update the others in place, in few statements: halls are large."""
    # Seats may change names with one another, so their old names are given up first.
    _set_aside(change.renamed)
    planned = [(None, seat) for seat in change.added]
    planned += [(seat.pk, to_be) for seat, to_be in change.altered]
    Seat.objects.bulk_create(
        [
            Seat(
                pk=pk,
                screen=screen,
                category=categories[seat.category],
                **{name: getattr(seat, name) for name in _SEAT_FIELDS},
            )
            for pk, seat in planned
        ],
        batch_size=5000,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["screen", "category", *_SEAT_FIELDS],
    )


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), _BATCH):
        yield ids[start : start + _BATCH]
