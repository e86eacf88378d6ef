"""Giving money back at the counter."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext

from audit.recording import record
from bookings.errors import InvalidTransition
from bookings.idempotency.requests import IdempotentRequest, without_key
from bookings.models import Booking, Payment, Refund
from bookings.refund_shares import Division
from bookings.services import (
    cancel_and_give_back,
    cancel_part,
    divide_in_full,
    hand_over_refunds,
    left_of,
    lock_booking,
    refund_part,
)
from box_office.selectors import sale_of
from box_office.services.tenders import WantedTender, check_tender, find_session, record_tender
from eventbooking_system.errors import InvalidField
from eventbooking_system.money import formatted, has_excess_digits, with_currency
from users.models import User


@dataclass(frozen=True)
class WantedRefund:
    """Some tickets or an amount to give back, and the tender."""

    reason: str
    ticket_ids: Sequence[int] = ()
    amount: Decimal | None = None
    tender: WantedTender | None = None


@dataclass(frozen=True)
class _Share:
    """The amount that is due, and the tickets given back for it."""

    due: Decimal
    division: Division | None = None


@transaction.atomic(durable=True)
def refund_booking(
    *,
    booking_id: int,
    wanted: WantedRefund,
    by: User,
    request: IdempotentRequest | None = None,
) -> Booking:
    """
    Refund tickets or an amount, or hand over a cancelled booking's refunds.

    Money that was taken at the counter needs a tender of exactly the amount; money that was paid
    online goes back by its provider, after the commit. Raises InvalidTransition, AlreadyCheckedIn,
    TenderMismatch, CashSessionRequired, CashSessionClosed, InvalidField and KeyTaken.
    """
    request = request or without_key()
    request.claim()
    booking, _ = lock_booking(booking_id)
    at_counter = booking.payments.filter(provider__in=Payment.COUNTER).exists()
    share = _share(booking, wanted)
    if at_counter and share.due:
        _check_tender(wanted.tender, share.due, booking)
    elif wanted.tender:
        detail = gettext("This money is refunded online, or no refund is due.")
        raise InvalidField("tender", detail)
    _lower(booking, share, wanted, by=by)
    if wanted.tender:
        _hand_over(booking, wanted.tender, by=by)
    changes = {"amount": with_currency(share.due, booking.currency)}
    record("box_office.refund", booking, changes=changes, by=by)
    refunded = sale_of(booking_id)
    request.complete(refunded)
    return refunded


def _share(booking: Booking, wanted: WantedRefund) -> _Share:
    """Return what goes back. Raises InvalidTransition and InvalidField."""
    if booking.status == Booking.Status.CANCELLED:
        waiting = booking.refunds.filter(
            status=Refund.Status.PENDING, payment__provider__in=Payment.COUNTER
        )
        if due := waiting.aggregate(total=Sum("amount"))["total"]:
            return _Share(due)
    if booking.status != Booking.Status.CONFIRMED:
        raise InvalidTransition(
            gettext("The booking is %(status)s already.") % {"status": booking.status},
            booking_status=booking.status,
        )
    left = left_of([booking.pk])[booking.pk]
    if wanted.amount is not None:
        if has_excess_digits(wanted.amount, booking.currency):
            detail = gettext("%(currency)s has fewer decimal places.")
            raise InvalidField("amount", detail % {"currency": booking.currency})
        if not 0 < wanted.amount <= left:
            detail = gettext("At most %(amount)s can be refunded.")
            raise InvalidField("amount", detail % {"amount": formatted(left, booking.currency)})
        return _Share(wanted.amount)
    return _of_tickets(booking, wanted.ticket_ids, left)


def _of_tickets(booking: Booking, ticket_ids: Sequence[int], left: Decimal) -> _Share:
    if not ticket_ids:
        raise InvalidField("ticket_ids", gettext("Name the tickets, or an amount."), "required")
    division = divide_in_full(booking, ticket_ids)
    # A refund of the last tickets includes all money that is left.
    return _Share(left if division.is_all else min(left, division.refund), division)


def _check_tender(tender: WantedTender | None, due: Decimal, booking: Booking) -> None:
    if tender is None:
        raise InvalidField("tender", gettext("Say how the money is given back."), "required")
    check_tender(tender, due=due, currency=booking.currency)


def _lower(booking: Booking, share: _Share, wanted: WantedRefund, *, by: User) -> None:
    if booking.status != Booking.Status.CONFIRMED:
        return
    if share.division is None:
        refund_part(booking, share.due, reason=wanted.reason)
    elif share.division.is_all:
        cancel_and_give_back(booking, by=by, reason=wanted.reason)
    else:
        cancel_part(booking, share.division, reason=wanted.reason)


def _hand_over(booking: Booking, tender: WantedTender, *, by: User) -> None:
    """Give back every refund that waits, each with its tender. The session is locked last."""
    session = find_session(tender, seller=by, booking=booking)
    for refund in hand_over_refunds(booking):
        part = WantedTender(tender.method, refund.amount, reference=tender.reference)
        record_tender(part, session=session, currency=booking.currency, by=by, refund=refund)
