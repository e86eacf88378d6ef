"""Sales at the counter: hold, payment, tickets and cash in one transaction."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from audit.recording import record
from bookings.idempotency.requests import IdempotentRequest, without_key
from bookings.models import Booking, Payment
from bookings.services import (
    Counter,
    SeatRequest,
    confirm_unpaid,
    hold_for_counter,
    offering_others,
    queue_staff_hold,
    retry_on_contention,
    take_payment,
)
from box_office.selectors import with_sale_details
from box_office.services.receipts import naming_known_receipts
from box_office.services.tenders import (
    WantedTender,
    check_tender,
    find_session,
    record_tender,
)
from eventbooking_system.money import with_currency
from users.models import User
from users.services import walk_in_account


@dataclass(frozen=True)
class Customer:
    """The buyer: an account, a name with contact details, or neither."""

    user: User | None = None
    name: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True)
class SaleTerms:
    """How a sale is settled: exactly one of the three."""

    tender: WantedTender | None = None
    complimentary_reason: str = ""
    pay_by: datetime | None = None


def sell(
    *,
    seller: User,
    wanted: SeatRequest,
    customer: Customer,
    terms: SaleTerms,
    request: IdempotentRequest | None = None,
) -> Booking:
    """
    Sell seats at the counter: all of it, or nothing is written.

    Raises as `hold_for_counter` does; TenderMismatch, CashSessionRequired and CashSessionClosed;
    InvalidField for a session of another venue or currency and for a known receipt; and KeyTaken.
    """
    account = customer.user or walk_in_account()
    counter = Counter(
        seller_id=seller.pk,
        account_id=account.pk,
        is_walk_in=account.is_walk_in,
        customer_name=customer.name,
        customer_email=customer.email,
        customer_phone=customer.phone,
        complimentary_reason=terms.complimentary_reason,
        pay_by=terms.pay_by,
    )
    with naming_known_receipts(terms.tender), offering_others(wanted):
        return _sell(counter, wanted, seller, terms.tender, request or without_key())


@retry_on_contention
@transaction.atomic(durable=True)
def _sell(
    counter: Counter,
    wanted: SeatRequest,
    seller: User,
    tender: WantedTender | None,
    request: IdempotentRequest,
) -> Booking:
    request.claim()
    booking = hold_for_counter(counter=counter, wanted=wanted)
    booking.sold_by = seller
    if tender:
        check_tender(tender, due=booking.price_to_pay, currency=booking.currency)
    if not booking.total:
        confirm_unpaid(booking, by=seller, at=booking.booked_at)
    elif tender:
        pay_by_tender(booking, tender, seller=seller, at=booking.booked_at)
    else:
        queue_staff_hold(booking)
    record("box_office.sell", booking, changes=_audited(booking, tender), by=seller)
    request.complete(with_sale_details(booking))
    return booking


def _audited(booking: Booking, tender: WantedTender | None) -> dict[str, str]:
    """Return what the audit keeps of a sale, without the customer's name."""
    settlement = "complimentary" if booking.complimentary_reason else "pay later"
    return {
        "total": with_currency(booking.total, booking.currency),
        "settled": tender.method if tender else settlement,
    }


def pay_by_tender(
    booking: Booking, tender: WantedTender, *, seller: User, at: datetime, attempt: int = 1
) -> Payment:
    """Take a booking's payment by a tender. Expects the locks of the seats and the booking."""
    session = find_session(tender, seller=seller, booking=booking)
    payment = take_payment(
        booking,
        provider=tender.method,
        reference=tender.reference,
        by=seller,
        at=at,
        attempt=attempt,
    )
    record_tender(tender, session=session, currency=booking.currency, by=seller, payment=payment)
    return payment
