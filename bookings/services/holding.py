"""Holding seats for a customer while they pay."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext

from bookings.errors import ShowNotOnSale, TooManySeats
from bookings.idempotency.requests import IdempotentRequest, without_key
from bookings.models import BookedSeat, Booking, PromoCode
from bookings.pricing import Amounts, amounts
from bookings.services.areas import (
    TicketTypes,
    lock_areas,
    places_to_quote,
    retry_on_contention,
    types_by_seat,
)
from bookings.services.hold_limits import check_hold_limits, with_recent_holds
from bookings.services.promotions import usable_code
from bookings.services.refusing import unavailable
from bookings.services.taking import new_reference
from bookings.services.transitions import confirm
from eventbooking_system.db.compiled import CompiledQuery
from eventbooking_system.errors import InvalidField
from shows import selectors
from shows.errors import (
    LeavesSingleSeat,
    NotEnoughSeats,
    SeatsContended,
    SplitsCouple,
)
from shows.halls import get_hall
from shows.models import Show, ShowPrice, ShowSeat
from shows.querysets import ShowSeatQuerySet
from shows.seating import Party, Place, alternatives, choose_seats, left_of_couples, single_seats
from shows.services import check_all_found, queue_for_choice, stock
from users.models import User
from venues.models import Seat


@CompiledQuery
def _lock_for_customer(show_id: int, seat_ids: list[int], customer_id: int) -> ShowSeatQuerySet:
    """Exactly these seats, locked in the order of their keys, and the customer's recent holds."""
    seats = ShowSeat.objects.to_sell(show_id=show_id, seat_ids=seat_ids)
    return with_recent_holds(seats, show_id, customer_id).locked()


@CompiledQuery
def _lock_at_once_for_customer(
    show_id: int, seat_ids: list[int], customer_id: int
) -> ShowSeatQuerySet:
    """The same, less seats that somebody else has locked: nobody waits."""
    seats = ShowSeat.objects.to_sell(show_id=show_id, seat_ids=seat_ids)
    return with_recent_holds(seats, show_id, customer_id).locked(skip_locked=True)


@dataclass(frozen=True)
class Quote:
    """What a booking would cost, line by line."""

    show: Show
    currency: str
    lines: list[BookedSeat]
    subtotal: Decimal
    discount: Decimal
    fees: Decimal
    tax: Decimal
    total: Decimal


@retry_on_contention
@transaction.atomic(durable=True)
def hold_seats(
    *,
    customer: User,
    show_id: int,
    seat_ids: Sequence[int] = (),
    areas: Mapping[str, int] | None = None,
    ticket_types: TicketTypes | None = None,
    promo_code: str | None = None,
    request: IdempotentRequest | None = None,
) -> Booking:
    """
    Hold seats of a show, and so many places of its `areas`, for a customer while they pay; a
    booking of no cost is confirmed at once.

    All seats or none: raises SeatsUnavailable, which names the taken ones and offers others;
    NotEnoughSeats for an area; ShowNotOnSale, TooManySeats, SeatsNotInShow, LeavesSingleSeat,
    PromoCodeInvalid, Throttled for hoarders, and InvalidField.
    """
    request = request or without_key()
    if len(seat_ids) > settings.BOOKINGS_MAX_SEATS:
        # Asked at once: each number of seats is a statement that connections keep.
        _check_count(_sellable_show(show_id), len(seat_ids))
    seats = _lock_for_customer(show_id, list(seat_ids), customer.pk) if seat_ids else []
    # After the seats, as everyone who takes seats does who may have to wait for them.
    request.claim()
    if len(seats) < len(seat_ids):
        _sellable_show(show_id)
        check_all_found(seats, seat_ids)
    if areas:
        # After the seats, as it waits for nobody.
        _check_count(_sellable_show(show_id), len(seats) + sum(areas.values()))
        places = lock_areas(show_id=show_id, areas=areas, besides=seat_ids)
        seats += _lock_for_customer(show_id, places, customer.pk)
    _check_sale(seats)
    _check_free(seats, customer)
    _check_neighbours(seats[0].show, seats, customer)
    booking = _hold(customer, seats, ticket_types or {}, promo_code)
    request.complete(booking)
    return booking


@retry_on_contention
@transaction.atomic(durable=True)
def hold_best_seats(
    *,
    customer: User,
    show_id: int,
    promo_code: str | None = None,
    request: IdempotentRequest | None = None,
    **wishes: Any,
) -> Booking:
    """
    Hold the best seats that are free for a party, or else places of areas, as `hold_seats` does.
    `wishes` are those of `Party`. Raises NotEnoughSeats.
    """
    request = request or without_key()
    request.claim()
    show = _sellable_show(show_id)
    party = selectors.party_of(show, **wishes)
    _check_count(show, party.quantity)
    try:
        seats = _lock_best_seats(show, party, customer)
    except NotEnoughSeats as refusal:
        areas = selectors.choose_places(show, party, refusal)
        places = lock_areas(show_id=show_id, areas=areas)
        seats = _lock_for_customer(show_id, places, customer.pk)
    booking = _hold(customer, seats, {}, promo_code)
    request.complete(booking)
    return booking


