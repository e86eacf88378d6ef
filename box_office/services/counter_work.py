"""Paying a pending booking at the counter, and correcting its customer."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from audit.recording import record, state_of
from bookings.idempotency.requests import IdempotentRequest, without_key
from bookings.models import Booking, Payment
from bookings.services import check_can_pay, lock_booking
from box_office.selectors import sale_of
from box_office.services.receipts import naming_known_receipts
from box_office.services.sales import pay_by_tender
from box_office.services.tenders import WantedTender, check_tender
from eventbooking_system.errors import InvalidField
from eventbooking_system.money import with_currency
from users.models import User


def pay_booking(
    *,
    booking_id: int,
    tender: WantedTender,
    seller: User,
    request: IdempotentRequest | None = None,
) -> Booking:
    """
    Take a pending booking's payment at the counter, and confirm the booking.

    A card terminal's receipt that was entered for this booking before gives the same answer.
    Raises BookingExpired and InvalidTransition; TenderMismatch, CashSessionRequired and
    CashSessionClosed; InvalidField for a receipt of another booking; and KeyTaken.
    """
    with naming_known_receipts(tender):
        return _pay(booking_id, tender, seller, request or without_key())


@transaction.atomic(durable=True)
def _pay(
    booking_id: int, tender: WantedTender, seller: User, request: IdempotentRequest
) -> Booking:
    request.claim()
    booking, _ = lock_booking(booking_id)
    payments = Payment.objects.locked().filter(booking=booking)
    if not _is_same_receipt(payments, tender):
        check_can_pay(booking, show_status=booking.show.status)
        check_tender(tender, due=booking.price_to_pay, currency=booking.currency)
        pay_by_tender(
            booking, tender, seller=seller, at=booking.clock, attempt=payments.count() + 1
        )
        changes = {"amount": with_currency(tender.amount, booking.currency)}
        record("box_office.pay", booking, changes=changes | {"settled": tender.method}, by=seller)
    paid = sale_of(booking_id)
    request.complete(paid)
    return paid


@transaction.atomic(durable=True)
def correct_customer(*, booking_id: int, by: User, **customer: Any) -> Booking:
    """
    Correct the name, address or phone of a booking's customer.

    A new address revokes the links that were mailed to the old one.
    """
    booking = Booking.objects.locked().get(pk=booking_id)
    before = state_of(booking)
    for name, value in customer.items():
        setattr(booking, name, value)
    booking.save(update_fields=list(customer))
    if booking.customer_email != before["customer_email"]:
        booking.links.revoke()
    record("box_office.correct", booking, before=before, by=by)
    return sale_of(booking_id)


def check_can_send(booking: Booking) -> None:
    """Raise InvalidField for a booking whose customer gave no address."""
    if not booking.contact_email:
        raise InvalidField(
            "customer_email", gettext("The booking has no e-mail address."), "required"
        )


def _is_same_receipt(payments: Any, tender: WantedTender) -> bool:
    """Tell whether this receipt has paid for the booking already."""
    if not tender.reference:
        return False
    receipts = payments.filter(provider="card_terminal", provider_id=tender.reference)
    return tender.method == "card_terminal" and receipts.filter(amount=tender.amount).exists()
