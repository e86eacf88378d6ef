"""Reads of venues and their seats."""

from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from eventbooking_system.errors import InvalidField
from venues.models import Screen, Seat, Venue

SEAT_FIELDS = (
    "id", "section", "row", "number", "category", "x", "y", "accessible", "companion",
    "restricted_view", "couple", "guid",
)  # fmt: skip


def venues_with_screens() -> QuerySet[Venue]:
    """Return venues with a summary of their screens, in two statements."""
    screens = Screen.objects.with_capacity().order_by("name", "pk")
    return Venue.objects.prefetch_related(Prefetch("screens", screens))


def find_venue(
    *, slug: str = "", name: str = "", city: str = "", country: str = ""
) -> Venue | None:
    """
    Find a venue by its slug or name.

    City and country count if they are known. Venues of one name differ by city and country. Raises
    InvalidField if several venues fit, or if the venue with the slug is in another city or country.
    """
    named = Q(name=name) if name else Q(pk__in=[])
    if city:
        named &= Q(city__iexact=city)
    if country:
        named &= Q(country__iexact=country)
    known = Q(slug=slug) | named if slug else named
    found = list(Venue.objects.filter(known)[:2])
    if len(found) > 1:
        raise InvalidField(
            "venue",
            f"venue: {len(found)} are called {name or slug}; use the slug, or the city and country.",
        )
    if found and slug:
        _check_place(found[0], city, country)
    return found[0] if found else None


def _check_place(venue: Venue, city: str, country: str) -> None:
    for field, told, known in (("city", city, venue.city), ("country", country, venue.country)):
        if told and told.casefold() != known.casefold():
            raise InvalidField(field, f"{field}: {venue.name} is in {known}, not in {told}.")


def seats_of(*, screen_id: int) -> list[dict[str, Any]]:
    """
    List every seat of a screen in layout order, in one statement.

    Places in areas are left out: they are all alike.
    """
    columns = ["category__name" if name == "category" else name for name in SEAT_FIELDS]
    seats = Seat.objects.filter(screen=screen_id, area="").order_by("pk").values_list(*columns)
    return [dict(zip(SEAT_FIELDS, seat, strict=True)) for seat in seats]
