"""The lines of a booking, each with its price."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from django.db.models import QuerySet
from django.utils.translation import gettext

from bookings.models import BookedSeat
from bookings.services.holding.requests import TicketTypes
from eventbooking_system.db.compiled import CompiledQuery
from eventbooking_system.db.instances import new_instance
from eventbooking_system.errors import InvalidField
from shows.models import ShowPrice, ShowSeat


def lines_of(
    seats: Sequence[ShowSeat], ticket_types: TicketTypes, *, currency: str
) -> list[BookedSeat]:
    """
    Make the booking's unsaved lines.

    Raises InvalidField for ticket types that do not fit. A line has no reference to its booking,
    because only the garbage collector frees objects that refer to each other.
    """
    types = _types_by_seat(ticket_types, seats) if ticket_types else {}
    rows = _prices(seats[0].show_id) if types else []
    prices = {(category, ticket_type): amount for category, ticket_type, amount in rows}
    return [
        _line(seat, seat.ticket_type, seat.price, currency)
        if seat.seat_id not in types
        else _typed_line(seat, types[seat.seat_id], prices, currency)
        for seat in seats
    ]


def _line(seat: ShowSeat, ticket_type: str, price: Decimal, currency: str) -> BookedSeat:
    return new_instance(
        BookedSeat,
        related={"show_seat": seat},
        show_seat_id=seat.id,
        ticket_type=ticket_type,
        price=price,
        discount=Decimal(0),
        currency=currency,
    )


@CompiledQuery
def _prices(show_id: int) -> QuerySet[ShowPrice]:
    prices = ShowPrice.objects.filter(show=show_id).order_by()
    return prices.values_list("category", "ticket_type", "amount")


def _typed_line(
    seat: ShowSeat, ticket_type: str, prices: dict[tuple[int, str], Decimal], currency: str
) -> BookedSeat:
    price = prices.get((seat.seat.category_id, ticket_type))
    if price is None:
        raise InvalidField(
            f"ticket_types.{seat.seat.area or seat.seat_id}",
            gettext("There is no ticket type “%(name)s” here.") % {"name": ticket_type},
        )
    return _line(seat, ticket_type, price, currency)


def _types_by_seat(ticket_types: TicketTypes, seats: Sequence[ShowSeat]) -> dict[int, str]:
    """
    Return the ticket types by seat id.

    The types of an area are spread over its places. Raises InvalidField.
    """
    seat_ids = {seat.seat_id for seat in seats}
    types: dict[int, str] = {}
    for key, wanted in ticket_types.items():
        if isinstance(key, int):
            types[key] = wanted
            continue
        places = [seat.seat_id for seat in seats if seat.seat.area == key]
        if not places:
            raise InvalidField(f"ticket_types.{key}", gettext("This area is not in the booking."))
        counts = {wanted: len(places)} if isinstance(wanted, str) else wanted
        if sum(counts.values()) > len(places):
            raise InvalidField(
                f"ticket_types.{key}", gettext("More tickets than places of this area.")
            )
        types.update(zip(places, Counter(counts).elements(), strict=False))
    for seat_id in types.keys() - seat_ids:
        raise InvalidField(f"ticket_types.{seat_id}", gettext("This seat is not in the booking."))
    return types
