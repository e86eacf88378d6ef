"""
The invariants of seats, bookings and money, which hold between any two transactions.

Each check queries the rows that break its rule. `manage.py check_invariants` runs all checks.
"""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from django.db.models import (
    BigIntegerField,
    Count,
    Exists,
    Expression,
    F,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models.functions import Cast, Coalesce, Now, Round

from bookings.models import (
    BookedSeat,
    Booking,
    Dispute,
    LedgerEntry,
    Payment,
    Refund,
    Ticket,
    TicketTransfer,
)
from shows.models import Show, ShowPrice, ShowSeat

# A check yields a line for each violation.
Check = Callable[[], Iterator[str]]
_of_other_apps: list[Check] = []

_NOT_OWED = (*LedgerEntry.MONEY, *LedgerEntry.DISPUTES)
# The lines of a live booking that were not given back.
_KEPT = Q(booking__status="confirmed", cancelled_at=None)
_LIVE = _KEPT | Q(booking__status="pending", booking__expires_at__gt=Now(), cancelled_at=None)


def broken() -> Iterator[str]:
    """Run all checks, and yield a line for each violation."""
    for check in all_checks():
        yield from check()


def all_checks() -> list[Check]:
    """Return this app's checks, and those registered by other apps."""
    return [*CHECKS, *_of_other_apps]


def register_checks(checks: Sequence[Check]) -> None:
    """Add the checks of another app, from its `AppConfig.ready`."""
    _of_other_apps.extend(checks)


def money_matches_each_booking() -> Iterator[str]:
    """Check that the money kept for a booking equals what the booking is worth."""
    # A settled refund is owed no more: a lost dispute took the money, outside of these kinds.
    bookings = Booking.objects.annotate(
        taken=_sum(LedgerEntry.objects.filter(kind__in=LedgerEntry.MONEY)),
        owed=_sum(LedgerEntry.objects.exclude(kind__in=_NOT_OWED)),
        going_back=_sum(Refund.objects.exclude(status="succeeded")),
    )
    for booking in bookings.exclude(taken=F("owed") + F("going_back")):
        yield (
            f"booking {booking.pk}: {_text(booking.taken)} was taken, {_text(booking.owed)} is "
            f"owed and {_text(booking.going_back)} is going back"
        )


def money_matches_in_all() -> Iterator[str]:
    """Check the same for all bookings of a currency, from payments and totals."""
    captured = _totals(Payment.objects.filter(status__in=["succeeded", "refunded"]), "amount")
    refunded = _totals(Refund.objects.annotate(currency=F("payment__currency")), "amount")
    owed = _totals(Booking.objects.filter(status="confirmed"), "total")
    sales = LedgerEntry.objects.exclude(kind__in=_NOT_OWED)
    kept = _totals(sales.filter(booking__status="cancelled"), "amount")
    reduced = _totals(
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
    bookings = Booking.objects.filter(status="confirmed").annotate(owed=_sum(sold))
    for booking in bookings.exclude(owed=_exact(F("total"))):
        yield f"booking {booking.pk}: the ledger says {_text(booking.owed)}, its total is {booking.total}"


def the_ledger_has_every_movement() -> Iterator[str]:
    captured = Payment.objects.annotate(
        noted=_sum(LedgerEntry.objects.filter(kind="captured"), "payment")
    )
    taken = Q(status__in=["succeeded", "refunded"])
    for payment in captured.filter(
        (taken & ~Q(noted=_exact(F("amount")))) | (~taken & ~Q(noted=0))
    ):
        yield f"payment {payment.pk}: {payment.status}, and the ledger says {_text(payment.noted)}"
    went_back = Refund.objects.annotate(noted=_sum(LedgerEntry.objects.all(), "refund"))
    succeeded = Q(status="succeeded")
    for refund in went_back.filter(
        (succeeded & ~Q(noted=-_exact(F("amount")))) | (~succeeded & ~Q(noted=0))
    ):
        yield f"refund {refund.pk}: {refund.status}, and the ledger says {_text(refund.noted)}"


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
    payments = Payment.objects.annotate(noted=_sum(Refund.objects.all(), "payment"))
    for payment in payments.exclude(noted=_exact(F("amount_refunded"))):
        yield (
            f"payment {payment.pk} of {payment.amount}: its refunds are {_text(payment.noted)}, "
            f"and it says {payment.amount_refunded}"
        )


def disputes_match_the_ledger() -> Iterator[str]:
    """Check that disputes took their amount at most once."""
    disputes = Dispute.objects.annotate(
        taken=_sum(LedgerEntry.objects.filter(kind="disputed"), "dispute"),
        back=_sum(LedgerEntry.objects.filter(kind="dispute_won"), "dispute"),
    )
    took_nothing, took_all = Q(taken=0), Q(taken=-_exact(F("amount")))
    right = (took_nothing | took_all) & Q(back__gte=0, back__lte=-F("taken"))
    for dispute in disputes.exclude(right):
        yield (
            f"dispute {dispute.pk} of {dispute.amount}: the ledger says that {_text(-dispute.taken)} "
            f"was taken and {_text(dispute.back)} came back"
        )
    for entry in LedgerEntry.objects.filter(dispute__isnull=False).exclude(
        payment=F("dispute__payment"), booking=F("dispute__payment__booking")
    ):
        yield f"ledger entry {entry.pk} is of a dispute of another payment"


def losses_are_counted_once() -> Iterator[str]:
    """Check that what lost disputes took is settled refunds, or counted as lost."""
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


def a_seat_has_one_live_booking() -> Iterator[str]:
    sold_twice = (
        BookedSeat.objects.filter(_LIVE)
        .values("show_seat__show", "show_seat__seat")
        .annotate(bookings=Count("booking", distinct=True))
        .filter(bookings__gt=1)
    )
    for row in sold_twice.order_by():
        yield (
            f"seat {row['show_seat__seat']} of show {row['show_seat__show']}: "
            f"{row['bookings']} live bookings"
        )


def live_bookings_have_their_seats() -> Iterator[str]:
    lines = BookedSeat.objects.filter(_LIVE).annotate(
        has=F("show_seat__booking"), seat_status=F("show_seat__status")
    )
    right = Q(booking__status="confirmed", seat_status="booked") | Q(
        booking__status="pending", seat_status="held"
    )
    for line in lines.exclude(right & Q(has=F("booking"))):
        yield f"booking {line.booking_id}: its seat {line.show_seat_id} is not its own"
    for seat in ShowSeat.objects.filter(status="booked").exclude(booking__status="confirmed"):
        yield f"seat {seat.pk} is booked by booking {seat.booking_id}, which is not confirmed"
    lines_of_owner = BookedSeat.objects.active().filter(
        booking=OuterRef("booking"), show_seat=OuterRef("pk")
    )
    taken = ShowSeat.objects.filter(booking__isnull=False)
    for seat in taken.annotate(line=Subquery(lines_of_owner.values("pk")[:1])).filter(line=None):
        yield f"seat {seat.pk} has booking {seat.booking_id}, which has no line for it"


def no_hold_outlives_its_booking() -> Iterator[str]:
    holds = ShowSeat.objects.filter(status="held", held_until__gt=Now())
    for seat in holds.exclude(booking__status="pending", booking__expires_at__gte=F("held_until")):
        yield f"seat {seat.pk} is held past the end of booking {seat.booking_id}"


def confirmed_seats_have_a_ticket() -> Iterator[str]:
    """Check that exactly the seats of confirmed bookings have a valid ticket."""
    lines = BookedSeat.objects.filter(_KEPT)
    for line in lines.exclude(ticket__in=Ticket.objects.in_force()):
        yield f"booking {line.booking_id}: its seat {line.show_seat_id} has no ticket"
    for ticket in Ticket.objects.in_force().exclude(booking__status="confirmed"):
        yield f"ticket {ticket.pk} is in force, and booking {ticket.booking_id} is not confirmed"
    for ticket in Ticket.objects.in_force().exclude(booked_seat__cancelled_at=None):
        yield f"ticket {ticket.pk} is in force, and its line was given back"
    for ticket in Ticket.objects.exclude(booking=F("booked_seat__booking")):
        yield f"ticket {ticket.pk} is of booking {ticket.booking_id}, and its seat is of another"


def credit_moves_between_two_bookings() -> Iterator[str]:
    """Check that only exchanges have credit, taken from the older booking."""
    credit = LedgerEntry.objects.filter(kind="credit")
    gained = Booking.objects.annotate(noted=_sum(credit.filter(amount__gt=0)))
    is_exchange = Q(exchanged_from__isnull=False, status__in=["confirmed", "cancelled"])
    right = (is_exchange & Q(noted=_exact(F("credit")))) | Q(noted=0)
    for booking in gained.exclude(right):
        yield f"booking {booking.pk} has credit {booking.credit}, and got {_text(booking.noted)}"
    for booking in gained.filter(status="confirmed", noted=0, credit__gt=0):
        yield f"booking {booking.pk} is confirmed and did not get its credit"
    for currency, amount in _totals(credit, "amount").items():
        if amount:
            yield f"in all: {amount} {currency} of credit was moved and is nowhere"


def discounts_are_allotted_to_lines() -> Iterator[str]:
    """Check that line discounts add up in bookings without ended lines."""
    lines = BookedSeat.objects.all()
    ended = lines.filter(booking=OuterRef("pk"), cancelled_at__isnull=False)
    bookings = Booking.objects.annotate(allotted=_sum(lines, name="discount"))
    for booking in bookings.filter(~Exists(ended)).exclude(allotted=_exact(F("discount"))):
        yield (
            f"booking {booking.pk}: its discount is {booking.discount}, and its lines have "
            f"{_text(booking.allotted)}"
        )


def a_ticket_has_one_holder() -> Iterator[str]:
    """Check that the last person who accepted a ticket holds it."""
    held = TicketTransfer.objects.held().filter(ticket=OuterRef("pk")).values("holder_id")
    of_user = {"output_field": BigIntegerField()}
    tickets = Ticket.objects.in_force().annotate(
        accepted_by=Coalesce(Subquery(held[:1]), 0, **of_user),
        held_by=Coalesce("holder_id", 0, **of_user),
    )
    for ticket in tickets.exclude(accepted_by=F("held_by")):
        yield (
            f"ticket {ticket.pk} is held by user {ticket.held_by}, "
            f"but user {ticket.accepted_by} accepted it"
        )
    open_ones = TicketTransfer.objects.filter(revoked_at=None)
    for transfer in open_ones.exclude(ticket__voided_at=None):
        yield f"transfer {transfer.pk} is open, and its ticket {transfer.ticket_id} is void"


def shows_know_what_lists_ask_for() -> Iterator[str]:
    """Check the columns of shows that repeat facts for lists."""
    prices = ShowPrice.objects.filter(show=OuterRef("pk")).order_by().values("show")
    ranges = Show.objects.annotate(
        lowest=Subquery(prices.annotate(amount=Min("amount")).values("amount")),
        highest=Subquery(prices.annotate(amount=Max("amount")).values("amount")),
    )
    for show in ranges.exclude(lowest=F("lowest_price"), highest=F("highest_price")):
        yield (
            f"show {show.pk} stores the price range {show.lowest_price} to {show.highest_price}, "
            f"but its prices are {show.lowest} to {show.highest}"
        )
    to_come = Show.objects.filter(status="scheduled", end_time__gt=Now())
    last = ShowSeat.objects.filter(sells_last_until=OuterRef("end_time"), show=OuterRef("pk"))
    for show in to_come.exclude(Exists(last)):
        yield f"show {show.pk} has no seat that sells last until its end"


def reseated_lines_follow_each_other() -> Iterator[str]:
    """Check the lines that other lines of their booking replace: seats that staff changed."""
    lines = BookedSeat.objects.filter(replaces__booking=F("booking"))
    right = Q(replaces__cancelled_at__isnull=False) & Q(price__lte=F("replaces__price"))
    for line in lines.exclude(right & Q(show_seat__show=F("replaces__show_seat__show"))):
        yield f"line {line.pk} replaces line {line.replaces_id}, which is active, cheaper or elsewhere"
    replaced_twice = lines.values("replaces").annotate(count=Count("pk")).filter(count__gt=1)
    for row in replaced_twice.order_by():
        yield f"line {row['replaces']} is replaced by {row['count']} lines"
    for ticket in Ticket.objects.filter(booked_seat__replacements__booking=F("booking")):
        yield f"ticket {ticket.pk} is of line {ticket.booked_seat_id}, which was replaced"


CHECKS: tuple[Check, ...] = (
    money_matches_each_booking,
    money_matches_in_all,
    confirmed_bookings_are_worth_their_total,
    the_ledger_has_every_movement,
    what_came_back_had_gone,
    refunds_are_within_their_payment,
    disputes_match_the_ledger,
    losses_are_counted_once,
    a_seat_has_one_live_booking,
    live_bookings_have_their_seats,
    no_hold_outlives_its_booking,
    confirmed_seats_have_a_ticket,
    reseated_lines_follow_each_other,
    credit_moves_between_two_bookings,
    discounts_are_allotted_to_lines,
    a_ticket_has_one_holder,
    shows_know_what_lists_ask_for,
)


def _exact(amount: Expression) -> Cast:
    """Return an amount in integer thousandths, as SQLite computes decimals as floats."""
    return Cast(Round(amount * 1000), BigIntegerField())


def _text(thousandths: int) -> str:
    return str(Decimal(thousandths).scaleb(-3))


def _sum(rows: QuerySet, of: str = "booking", name: str = "amount") -> Coalesce:
    summed = rows.filter(**{of: OuterRef("pk")}).order_by().values(of)
    thousandths = Subquery(summed.annotate(sum=_exact(Sum(name))).values("sum"))
    return Coalesce(thousandths, 0)


def _totals(rows: QuerySet, name: str) -> dict[str, Decimal]:
    summed = rows.order_by().values("currency").annotate(sum=_exact(Sum(name)))
    return {
        currency: Decimal(_text(sum)) for currency, sum in summed.values_list("currency", "sum")
    }
