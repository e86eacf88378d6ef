"""The seats of a screen that new shows keep for the house."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from audit.recording import record
from eventbooking_system.errors import InvalidField
from venues.models import HouseSeat, Seat
from venues.services.screens import lock_screen


@transaction.atomic(durable=True)
def set_house_seats(*, screen_id: int, house_seats: Sequence[Mapping[str, Any]]) -> None:
    """
    Replace the house seats of a screen. Each row has a `seat_id` and a `reason`.

    Scheduled shows keep their seats as they are. Raises NotFound, and InvalidField for a seat of
    another screen and for one that is named twice.
    """
    screen = lock_screen(screen_id)
    ids = [row["seat_id"] for row in house_seats]
    known = set(Seat.objects.filter(screen=screen, pk__in=ids).values_list("pk", flat=True))
    for index, seat_id in enumerate(ids):
        if seat_id not in known:
            raise InvalidField(
                f"house_seats.{index}.seat_id", "The screen has no such seat.", "does_not_exist"
            )
        if seat_id in ids[:index]:
            raise InvalidField(f"house_seats.{index}.seat_id", "A seat appears twice.", "unique")
    HouseSeat.objects.filter(screen=screen).delete()
    # A seat that a newer layout dropped may still be one.
    HouseSeat.objects.filter(seat__in=ids).delete()
    HouseSeat.objects.bulk_create(HouseSeat(screen=screen, **row) for row in house_seats)
    record("screens.set_house_seats", screen, changes={"house_seats": ids})
