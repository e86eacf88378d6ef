"""Finding and locking of stock rows, to sell or block them."""

from collections.abc import Sequence

from django.db import connection
from django.utils.translation import gettext

from eventbooking_system.db.prepared import Statement
from eventbooking_system.errors import InvalidField
from shows.errors import NotEnoughSeats, SeatsContended, SeatsNotInShow
from shows.halls import get_hall
from shows.models import ShowSeat
from shows.querysets import ShowSeatQuerySet

# Wait for other choices of seats of the same show. 1 is the class of these advisory locks.
CHOICE_QUEUE = Statement(
    "SELECT pg_advisory_xact_lock(1, (%(show_id)s::bigint %% 2147483648)::integer)"
)


def lock_seats(*, show_id: int, seat_ids: Sequence[int]) -> list[ShowSeat]:
    """
    Lock these seats of a show in the order of their keys.

    Each is annotated with `is_free`. Expects an open transaction. Raises SeatsNotInShow.
    """
    seats = list(ShowSeat.objects.of_show(show_id, seat_ids).with_is_free().locked())
    check_all_found(seats, seat_ids)
    return seats


def lock_places(
    *, show_id: int, area: str, quantity: int, stock: ShowSeatQuerySet
) -> list[ShowSeat]:
    """
    Lock places in an area that no other transaction has locked.

    The places are chosen from `stock`. Nothing waits, so the order of the locks does not matter.
    Expects an open transaction. Raises NotEnoughSeats, SeatsContended if other transactions may
    still release enough places, and InvalidField for an unknown area.
    """
    places = _places_of(show_id, area, stock)
    found = list(places.locked(skip_locked=True).order_by("seat_id")[:quantity])
    if len(found) == quantity:
        return found
    # A statement of its own has a newer snapshot than the one that skipped locked places.
    if (left := places.count()) < quantity:
        raise NotEnoughSeats(quantity=quantity, available=left, area=area)
    raise SeatsContended


def free_places(
    *, show_id: int, area: str, quantity: int, stock: ShowSeatQuerySet
) -> list[ShowSeat]:
    """Find places like `lock_places`, but without locks."""
    found = list(_places_of(show_id, area, stock)[:quantity])
    if len(found) < quantity:
        raise NotEnoughSeats(quantity=quantity, available=len(found), area=area)
    return found


def _places_of(show_id: int, area: str, stock: ShowSeatQuerySet) -> ShowSeatQuerySet:
    areas = get_hall(show_id).areas
    if area not in areas:
        raise InvalidField(f"areas.{area}", gettext("The show has no such area."), "does_not_exist")
    return stock.within(areas[area])


def queue_for_choice(show_id: int) -> None:
    """
    Queue for choosing among the show's seats.

    The lock is kept until the transaction ends. Acquire this lock after the locks of seats, or
    before locks that skip locked rows, but never before a lock that waits. On SQLite all writers
    queue already.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(CHOICE_QUEUE.on(connection), {"show_id": show_id})


def check_all_found(seats: Sequence[ShowSeat], seat_ids: Sequence[int]) -> None:
    """Check that all wanted seats were found. Raises SeatsNotInShow, which lists the others."""
    if missing := set(seat_ids) - {seat.seat_id for seat in seats}:
        raise SeatsNotInShow(sorted(missing))
