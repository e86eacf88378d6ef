"""
Choosing seats for a party, and places in areas.

Both lock without waiting for other requests.
"""

from collections.abc import Callable, Mapping, Sequence

from bookings.services.holding.checks import check_sale
from bookings.services.holding.reading import Stock, lock_chosen, lock_stock, queue_and_read
from bookings.services.holding.requests import Caller, SeatRequest
from shows import selectors
from shows.errors import NotEnoughSeats, SeatsContended
from shows.models import ShowSeat
from shows.seating import Hall, NotSeen, Party, choose_seats, ids_around
from shows.services import lock_places

_ALL_IDS = range(1, 2**63)
# By show, the ids of seats near those that were chosen last. The next choice is probably made there,
# so only these are read. A choice that depends on others is made again, and all are read.
_near_choices: dict[int, range] = {}
_MAX_SHOWS = 10_000


def lock_best(caller: Caller, wanted: SeatRequest) -> Stock:
    """
    Lock the best free seats for a party.

    If no seats fit, places in areas are locked. Raises NotEnoughSeats.
    """
    seen = _near_choices.get(wanted.show_id)
    stock, hall, free = queue_and_read(caller, show_id=wanted.show_id, seen=seen or _ALL_IDS)
    show = check_sale(stock.show, wanted, at_counter=caller.at_counter)
    party = selectors.party_of(show, **wanted.wishes)
    try:
        stock.seats = _lock_best_seats(show.pk, hall, free, party, seen=seen)
        if seen is None:
            if len(_near_choices) >= _MAX_SHOWS:
                _near_choices.clear()
            _near_choices[show.pk] = ids_around(hall, [seat.seat_id for seat in stock.seats])
        return stock
    except NotSeen:
        _near_choices.pop(show.pk, None)
        return lock_best(caller, wanted)
    except NotEnoughSeats as refusal:
        areas = selectors.choose_places(show, party, refusal)
    places = lock_areas(areas, show_id=show.pk)
    return lock_stock(caller, show_id=show.pk, seat_ids=places)


def lock_named(caller: Caller, wanted: SeatRequest) -> Stock:
    """Lock the named seats, and the wanted places of areas."""
    stock = lock_stock(caller, show_id=wanted.show_id, seat_ids=wanted.seat_ids)
    show = check_sale(stock.show, wanted, at_counter=caller.at_counter)
    if not wanted.areas:
        return stock
    places = lock_areas(wanted.areas, show_id=show.pk, besides=wanted.seat_ids)
    return lock_stock(caller, show_id=show.pk, seat_ids=[*wanted.seat_ids, *places])


def _lock_best_seats(
    show_id: int, hall: Hall, free: set[int], party: Party, *, seen: range | None = None
) -> list[ShowSeat]:
    if not hall.has(party.wants):
        raise NotEnoughSeats(quantity=party.quantity, available=0)
    passed_over = False
    while True:
        try:
            seat_ids, _ = choose_seats(hall, free, party, seen=seen)
        except NotEnoughSeats as refusal:
            raise (SeatsContended() if passed_over else refusal) from None
        # Seats that a request for named seats has locked are passed over. Waiting for them while
        # holding other locks could be a deadlock.
        seats = lock_chosen(show_id=show_id, seat_ids=seat_ids)
        if len(seats) == len(seat_ids) and all(seat.is_free for seat in seats):
            return seats
        passed_over = True
        free -= set(seat_ids) - {seat.seat_id for seat in seats if seat.is_free}


def lock_areas(areas: Mapping[str, int], *, show_id: int, besides: Sequence[int] = ()) -> list[int]:
    """
    Lock free places of areas, and return their seat ids.

    `areas` has the wanted number for each area. Named seats, given in `besides`, are left out.
    Raises the errors of `lock_places`.
    """
    return places_of(areas, lock_places, show_id=show_id, besides=besides)


def places_of(
    areas: Mapping[str, int],
    find: Callable[..., list[ShowSeat]],
    *,
    show_id: int,
    besides: Sequence[int] = (),
) -> list[int]:
    """Return the seat ids of free places, found by `lock_places` or `free_places`."""
    free = ShowSeat.objects.free().filter(show_id=show_id).exclude(seat_id__in=besides)
    return [
        place.seat_id
        for area, quantity in areas.items()
        for place in find(show_id=show_id, area=area, quantity=quantity, stock=free)
    ]