def _lock_best_seats(show: Show, party: Party, customer: User) -> list[ShowSeat]:
    """The seats that are the best for a party, locked. Raises NotEnoughSeats."""
    hall = get_hall(show.pk)
    if not hall.has(party.wants):
        raise NotEnoughSeats(quantity=party.quantity, available=0)
    # One after the other: who chooses sees what those before have taken, and leaves no gaps.
    queue_for_choice(show.pk)
    free = selectors.free_in(hall, show.pk)
    passed_over = False
    while True:
        try:
            seat_ids, _ = choose_seats(hall, free, party)
        except NotEnoughSeats as refusal:
            raise (SeatsContended() if passed_over else refusal) from None
        # Seats that a buyer of named ones is taking just now are passed over: to wait for them,
        # with others locked already, might be to wait for somebody who waits for us.
        seats = _lock_at_once_for_customer(show.pk, list(seat_ids), customer.pk)
        if len(seats) == len(seat_ids) and all(seat.is_free for seat in seats):
            return seats
        passed_over = True
        free -= set(seat_ids) - {seat.seat_id for seat in seats if seat.is_free}


def quote(
    *,
    customer: User | None,
    show_id: int,
    seat_ids: Sequence[int] = (),
    areas: Mapping[str, int] | None = None,
    ticket_types: TicketTypes | None = None,
    promo_code: str | None = None,
    **wishes: Any,
) -> Quote:
    """What `hold_seats` or `hold_best_seats` would charge, whoever has the seats; nothing is held."""
    show = _sellable_show(show_id)
    if wishes:
        _check_count(show, wishes["quantity"])
        choice = selectors.best_seats(show=show, party=selectors.party_of(show, **wishes))
        seat_ids, areas = choice.seat_ids, choice.areas
    areas = areas or {}
    _check_count(show, len(seat_ids) + sum(areas.values()))
    seat_ids = [*seat_ids, *places_to_quote(show_id=show_id, areas=areas, besides=seat_ids)]
    seats = list(ShowSeat.objects.to_sell(show_id=show_id, seat_ids=seat_ids).order_by("pk"))
    check_all_found(seats, seat_ids)
    lines = _lines(show, seats, ticket_types or {})
    promo = _promo(promo_code, show, lines, show.clock, customer=customer, lock=False)
    charged = _charged(show, lines, promo)
    for line in lines:
        line.booking = Booking(currency=show.currency)
    return Quote(show=show, currency=show.currency, lines=lines, **vars(charged))


def _sellable_show(show_id: int) -> Show:
    shows = Show.objects.select_related("event").annotate(clock=Now())
    show = shows.filter(pk=show_id).first()
    if show is None:
        raise _no_such_show()
    _check_on_sale(show, show.clock)
    return show


def _no_such_show() -> InvalidField:
    return InvalidField("show_id", gettext("There is no such show."), "does_not_exist")


def _check_on_sale(show: Show, now: datetime) -> None:
    if not show.event.is_published:
        raise _no_such_show()
    if show.status == Show.Status.CANCELLED:
        raise ShowNotOnSale(gettext("This show is cancelled."))
    if show.sales_open_at and now < show.sales_open_at:
        raise ShowNotOnSale(
            gettext("Sales open at %(time)s UTC.")
            % {"time": f"{show.sales_open_at:%Y-%m-%d %H:%M}"}
        )
    if now >= (show.sales_close_at or show.start_time):
        raise ShowNotOnSale(gettext("Sales for this show are closed."))


def _check_sale(seats: Sequence[ShowSeat]) -> None:
    show = seats[0].show
    _check_on_sale(show, seats[0].clock)
    _check_count(show, len(seats))


def _check_count(show: Show, count: int) -> None:
    limit = show.max_seats_per_booking or settings.BOOKINGS_MAX_SEATS
    if count > limit:
        raise TooManySeats(limit=limit)


def _check_free(seats: Sequence[ShowSeat], customer: User) -> None:
    """Blocked seats are for staff who sell at the house to book."""
    may_take_blocked = customer.is_staff and customer.has_perm("shows.change_show")
    taken = [
        seat.seat_id
        for seat in seats
        if not seat.is_free and not (may_take_blocked and seat.status == ShowSeat.Status.BLOCKED)
    ]
    if taken:
        show, wanted = seats[0].show, [seat.seat_id for seat in seats]
        hall, free = selectors.hall_with_free_seats(show.pk)
        others = alternatives(hall, free - set(taken), wanted, rule=show.single_seat_rule)
        raise unavailable(show.pk, taken, wanted=wanted, alternatives=others)


