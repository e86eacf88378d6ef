"""The header of a plain file, and a check of writing nothing."""

from events.models import Event
from shows.models import Show
from venues.models import Screen, Venue

HEADER = "venue,screen,film,start,minutes,price,currency\n"


def nothing_written() -> bool:
    return not any(model.objects.exists() for model in (Show, Event, Screen, Venue))
