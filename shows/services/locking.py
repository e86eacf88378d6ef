"""Finding and locking rows of a show's stock, for whoever sells or blocks them."""

from collections.abc import Sequence

from django.db import connection
from django.utils.translation import gettext

from eventbooking_system.errors import InvalidField
from shows.errors import NotEnoughSeats, SeatsContended, SeatsNotInShow
from shows.halls import get_hall
from shows.models import ShowSeat
from shows.querysets import ShowSeatQuerySet

_CHOICE = 1  # The class of our advisory locks for `queue_for_choice`.


def lock_seats(*, show_id: int, seat_ids: Sequence[int]) -> list[ShowSeat]:
    """
    Lock exactly these seats of a show, in the order of their keys, in one statement.

    They come as `ShowSeatQuerySet.to_sell` reads them. Raises SeatsNotInShow. The caller holds
    the transaction.
    """
    seats = list(ShowSeat.objects.to_sell(show_id=show_id, seat_ids=seat_ids).locked())
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
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_CHOICE, show_id % 2**31])


def check_all_found(seats: Sequence[ShowSeat], seat_ids: Sequence[int]) -> None:
    """Raise SeatsNotInShow, naming the seats that were asked for and are not there."""
    if missing := set(seat_ids) - {seat.seat_id for seat in seats}:
        raise SeatsNotInShow(sorted(missing))
