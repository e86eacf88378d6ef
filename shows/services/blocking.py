"""Blocking seats, which takes them off sale, and unblocking them."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.db import transaction

from audit.recording import record
from eventbooking_system.errors import InUse
from shows.errors import SeatsUnavailable
from shows.models import Show, ShowSeat
from shows.querysets import ShowSeatQuerySet
from shows.services import stock
from shows.services.locking import lock_places, lock_seats


@transaction.atomic(durable=True)
def block_seats(
    *,
    show_id: int,
    block: Sequence[int] = (),
    unblock: Sequence[int] = (),
    block_areas: Mapping[str, int] | None = None,
    unblock_areas: Mapping[str, int] | None = None,
    reason: str = "",
    owner: str = "",
    release_minutes: int | None = None,
) -> None:
    """
    Block free seats and unblock blocked ones, all or none.

    For areas, give the number of places. With `release_minutes`, blocked seats go on sale again
    this many minutes before the show; staff can book them earlier. Raises SeatsNotInShow,
    SeatsUnavailable for held and booked seats, NotEnoughSeats for areas, and InUse for a cancelled
    show.
    """
    wanted = [*block, *unblock]
    seats = lock_seats(show_id=show_id, seat_ids=wanted)
    taken = [
        seat.seat_id
        for seat in seats
        if not seat.is_free and seat.status != ShowSeat.Status.BLOCKED
    ]
    if taken:
        raise SeatsUnavailable(taken, wanted=len(wanted))
    others = ShowSeat.objects.filter(show=show_id).exclude(seat_id__in=wanted)
    blocked = [seat.pk for seat in seats if seat.seat_id in set(block)]
    blocked += _places(show_id, block_areas, others.free())
    freed = [seat.pk for seat in seats if seat.seat_id in set(unblock)]
    freed += _places(show_id, unblock_areas, others.filter(status=ShowSeat.Status.BLOCKED))
    # Cancelling a show locks all of its seats. Once their locks are ours, the status is final.
    if Show.objects.filter(pk=show_id, status=Show.Status.CANCELLED).exists():
        raise InUse("The seats of a cancelled show stay blocked.")
    released_at = None
    if release_minutes is not None:
        start_time = Show.objects.values_list("start_time", flat=True).get(pk=show_id)
        released_at = start_time - timedelta(minutes=release_minutes)
    stock.block(
        ShowSeat.objects.filter(pk__in=blocked),
        show_id=show_id,
        count=len(blocked),
        reason=reason,
        owner=owner,
        released_at=released_at,
    )
    stock.release(show_id=show_id, blocked=freed)
    changes = {"blocked": blocked, "unblocked": freed}
    record("shows.block_seats", Show(pk=show_id), changes=changes)


def _places(show_id: int, areas: Mapping[str, int] | None, stock: ShowSeatQuerySet) -> list[int]:
    """Lock the wanted number of places in each area; return their keys."""
    return [
        place.pk
        for area, quantity in (areas or {}).items()
        for place in lock_places(show_id=show_id, area=area, quantity=quantity, stock=stock)
    ]
