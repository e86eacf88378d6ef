"""
Places in another hall for all who have places in this one.

The rule, in this order. A party keeps its labels (section, row, number) if every one of them exists
in the new hall and is as good as before. Any other party sits together: in its own category, then in
the cheapest better one, then across categories, and at last in as few groups as possible. A place is
as good as before if its category has the same name, or costs at least as much by the show's default
ticket type. A wheelchair place is exchanged for a wheelchair place only, and nobody else gets one.
House seats keep their labels, unless people need them.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import product

from shows.errors import NotEnoughSeats
from shows.seating.adjacent import Group, groups
from shows.seating.best_available import Party, choose_seats
from shows.seating.hall import Hall

Label = tuple[str, str, str]


@dataclass(frozen=True)
class Occupied:
    """
    A place in the present hall that is sold, held or blocked.

    `party` is the booking, and None for a blocked place. `worth` is the price of its category.
    """

    key: int
    party: int | None
    label: Label
    category: str
    worth: Decimal
    accessible: bool = False
    companion: bool = False
    area: str = ""


@dataclass(frozen=True)
class Area:
    """A general-admission area in the new hall, with its places' ids."""

    category: str
    places: Sequence[int]


@dataclass(frozen=True)
class NewHall:
    """The new hall, with its labels, areas and prices."""

    hall: Hall
    labels: Mapping[Label, int]
    areas: Mapping[str, Area]
    worth: Mapping[str, Decimal]


@dataclass
class Rehousing:
    """The new seat of each place, and the places without one."""

    seats: dict[int, int] = field(default_factory=dict)
    unseated: list[int] = field(default_factory=list)
    unblocked: list[int] = field(default_factory=list)


def rehouse(occupied: Sequence[Occupied], new: NewHall) -> Rehousing:
    """
    Find a place in the new hall for each present place.

    Return the first attempt that seats everyone. If none does, return the one that leaves the fewest
    parties without seats.
    """
    attempts = []
    # People in better seats by their label may take those that others need, and so may house seats.
    for keeps_house_seats, only_equal in product((True, False), (False, True)):
        attempt = _Attempt(new, occupied)
        attempt.run(keeps_house_seats=keeps_house_seats, only_equal=only_equal)
        if not attempt.found.unseated:
            return attempt.found
        attempts.append(attempt.found)
    return min(attempts, key=lambda found: len(found.unseated))


