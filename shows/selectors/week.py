"""A week of a venue's screens, and prices for a new show."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import Coalesce

from eventbooking_system.timezones import day_bounds
from events.models import Event
from shows.models import PriceList, Show, ShowPrice
from shows.selectors.listing import count_of_seats, final_count, prices_of
from venues.models import Screen, Venue

DAYS = 7


def week_of(venue: Venue, first: date) -> list[dict[str, Any]]:
    """Return the scheduled shows of seven business days, in local time."""
    zone, starts_at = venue.timezone, venue.business_day_starts_at
    last = first + timedelta(days=DAYS - 1)
    bookings = Show._meta.get_field("bookings").related_model.objects
    shows = (
        Show.objects.filter(
            screen__venue=venue,
            status=Show.Status.SCHEDULED,
            start_time__gte=day_bounds(first, zone, starts_at)[0],
            start_time__lt=day_bounds(last, zone, starts_at)[1],
        )
        .select_related("event")
        .order_by("start_time", "pk")
        .annotate(
            booked=Coalesce(
                final_count("total") - final_count("available"), count_of_seats(Q(status="booked"))
            ),
            total=Coalesce(final_count("total"), count_of_seats(Q())),
            has_bookings=Exists(bookings.filter(show=OuterRef("pk"))),
        )
    )
    return [
        {
            "id": show.pk,
            "event": show.event_id,
            "title": show.event.title,
            "screen": show.screen_id,
            "start": _wall(show.start_time, zone),
            "end": _wall(show.end_time, zone),
            "free_from": _wall(show.occupied_until, zone),
            "format": show.format,
            "publication": show.publication,
            "booked": show.booked,
            "total": show.total,
            "has_bookings": show.has_bookings,
        }
        for show in shows
    ]


def terms_for(screen: Screen, event: Event | None) -> dict[str, Any]:
    """
    Return the currency, prices and format that a new show begins with.

    They are those of the last show of this event on this screen, otherwise of the last show on this
    screen, otherwise of the last one at the venue. Categories of the screen that have no price there
    have the price "". Price lists of the venue can be chosen instead.
    """
    shows = _with_prices(Show.objects.filter(screen__venue=screen.venue_id))
    here = shows.filter(screen=screen)
    found = here.filter(event=event).first() or here.first() or shows.first()
    of_event = shows.filter(event=event).first()
    known = prices_of(found) if found else {}
    names = screen.seat_categories.filter(seats__screen=screen).distinct()
    return {
        "currency": found.currency if found else "",
        "prices": {category.name: known.get(category.name, "") for category in names},
        "price_lists": list(
            PriceList.objects.filter(venue=screen.venue_id)
            .order_by("name")
            .values("id", "name", "currency")
        ),
        "format": of_event.format if of_event else "",
        "language": of_event.language if of_event else event.language if event else "",
    }


def _with_prices(shows: QuerySet[Show]) -> QuerySet[Show]:
    prices = ShowPrice.objects.select_related("category").order_by(
        "category__position", "category_id", "position"
    )
    return shows.order_by("-start_time").prefetch_related(
        Prefetch("show_prices", prices, to_attr="prices_in_order")
    )


def _wall(instant: datetime, zone: str) -> str:
    """Return a time as a zone's clocks show it, without offset."""
    return f"{instant.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}"
