"""More places for an area, also in the shows to come."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models.functions import Now

from audit.recording import record
from shows.models import Show
from shows.services import stock
from shows.services.planning import lock_screen
from venues.services import add_places


@dataclass(frozen=True)
class RaisedCapacity:
    """The new places of an area, and the shows that sell them."""

    added: int
    shows: Sequence[int]
    dry_run: bool


@transaction.atomic(durable=True)
def raise_capacity(
    *, screen: int, area: str, capacity: int, dry_run: bool = False
) -> RaisedCapacity:
    """
    Add places to an area, and sell them in shows to come.

    Shows of an older version of the layout keep their places. Raises InvalidField.
    """
    locked = lock_screen(screen)
    places = add_places(screen=locked, area=area, capacity=capacity)
    coming = Show.objects.locked().filter(
        screen=locked,
        layout=locked.layout_id,
        status=Show.Status.SCHEDULED,
        end_time__gt=Now(),
        show_prices__category=places[0].category_id,
        show_prices__position=0,
    )
    shows = list(coming)
    stock.add(shows=[show.pk for show in shows], seats=[place.pk for place in places])
    changes = {"area": area, "capacity": capacity, "shows": len(shows)}
    record("screens.raise_capacity", locked, changes=changes)
    if dry_run:
        transaction.set_rollback(True)
    return RaisedCapacity(len(places), [show.pk for show in shows], dry_run)