def _check_neighbours(show: Show, seats: Sequence[ShowSeat], customer: User) -> None:
    """No couple parted, and no seat left alone against the rule. Expects the seats' locks."""
    seat_ids = [seat.seat_id for seat in seats if not seat.seat.area]
    has_rule = show.single_seat_rule != Show.SingleSeatRule.OFF and seat_ids
    if customer.is_staff or not (has_rule or any(seat.seat.couple for seat in seats)):
        return
    hall = get_hall(show.pk)
    if has_rule:
        # Neighbours may be changing hands; who takes a couple has locked all of it.
        queue_for_choice(show.pk)
    free = selectors.free_in(hall, show.pk)
    if left := left_of_couples(hall, free, seat_ids):
        raise SplitsCouple(_labelled(left))
    if singles := single_seats(hall, free, seat_ids, rule=show.single_seat_rule):
        raise LeavesSingleSeat(_labelled(singles))


def _labelled(places: Sequence[Place]) -> list[tuple[int, str]]:
    seats = Seat.objects.in_bulk([place.seat_id for place in places])
    return [(seat_id, str(seat)) for seat_id, seat in sorted(seats.items())]


def _hold(
    customer: User,
    seats: Sequence[ShowSeat],
    ticket_types: TicketTypes,
    promo_code: str | None,
) -> Booking:
    """Give free seats, locked, to a customer."""
    show, now = seats[0].show, seats[0].clock
    check_hold_limits(seats[0])
    lines = _lines(show, seats, ticket_types)
    promo = _promo(promo_code, show, lines, now, customer=customer, lock=True)
    booking = _write_booking(customer, show, lines, promo, now)
    if not booking.total:
        confirm(booking, by=customer, at=now, reason="free of charge")
    return booking


def _lines(show: Show, seats: Sequence[ShowSeat], ticket_types: TicketTypes) -> list[BookedSeat]:
    """The booking's lines, unsaved: each seat at the price of its ticket type."""
    ticket_types = types_by_seat(ticket_types, seats)
    seat_ids = {seat.seat_id for seat in seats}
    for seat_id in ticket_types:
        if seat_id not in seat_ids:
            raise InvalidField(
                f"ticket_types.{seat_id}", gettext("This seat is not in the booking.")
            )
    prices = _typed_prices(show) if ticket_types else {}
    lines = []
    for seat in seats:
        ticket_type, price = seat.ticket_type, seat.price
        if seat.seat_id in ticket_types:
            ticket_type = ticket_types[seat.seat_id]
            price = prices.get((seat.seat.category_id, ticket_type))
            if price is None:
                place = seat.seat.area or seat.seat_id
                raise InvalidField(
                    f"ticket_types.{place}",
                    gettext("There is no ticket type “%(name)s” here.") % {"name": ticket_type},
                )
        lines.append(BookedSeat(show_seat=seat, ticket_type=ticket_type, price=price))
    return lines


def _typed_prices(show: Show) -> dict[tuple[int, str], Decimal]:
    rows = ShowPrice.objects.filter(show=show)
    return {(row.category_id, row.ticket_type): row.amount for row in rows}


def _promo(
    code: str | None,
    show: Show,
    lines: Sequence[BookedSeat],
    now: datetime,
    *,
    customer: User | None,
    lock: bool,
) -> PromoCode | None:
    if code is None:
        return None
    subtotal = sum((line.price for line in lines), Decimal(0))
    return usable_code(code, show=show, customer=customer, subtotal=subtotal, now=now, lock=lock)


def _charged(show: Show, lines: Sequence[BookedSeat], promo: PromoCode | None) -> Amounts:
    off = {"percent_off": promo.percent, "amount_off": promo.amount} if promo else {}
    return amounts(show=show, prices=[line.price for line in lines], **off)


def _write_booking(
    customer: User,
    show: Show,
    lines: list[BookedSeat],
    promo: PromoCode | None,
    now: datetime,
) -> Booking:
    """Expects the seats' locks: nobody else can take them between here and the commit."""
    expires_at = now + timedelta(seconds=settings.BOOKINGS_HOLD_SECONDS)
    booking = Booking(
        reference=new_reference(),
        user=customer,
        show=show,
        booked_at=now,
        expires_at=expires_at,
        promo_code=promo,
        currency=show.currency,
        **vars(_charged(show, lines, promo)),
    )
    booking.save(force_insert=True)
    stock.hold(
        show_id=show.pk,
        seats=[line.show_seat_id for line in lines],
        booking_id=booking.pk,
        held_until=expires_at,
    )
    for line in lines:
        line.booking = booking
    BookedSeat.objects.bulk_create(lines)
    # As a selector would read it, so that the answer needs no further query.
    vars(booking).update(lines=lines, live_status=booking.status, amount_refunded=Decimal(0))
    return booking
