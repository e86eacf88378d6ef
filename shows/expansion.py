"""The shows of listed events, grouped by event."""

from collections.abc import Sequence
from typing import Any

from shows import selectors
from shows.filters import ShowFilter
from shows.serializers import ShowSerializer

_FILTERS = ("venue", "city", "date", "date_from", "date_to")


def shows_of_events(
    event_ids: Sequence[int], asked: dict[str, str], *, is_staff: bool
) -> dict[int, list[dict[str, Any]]]:
    """Return the coming shows of each event that match the query."""
    wanted = {name: asked[name] for name in _FILTERS if name in asked}
    shows = selectors.shows_listed_for(is_staff=is_staff).filter(event__in=event_ids)
    filtered = ShowFilter(wanted, shows, only=wanted).qs.order_by("start_time", "pk")
    serializer = ShowSerializer()
    found: dict[int, list[dict[str, Any]]] = {event_id: [] for event_id in event_ids}
    for show in filtered:
        found[show.event_id].append(serializer.to_representation(show))
    return found
