"""The invariants of payments, refunds, disputes and the ledger."""

from collections.abc import Iterator
from decimal import Decimal

from django.db.models import Count, Exists, F, OuterRef, Q

from bookings.invariants.sums import as_text, exact, sum_for, totals
from bookings.models import BookedSeat, Booking, Dispute, LedgerEntry, Payment, Refund

_NOT_OWED = (*LedgerEntry.MONEY, *LedgerEntry.DISPUTES)


def money_matches_each_booking() -> Iterator[str]:
    """Check that a booking's worth equals the money kept for it."""
    # A settled refund counts as going back, although a lost dispute took its money, because `taken`
    # leaves out disputes.
    bookings = Booking.objects.annotate(
        taken=sum_for(LedgerEntry.objects.filter(kind__in=LedgerEntry.MONEY)),
        owed=sum_for(LedgerEntry.objects.exclude(kind__in=_NOT_OWED)),
        going_back=sum_for(Refund.objects.exclude(status="succeeded")),
    )
    for booking in bookings.exclude(taken=F("owed") + F("going_back")):
        yield (
            f"booking {booking.pk}: {as_text(booking.taken)} was taken, {as_text(booking.owed)} is "
            f"owed and {as_text(booking.going_back)} is going back"
        )


def money_matches_in_all() -> Iterator[str]:
    """Check all bookings of a currency by payments and totals."""
    captured = totals(Payment.objects.filter(status__in=["succeeded", "refunded"]), "amount")
    refunded = totals(Refund.objects.annotate(currency=F("payment__currency")), "amount")
    owed = totals(Booking.objects.filter(status="confirmed"), "total")
    sales = LedgerEntry.objects.exclude(kind__in=_NOT_OWED)
    kept = totals(sales.filter(booking__status="cancelled"), "amount")
    reduced = totals(
        sales.filter(booking__status="confirmed", kind__in=["reduced", "exchanged"]), "amount"
    )
    for currency in captured.keys() | refunded.keys() | owed.keys() | kept.keys():
        left = captured.get(currency, 0) - refunded.get(currency, 0)
        worth = owed.get(currency, 0) + kept.get(currency, 0) + reduced.get(currency, 0)
        if left != worth:
            yield f"in all: {left} {currency} was taken and not refunded, for bookings worth {worth}"


def confirmed_bookings_are_worth_their_total() -> Iterator[str]:
    later = [LedgerEntry.Kind.REDUCED, LedgerEntry.Kind.EXCHANGED]
    sold = LedgerEntry.objects.exclude(kind__in=[*_NOT_OWED, *later])
    bookings = Booking.objects.filter(status="confirmed").annotate(owed=sum_for(sold))
    for booking in bookings.exclude(owed=exact(F("total"))):
        yield f"booking {booking.pk}: the ledger says {as_text(booking.owed)}, its total is {booking.total}"


def the_ledger_has_every_movement() -> Iterator[str]:
    captured = Payment.objects.annotate(
        noted=sum_for(LedgerEntry.objects.filter(kind="captured"), "payment")
    )
    taken = Q(status__in=["succeeded", "refunded"])
    for payment in captured.filter((taken & ~Q(noted=exact(F("amount")))) | (~taken & ~Q(noted=0))):
        yield f"payment {payment.pk}: {payment.status}, and the ledger says {as_text(payment.noted)}"
    went_back = Refund.objects.annotate(noted=sum_for(LedgerEntry.objects.all(), "refund"))
    succeeded = Q(status="succeeded")
    for refund in went_back.filter(
        (succeeded & ~Q(noted=-exact(F("amount")))) | (~succeeded & ~Q(noted=0))
    ):
        yield f"refund {refund.pk}: {refund.status}, and the ledger says {as_text(refund.noted)}"


def what_came_back_had_gone() -> Iterator[str]:
    """Check how often the ledger has each refund sent and returned."""
    refunds = Refund.objects.annotate(
        gone=Count("ledger_entries", filter=Q(ledger_entries__kind="refunded")),
        back=Count("ledger_entries", filter=Q(ledger_entries__kind="came_back")),
    )
    is_gone = Q(status="succeeded", gone=F("back") + 1) | (
        ~Q(status="succeeded") & Q(gone=F("back"))
    )
    for refund in refunds.exclude(is_gone & Q(back=F("came_back"))):
        yield (
            f"refund {refund.pk}: {refund.status}, back {refund.came_back} times, and the ledger "
            f"has it gone {refund.gone} and back {refund.back} times"
        )


