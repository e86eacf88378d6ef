"""
The ledger's rows, written with the events that they record.

The sale rows of a booking add up to the amount that the customer owes. Its money rows add up to
the amount that was captured and not refunded.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from bookings.models import BookedSeat, Booking, Dispute, LedgerEntry, Payment, Refund

Kind = LedgerEntry.Kind


def note_sale(booking: Booking) -> None:
    """Record the parts of a confirmed booking's total."""
    LedgerEntry.objects.bulk_create(new_sale(booking))


def new_sale(booking: Booking) -> list[LedgerEntry]:
    """Make the unsaved entries of a booking's sale."""
    contained = booking.subtotal - booking.discount + booking.fees + booking.tax - booking.total
    parts = {
        Kind.TICKETS: booking.subtotal,
        Kind.DISCOUNT: -booking.discount,
        Kind.FEES: booking.fees,
        Kind.TAX: booking.tax,
        Kind.TAX_INCLUDED: -contained,
    }
    return [
        LedgerEntry(booking=booking, kind=kind, amount=amount, currency=booking.currency)
        for kind, amount in parts.items()
        if amount
    ]


def note_cancellations(bookings: Sequence[Booking], given_back: Mapping[int, Decimal]) -> None:
    """Reduce the amounts owed for cancelled bookings by their refunds."""
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            booking=booking,
            kind=Kind.CANCELLED,
            amount=-given_back[booking.pk],
            currency=booking.currency,
        )
        for booking in bookings
        if given_back[booking.pk]
    )


def note_reduction(
    booking: Booking,
    amount: Decimal,
    *,
    of_lines: Mapping[BookedSeat | None, Decimal] | None = None,
) -> None:
    """Reduce the amount owed for a confirmed booking by a refund."""
    _note_of_lines(booking, Kind.REDUCED, of_lines or {None: amount})


def note_exchange(
    older: Booking, newer: Booking, of_lines: Mapping[BookedSeat | None, Decimal]
) -> None:
    """Move an exchange's credit from the older to the newer booking."""
    _note_of_lines(older, Kind.EXCHANGED, of_lines)
    LedgerEntry.objects.bulk_create(
        LedgerEntry(booking=booking, kind=Kind.CREDIT, amount=amount, currency=booking.currency)
        for booking, amount in ((older, -newer.credit), (newer, newer.credit))
        if amount
    )


def _note_of_lines(
    booking: Booking, kind: Kind, of_lines: Mapping[BookedSeat | None, Decimal]
) -> None:
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            booking=booking,
            booked_seat=line,
            kind=kind,
            amount=-amount,
            currency=booking.currency,
        )
        for line, amount in of_lines.items()
        if amount
    )


def note_capture(payment: Payment) -> None:
    """Record money that a payment brought in."""
    new_capture(payment).save(force_insert=True)


def new_capture(payment: Payment) -> LedgerEntry:
    """Make the unsaved entry of money that a payment brought in."""
    return LedgerEntry(
        booking_id=payment.booking_id,
        payment=payment,
        kind=Kind.CAPTURED,
        amount=payment.amount,
        currency=payment.currency,
    )


def note_refund(refund: Refund, payment: Payment) -> None:
    """Record money that a refund sent back."""
    _note_of_try(refund, payment, Kind.REFUNDED, -refund.amount)


def note_came_back(refund: Refund, payment: Payment) -> None:
    """Record refunded money that came back from the bank."""
    _note_of_try(refund, payment, Kind.CAME_BACK, refund.amount)


def note_dispute(dispute: Dispute, *, kind: Kind, amount: Decimal, currency: str) -> None:
    """Record money that a dispute moved. It moves between the provider and the customer's bank."""
    LedgerEntry.objects.create(
        booking_id=dispute.payment.booking_id,
        payment=dispute.payment,
        dispute=dispute,
        kind=kind,
        amount=amount,
        currency=currency,
    )


def _note_of_try(refund: Refund, payment: Payment, kind: Kind, amount: Decimal) -> None:
    LedgerEntry.objects.create(
        booking_id=refund.booking_id,
        payment=payment,
        refund=refund,
        refund_try=refund.refusals,
        kind=kind,
        amount=amount,
        currency=payment.currency,
    )
