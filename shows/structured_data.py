"""Shows as schema.org JSON-LD, which search engines read."""

from typing import Any
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from eventbooking_system.money import formatted
from shows import selectors
from shows.models import Show

# https://schema.org/Event and its subtypes.
_TYPES = {
    "movie": "ScreeningEvent",
    "concert": "MusicEvent",
    "play": "TheaterEvent",
    "comedy": "ComedyEvent",
    "sport": "SportsEvent",
    "exhibition": "ExhibitionEvent",
    "conference": "BusinessEvent",
    "other": "Event",
}
_SCHEMA = "https://schema.org/"


def structured_data(show: Show) -> dict[str, Any]:
    """Describe a show as a schema.org event."""
    event, venue = show.event, show.screen.venue
    zone, now = ZoneInfo(venue.timezone), timezone.now()
    free = selectors.categories_with_free_seats(show)
    address = urljoin(settings.FRONTEND_URL, f"/shows/{show.pk}/")
    terms = {
        "url": address,
        "availabilityEnds": (show.sales_close_at or show.start_time).astimezone(zone).isoformat(),
    }
    if show.early_bird_until and show.early_bird_until > now:
        terms["priceValidUntil"] = show.early_bird_until.astimezone(zone).isoformat()
    if begin := show.sales_open_at or show.publish_at:
        terms["validFrom"] = begin.astimezone(zone).isoformat()
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": _TYPES[event.kind],
        "name": event.title,
        "url": address,
        "startDate": show.start_time.astimezone(zone).isoformat(),
        "endDate": show.end_time.astimezone(zone).isoformat(),
        "eventStatus": _SCHEMA + (_status_of(show)),
        "eventAttendanceMode": _SCHEMA + "OfflineEventAttendanceMode",
        "location": {
            "@type": "MovieTheater" if event.kind == "movie" else "EventVenue",
            "name": venue.name,
            "address": {
                "@type": "PostalAddress",
                "streetAddress": venue.address,
                "addressLocality": venue.city,
                "addressCountry": venue.country,
            },
        },
        "offers": [
            {
                "@type": "Offer",
                "name": " ".join(part for part in (price.category.name, price.ticket_type) if part),
                "price": formatted(show.price_at(price.amount, now), show.currency),
                "priceCurrency": show.currency,
                "availability": _SCHEMA
                + _availability(show, has_free_seats=price.category.name in free),
                **terms,
            }
            for price in show.prices_in_order
        ],
    }
    if show.previous_start_time:
        data["previousStartDate"] = show.previous_start_time.astimezone(zone).isoformat()
    if venue.latitude is not None:
        data["location"]["geo"] = {
            "@type": "GeoCoordinates",
            "latitude": venue.latitude,
            "longitude": venue.longitude,
        }
    if show.language:
        data["inLanguage"] = show.language
    if poster_url := event.shown_poster_url:
        data["image"] = [urljoin(f"{settings.FRONTEND_URL}/", poster_url)]
    if event.description:
        data["description"] = event.description
    if event.kind == "movie":
        data["workPresented"] = {"@type": "Movie", "name": event.title}
        if show.format:
            data["videoFormat"] = show.format
    return data


def _status_of(show: Show) -> str:
    """Name the schema.org EventStatusType of a show."""
    if show.status == Show.Status.CANCELLED:
        return "EventCancelled"
    return "EventRescheduled" if show.previous_start_time else "EventScheduled"


def _availability(show: Show, *, has_free_seats: bool) -> str:
    """Name the schema.org ItemAvailability of a category."""
    is_before_sales = show.sales_open_at and show.sales_open_at > timezone.now()
    if show.status == Show.Status.CANCELLED or not (show.is_on_sale or is_before_sales):
        return "OutOfStock"
    if not has_free_seats:
        return "SoldOut"
    return "PreOrder" if is_before_sales else "InStock"
