"""Shows as iCalendar files (RFC 5545)."""

from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from shows.models import Show


def show_calendar(show: Show, *, reference: str = "") -> bytes:
    """
    Write a show as a calendar entry.

    The `reference` of a booking goes into the description.
    """
    venue = show.screen.venue
    zone = ZoneInfo(venue.timezone)
    calendar = Calendar()
    calendar.add("prodid", "-//Event Booking System//EN")
    calendar.add("version", "2.0")
    entry = Event()
    entry.add("uid", f"show-{show.pk}@eventbooking")
    entry.add("dtstamp", show.start_time)
    entry.add("dtstart", show.start_time.astimezone(zone))
    entry.add("dtend", show.end_time.astimezone(zone))
    entry.add("summary", show.event.title)
    entry.add("location", ", ".join(part for part in (
        show.screen.name, venue.name, venue.address, venue.city) if part))  # fmt: skip
    entry.add("status", "CANCELLED" if show.status == Show.Status.CANCELLED else "CONFIRMED")
    if reference:
        entry.add("description", f"Booking {reference}")
    calendar.add_component(entry)
    calendar.add_missing_timezones()
    return calendar.to_ical()