class _Attempt:
    """One attempt to seat everyone."""

    def __init__(self, new: NewHall, occupied: Sequence[Occupied]) -> None:
        self.new = new
        self.found = Rehousing()
        self.free = set(new.hall.seat_ids)
        self.places = {name: list(area.places) for name, area in new.areas.items()}
        self.house_seats = [place for place in occupied if place.party is None]
        self.parties: dict[int, list[Occupied]] = defaultdict(list)
        for place in occupied:
            if place.party is not None:
                self.parties[place.party].append(place)
        self._as_good: dict[tuple[str, Decimal], frozenset[str]] = {}
        self._groups: dict[tuple[int, frozenset[str]], Iterator[Group]] = {}

    def run(self, *, keeps_house_seats: bool, only_equal: bool) -> None:
        if keeps_house_seats:
            self._keep_house_seats()
        unseated, to_place = set(), []
        for places in self.parties.values():
            seated = [place for place in places if not place.area]
            if seated and not self._keep_labels(seated, only_equal=only_equal):
                to_place.append(seated)
        for places in sorted(to_place, key=_rank):
            seats = self._seats_for(places)
            if seats is None:
                unseated.add(places[0].party)
            else:
                self.found.seats.update(seats)
        for places in sorted(self._in_areas(), key=_rank):
            if not self._place_in_area(places):
                unseated.add(places[0].party)
        if not keeps_house_seats:
            self._keep_house_seats()
        self.found.unseated = sorted(unseated)

    def _keep_house_seats(self) -> None:
        for place in self.house_seats:
            places = self.places.get(place.area) if place.area else None
            seat_id = None if place.area else self.new.labels.get(place.label)
            if places:
                self.found.seats[place.key] = places.pop()
            elif seat_id in self.free:
                self.free.remove(seat_id)
                self.found.seats[place.key] = seat_id
            else:
                self.found.unblocked.append(place.key)

    def _keep_labels(self, places: Sequence[Occupied], *, only_equal: bool) -> bool:
        """Seat a party by its labels, if free and as good."""
        seat_ids = [self.new.labels.get(place.label) for place in places]
        if not self.free.issuperset(seat_ids):
            return False
        for place, seat in zip(places, self.new.hall.of(seat_ids), strict=True):
            is_equal = seat.category == place.category or not only_equal
            if not is_equal or seat.category not in self._categories_for(place):
                return False
            if seat.accessible != place.accessible or (seat.companion and not place.companion):
                return False
        self.free.difference_update(seat_ids)
        self.found.seats.update(zip((place.key for place in places), seat_ids, strict=True))
        return True

    def _seats_for(self, places: Sequence[Occupied]) -> dict[int, int] | None:
        """Take seats for a party, together where possible. Return None if there are too few."""
        if any(place.accessible for place in places):
            return self._seats_with_wheelchairs(places)
        for categories in self._choices(places):
            if seat_ids := self._take(len(places), categories):
                return self._paired(places, seat_ids)
        parts = _by_category(places)
        if len(parts) == 1:
            return self._seats_in_groups(places)
        found: dict[int, int] = {}
        for part in parts:
            seats = self._seats_for(part)
            if seats is None:
                self.free.update(found.values())
                return None
            found |= seats
        return found

    def _seats_in_groups(self, places: Sequence[Occupied]) -> dict[int, int] | None:
        """Take the largest groups that there are. Nobody sits alone if that can be avoided."""
        categories, left = self._categories_for(places[0]), list(places)
        found: dict[int, int] = {}
        while count := len(left):
            sizes = [count, *range(count - 2, 1, -1), count - 1, 1]
            taken = (self._take(size, categories) for size in sizes if size)
            seat_ids = next(filter(None, taken), None)
            if seat_ids is None:
                self.free.update(found.values())
                return None
            found |= self._paired(left[: len(seat_ids)], seat_ids)
            left = left[len(seat_ids) :]
        return found

    def _seats_with_wheelchairs(self, places: Sequence[Occupied]) -> dict[int, int] | None:
        wheelchairs = [place for place in places if place.accessible]
        others = [place for place in places if not place.accessible]
        for categories in self._choices(places):
            party = Party(len(places), categories, accessible=True)
            with suppress(NotEnoughSeats):
                seat_ids, _ = choose_seats(self.new.hall, self.free, party)
                chosen = self.new.hall.of(seat_ids)
                spaces = [seat.seat_id for seat in chosen if seat.accessible]
                if len(spaces) == len(wheelchairs):
                    self.free.difference_update(seat_ids)
                    seats = [seat.seat_id for seat in chosen if not seat.accessible]
                    return self._paired(wheelchairs, spaces) | self._paired(others, seats)
        found: dict[int, int] = {}
        for place in wheelchairs:
            categories = self._categories_for(place)
            free = self.new.hall.of(sorted(self.free))
            spaces = (seat for seat in free if seat.accessible and seat.category in categories)
            if space := next(spaces, None):
                self.free.remove(space.seat_id)
                found[place.key] = space.seat_id
        rest = self._seats_for(others) if others else {}
        if rest is None or len(found) < len(wheelchairs):
            self.free.update(found.values(), rest.values() if rest else ())
            return None
        return found | rest

    def _in_areas(self) -> Iterator[list[Occupied]]:
        """Yield each party's places of each area."""
        for places in self.parties.values():
            by_area: dict[str, list[Occupied]] = defaultdict(list)
            for place in places:
                by_area[place.area].append(place)
            by_area.pop("", None)
            yield from by_area.values()

    def _place_in_area(self, places: Sequence[Occupied]) -> bool:
        """Place a party in the area with its name, or an equivalent."""
        categories = self._categories_for(places[0])

        def rank(name: str) -> tuple[bool, Decimal]:
            return name != places[0].area, self.new.worth[self.new.areas[name].category]

        for name in sorted(self.new.areas, key=rank):
            left = self.places[name]
            if self.new.areas[name].category in categories and len(left) >= len(places):
                for place in places:
                    self.found.seats[place.key] = left.pop(0)
                return True
        return False

    def _choices(self, places: Sequence[Occupied]) -> Iterator[frozenset[str]]:
        """Yield the categories for a party, in the order of preference."""
        as_good = frozenset.intersection(*map(self._categories_for, places))
        own = {place.category for place in places}
        single = sorted(as_good, key=lambda name: (name not in own, self.new.worth[name], name))
        yield from (frozenset([name]) for name in single)
        if len(single) > 1:
            yield as_good

    def _categories_for(self, place: Occupied) -> frozenset[str]:
        """Return the new hall's categories that are as good as the place's."""
        key = place.category, place.worth
        if key not in self._as_good:
            self._as_good[key] = frozenset(
                name
                for name, worth in self.new.worth.items()
                if name == place.category or worth >= place.worth
            )
        return self._as_good[key]

    def _take(self, size: int, categories: frozenset[str]) -> list[int] | None:
        """Take the best free seats side by side, if there are any."""
        key = size, categories
        if key not in self._groups:
            wants = Party(size, categories).wants
            self._groups[key] = groups(self.new.hall, self.free, size, wants)
        # Seats are only taken, so a group that was passed over is not free later.
        for group in self._groups[key]:
            if self.free.issuperset(group.seat_ids):
                self.free.difference_update(group.seat_ids)
                return group.seat_ids
        return None

    def _paired(self, places: Sequence[Occupied], seat_ids: Sequence[int]) -> dict[int, int]:
        """Give seats to places in the order of both in their halls."""
        in_order = sorted(seat_ids, key=self.new.hall.at.__getitem__)
        return dict(zip((place.key for place in places), in_order, strict=True))


def _rank(places: Sequence[Occupied]) -> tuple[Decimal, int, int]:
    """Rank the most demanding and then the largest parties first."""
    return -max(place.worth for place in places), -len(places), places[0].party


def _by_category(places: Sequence[Occupied]) -> list[list[Occupied]]:
    parts: dict[str, list[Occupied]] = defaultdict(list)
    for place in places:
        parts[place.category].append(place)
    return sorted(parts.values(), key=_rank)
