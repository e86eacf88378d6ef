"""
Steps of use cases that store refunds for customers.

`bookings.checkout` sends the refunds after the commit. Staff hand over refunds of payments at the
counter. The steps expect the locks of the bookings.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from django.utils import timezone

from bookings.models import BookedSeat, Booking, Payment, Refund
from bookings.services.ledger import note_cancellations, note_reduction
from bookings.services.losses import settle_new_refunds
from eventbooking_system.money import allot, quantum

_THOUSANDTH = Decimal("0.001")


def left_of(booking_ids: Sequence[int]) -> dict[int, Decimal]:
    """
    Return the money of each booking that no refund sends back.

    Credit that moved with an exchange counts for the booking that has it now.
    """
    found = Booking.objects.filter(pk__in=booking_ids).with_amount_left()
    # SQLite computes with floats.
    return {pk: left.quantize(_THOUSANDTH) for pk, left in found.values_list("pk", "amount_left")}


def refund_payment(payment: Payment, booking: Booking, *, reason: str) -> None:
    """Store a refund of a whole payment. Expects its lock."""
    Refund.objects.create(booking=booking, payment=payment, amount=payment.amount, reason=reason)
    payment.amount_refunded = payment.amount
    payment.save(update_fields=["amount_refunded", "updated_at"])
    settle_new_refunds([payment])


def give_back(
    bookings: Sequence[Booking],
    *,
    at_most: Mapping[int, Decimal] | None = None,
    reason: str,
) -> dict[int, Decimal]:
    """
    Store refunds of what is left of the payments of ended bookings.

    `at_most` limits the amount of each booking. Return the amount that is sent, by booking. It
    excludes amounts that the customer already has from a lost dispute.
    """
    left = left_of([booking.pk for booking in bookings])
    limits = left if at_most is None else at_most
    amounts = {pk: max(Decimal(0), min(left[pk], limits[pk])) for pk in left}
    owed, settled = _owe(bookings, amounts, reason=reason)
    note_cancellations(bookings, owed)
    return {pk: amount - settled[pk] for pk, amount in owed.items()}


def refund_part(
    booking: Booking,
    amount: Decimal,
    *,
    reason: str,
    of_lines: Mapping[BookedSeat, Decimal] | None = None,
) -> Decimal:
    """
    Store a refund of a part of a booking that stays confirmed.

    Return the amount that is sent. `of_lines` says how the amount is shared between lines.
    """
    amount = min(amount, left_of([booking.pk])[booking.pk])
    owed, settled = _owe([booking], {booking.pk: amount}, reason=reason)
    if amount := owed[booking.pk]:
        note_reduction(booking, amount, of_lines=_shared(amount, of_lines or {}, booking.currency))
    return amount - settled[booking.pk]


def _shared(
    amount: Decimal, of_lines: Mapping[BookedSeat, Decimal], currency: str
) -> dict[BookedSeat | None, Decimal]:
    if not of_lines:
        return {None: amount}
    if sum(of_lines.values()) == amount:
        return dict(of_lines)
    parts = allot(amount, list(of_lines.values()), quantum(currency))
    return dict(zip(of_lines, parts, strict=True))


def _owe(
    bookings: Sequence[Booking], amounts: Mapping[int, Decimal], *, reason: str
) -> tuple[dict[int, Decimal], dict[int, Decimal]]:
    """
    Store each booking's amount as refunds of its payments.

    Return by booking the sum of the refunds, and the part that disputes have already settled.
    """
    payers = _payers(bookings)
    payments: dict[int, list[Payment]] = {}
    of_payers = Payment.objects.locked().filter(
        booking__in={payer for chain in payers.values() for payer in chain},
        status=Payment.Status.SUCCEEDED,
    )
    for payment in of_payers:
        payments.setdefault(payment.booking_id, []).append(payment)
    owed, refunds, used_by = {}, [], {}
    for booking in bookings:
        mine = [payment for payer in payers[booking.pk] for payment in payments.get(payer, [])]
        parts = _parts(booking, mine, amounts[booking.pk], reason)
        owed[booking.pk] = sum((refund.amount for refund in parts), Decimal(0))
        refunds += parts
        used_by[booking.pk] = [refund.payment for refund in parts]
    Refund.objects.bulk_create(refunds)
    used = {refund.payment_id: refund.payment for refund in refunds}
    now = timezone.now()
    for payment in used.values():
        payment.updated_at = now
    Payment.objects.bulk_update(used.values(), ["amount_refunded", "updated_at"])
    return owed, {pk: settle_new_refunds(mine) for pk, mine in used_by.items()}


def _payers(bookings: Iterable[Booking]) -> dict[int, list[int]]:
    """Return each booking with those that it was exchanged from."""
    chains = {booking.pk: [booking.pk] for booking in bookings}
    earlier = {
        booking.pk: booking.exchanged_from_id for booking in bookings if booking.exchanged_from_id
    }
    while earlier:
        for pk, before in earlier.items():
            chains[pk].append(before)
        found = Booking.objects.filter(pk__in=set(earlier.values()))
        next_of = dict(found.values_list("pk", "exchanged_from"))
        earlier = {pk: next_of[before] for pk, before in earlier.items() if next_of[before]}
    return chains


def _parts(
    booking: Booking, payments: Sequence[Payment], amount: Decimal, reason: str
) -> list[Refund]:
    """Divide an amount between payments, and count it as refunded in each."""
    refunds = []
    for payment in payments:
        part = min(amount, payment.amount_left)
        if part > 0:
            refunds.append(Refund(booking=booking, payment=payment, amount=part, reason=reason))
            payment.amount_refunded += part
            amount -= part
    return refunds
