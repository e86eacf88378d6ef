"""The week of shows that `benchmarks.scheduling` measures, within Django."""

import time
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from events.services import create_event
from shows.models import Show
from shows.services import NewShow, schedule_show, schedule_shows
from venues.models import Screen, Venue
from venues.services import create_screen, create_venue, replace_layout

SHOWS = 10_000
SCREENS = 250
BATCH = 200


def week() -> None:
    fields = {"name": "Week", "city": "Mumbai", "country": "IN", "timezone": "Asia/Kolkata"}
    venue = create_venue(fields=fields)
    event = create_event(fields={"kind": "movie", "title": "Week", "duration_minutes": 120})
    prices = {"Gold": {"": Decimal(250)}}
    stadium = _hall(venue, "Stadium", [(f"R{row}", 128) for row in range(100)] + [("R100", 51)])
    start = timezone.now() + timedelta(days=1)
    began = time.monotonic()
    schedule_show(event=event, screen=stadium, prices=prices, start_time=start, currency="INR")
    print(f"a show of 12,851 seats: {time.monotonic() - began:.2f} s")
    screens = [
        _hall(venue, f"Screen {number}", [(label, 10) for label in "ABCDEFGHIJ"])
        for number in range(SCREENS)
    ]
    new_shows = [
        NewShow(
            event,
            screen,
            prices,
            {"start_time": start + slot * timedelta(hours=4), "currency": "INR"},
        )
        for slot in range(SHOWS // SCREENS)
        for screen in screens
    ]
    began = time.monotonic()
    for first in range(0, SHOWS, BATCH):
        results = schedule_shows(new_shows=new_shows[first : first + BATCH])
        assert all(isinstance(result, Show) for result in results)
    taken = time.monotonic() - began
    print(f"{SHOWS} shows of 100 seats, {BATCH} at a time: {taken:.0f} s, {SHOWS / taken:.0f}/s")
    later = start + timedelta(days=30)
    began = time.monotonic()
    for screen in screens:
        schedule_show(event=event, screen=screen, prices=prices, start_time=later, currency="INR")
    taken = time.monotonic() - began
    print(f"one at a time: {SCREENS / taken:.0f}/s")


def _hall(venue: Venue, name: str, rows: list[tuple[str, int]]) -> Screen:
    screen = create_screen(venue_id=venue.pk, fields={"name": name})
    document: dict[str, Any] = {
        "rows": [{"row": label, "seats": seats, "category": "Gold"} for label, seats in rows]
    }
    replace_layout(screen_id=screen.pk, document=document)
    return screen
