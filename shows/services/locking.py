"""Finding and locking rows of a show's stock, for whoever sells or blocks them."""

from collections.abc import Sequence

from django.db import connection
from django.utils.translation import gettext

from eventbooking_system.db.prepared import Statement
from eventbooking_system.errors import InvalidField
from shows.errors import NotEnoughSeats, SeatsContended, SeatsNotInShow
from shows.halls import get_hall
from shows.models import ShowSeat
from shows.querysets import ShowSeatQuerySet

# Wait for those who choose seats of the same show; 1 is the class of these advisory locks.
CHOICE_QUEUE = Statement(
    "SELECT pg_advisory_xact_lock(1, (%(show_id)s::bigint %% 2147483648)::integer)"
)


def lock_seats(*, show_id: int, seat_ids: Sequence[int]) -> list[ShowSeat]:
    """
    Lock exactly these seats of a show, in the order of their keys, in one statement.

    Each says whether it `is_free`. Raises SeatsNotInShow. The caller holds the transaction.
    """
    seats = list(ShowSeat.objects.of_show(show_id, seat_ids).with_is_free().locked())
    check_all_found(seats, seat_ids)
    return seats


def lock_places(
    *, show_id: int, area: str, quantity: int, stock: ShowSeatQuerySet
) -> list[ShowSeat]:
    """
    Lock so many places of an area, of this stock of the show, that nobody else is taking.

    Nobody waits, so their order does not matter. Raises NotEnoughSeats; SeatsContended where others may
    give some back; and InvalidField. The caller holds the transaction.
    """
    places = _places_of(show_id, area, stock)
    found = list(places.locked(skip_locked=True).order_by("seat_id")[:quantity])
    if len(found) == quantity:
        return found
    # Asked in a statement of its own, whose snapshot is newer than what was passed over.
    if (left := places.count()) < quantity:
        raise NotEnoughSeats(quantity=quantity, available=left, area=area)
    raise SeatsContended


def free_places(
    *, show_id: int, area: str, quantity: int, stock: ShowSeatQuerySet
) -> list[ShowSeat]:
    """The same, locking nothing."""
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
    Wait, until the transaction ends, for those who choose among the same show's seats.

    Taken after the locks of seats, or before locks that skip what others have; never before one that
    waits. On SQLite all who write queue already.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(CHOICE_QUEUE.on(connection), {"show_id": show_id})


def check_all_found(seats: Sequence[ShowSeat], seat_ids: Sequence[int]) -> None:
    """Raise SeatsNotInShow, naming the seats that were asked for and are not there."""
    if missing := set(seat_ids) - {seat.seat_id for seat in seats}:
        raise SeatsNotInShow(sorted(missing))
