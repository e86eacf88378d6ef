"""Shows as schema.org JSON-LD, which search engines read."""

from typing import Any
from zoneinfo import ZoneInfo

from eventbooking_system.money import formatted
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
    zone = ZoneInfo(venue.timezone)
    cancelled = show.status == Show.Status.CANCELLED
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": _TYPES[event.kind],
        "name": event.title,
        "startDate": show.start_time.astimezone(zone).isoformat(),
        "endDate": show.end_time.astimezone(zone).isoformat(),
        "eventStatus": _SCHEMA + ("EventCancelled" if cancelled else "EventScheduled"),
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
                "price": formatted(price.amount, show.currency),
                "priceCurrency": show.currency,
                "availability": _SCHEMA
                + ("InStock" if show.seat_counts["available"] else "SoldOut"),
            }
            for price in show.prices_in_order
        ],
    }
    if venue.latitude is not None:
        data["location"]["geo"] = {
            "@type": "GeoCoordinates",
            "latitude": venue.latitude,
            "longitude": venue.longitude,
        }
    if show.language:
        data["inLanguage"] = show.language
    if event.poster_url:
        data["image"] = [event.poster_url]
    if event.description:
        data["description"] = event.description
    if event.kind == "movie":
        data["workPresented"] = {"@type": "Movie", "name": event.title}
        if show.format:
            data["videoFormat"] = show.format
    return data