def refunds_are_within_their_payment() -> Iterator[str]:
    payments = Payment.objects.annotate(noted=sum_for(Refund.objects.all(), "payment"))
    for payment in payments.exclude(noted=exact(F("amount_refunded"))):
        yield (
            f"payment {payment.pk} of {payment.amount}: its refunds are {as_text(payment.noted)}, "
            f"and it says {payment.amount_refunded}"
        )


def disputes_match_the_ledger() -> Iterator[str]:
    """Check that disputes took their amount at most once."""
    disputes = Dispute.objects.annotate(
        taken=sum_for(LedgerEntry.objects.filter(kind="disputed"), "dispute"),
        back=sum_for(LedgerEntry.objects.filter(kind="dispute_won"), "dispute"),
    )
    took_nothing, took_all = Q(taken=0), Q(taken=-exact(F("amount")))
    right = (took_nothing | took_all) & Q(back__gte=0, back__lte=-F("taken"))
    for dispute in disputes.exclude(right):
        yield (
            f"dispute {dispute.pk} of {dispute.amount}: the ledger says that {as_text(-dispute.taken)} "
            f"was taken and {as_text(dispute.back)} came back"
        )
    for entry in LedgerEntry.objects.filter(dispute__isnull=False).exclude(
        payment=F("dispute__payment"), booking=F("dispute__payment__booking")
    ):
        yield f"ledger entry {entry.pk} is of a dispute of another payment"


def losses_are_counted_once() -> Iterator[str]:
    """Check that lost disputes' money is settled refunds or counted loss."""
    touched = Q(amount_lost__gt=0) | Q(refunds__status="settled") | Q(disputes__state="lost")
    payments = Payment.objects.filter(touched).distinct()
    for payment in payments.prefetch_related("refunds", "disputes__ledger_entries"):
        refunds = payment.refunds.all()
        settled = sum(each.amount for each in refunds if each.status == "settled")
        lost = min(payment.amount, sum(_lost(each) for each in payment.disputes.all()))
        most = payment.amount - payment.amount_refunded
        owed = any(refund.status in Refund.OWED for refund in refunds)
        is_right = payment.amount_lost == min(lost - settled, most)
        if not is_right or (owed and lost > settled):
            yield (
                f"payment {payment.pk}: disputes took {lost}, settled refunds are {settled}, and "
                f"it says that {payment.amount_lost} is lost"
            )


def _lost(dispute: Dispute) -> Decimal:
    if dispute.state != Dispute.State.LOST:
        return Decimal(0)
    entries = dispute.ledger_entries.all()
    return dispute.amount - sum(each.amount for each in entries if each.kind == "dispute_won")


def credit_moves_between_two_bookings() -> Iterator[str]:
    """Check that only exchanges have credit, taken from the older booking."""
    credit = LedgerEntry.objects.filter(kind="credit")
    gained = Booking.objects.annotate(noted=sum_for(credit.filter(amount__gt=0)))
    is_exchange = Q(exchanged_from__isnull=False, status__in=["confirmed", "cancelled"])
    right = (is_exchange & Q(noted=exact(F("credit")))) | Q(noted=0)
    for booking in gained.exclude(right):
        yield f"booking {booking.pk} has credit {booking.credit}, and got {as_text(booking.noted)}"
    for booking in gained.filter(status="confirmed", noted=0, credit__gt=0):
        yield f"booking {booking.pk} is confirmed and did not get its credit"
    for currency, amount in totals(credit, "amount").items():
        if amount:
            yield f"in all: {amount} {currency} of credit was moved and is nowhere"


def discounts_are_allotted_to_lines() -> Iterator[str]:
    """Check that line discounts add up in bookings without ended lines."""
    lines = BookedSeat.objects.all()
    ended = lines.filter(booking=OuterRef("pk"), cancelled_at__isnull=False)
    bookings = Booking.objects.annotate(allotted=sum_for(lines, name="discount"))
    for booking in bookings.filter(~Exists(ended)).exclude(allotted=exact(F("discount"))):
        yield (
            f"booking {booking.pk}: its discount is {booking.discount}, and its lines have "
            f"{as_text(booking.allotted)}"
        )
