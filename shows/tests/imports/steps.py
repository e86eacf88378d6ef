"""The header of a plain file, and the check that an import wrote nothing."""

from events.models import Event
from shows.models import Show
from venues.models import Screen, Venue

HEADER = "venue,screen,film,start,minutes,price,currency\n"


def nothing_written() -> bool:
    return not any(model.objects.exists() for model in (Show, Event, Screen, Venue))
