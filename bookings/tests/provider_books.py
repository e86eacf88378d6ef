"""The comparison of the provider's books with ours."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Sum

from bookings.models import (
    BookedSeat,
    Booking,
    BookingTransition,
    Dispute,
    LedgerEntry,
    Payment,
    ProviderEvent,
    Refund,
    StrayPayment,
)
from bookings.tests.stripe_server import OPEN, StripeServer
from shows.models import ShowSeat
from users.models import User

# The digits that each currency has at the provider, independent of the code under test.
DIGITS = {"INR": 2, "JPY": 0, "KWD": 3}


def disagreements(server: StripeServer) -> Iterator[str]:
    """Yield the differences of the books, for each payment and in total."""
    ours: Counter[str] = Counter()
    theirs: Counter[str] = Counter()
    strays = {stray.provider_id: stray for stray in StrayPayment.objects.all()}
    noted_of: dict[str, dict[str, int]] = defaultdict(
        lambda: {"captured": 0, "refunded": 0, "disputed": 0}
    )
    rows = LedgerEntry.objects.filter(payment__isnull=False).exclude(kind="dispute_fee").order_by()
    rows = rows.values_list("payment__provider_id", "currency", "kind").annotate(Sum("amount"))
    for intent_id, currency, kind, amount in rows:
        side = {"captured": "captured", "disputed": "disputed", "dispute_won": "disputed"}.get(
            kind, "refunded"
        )
        noted_of[intent_id][side] += minor_of(amount, currency)
        if intent_id not in server.intents:
            yield f"{intent_id!r} is unknown to the provider"
    for intent in list(server.intents.values()):
        intent_id, currency = intent["id"], intent["currency"].upper()
        refunded = server._refunded(intent, ("succeeded",))
        held = {
            "captured": intent["amount_received"],
            "refunded": -refunded,
            "disputed": -server._charged_back(intent),
        }
        noted, stray = noted_of[intent_id], strays.get(intent_id)
        if not noted["captured"] and stray and stray.status == "succeeded":
            noted = {"captured": minor_of(stray.amount, currency), "refunded": 0, "disputed": 0}
        theirs[currency] += sum(held.values())
        ours[currency] += sum(noted.values())
        if noted != held:
            yield f"{intent_id}: the provider has {held}, we have {noted}"
    if ours != theirs:
        yield f"in all: the provider has {dict(theirs)}, we have {dict(ours)}"


def minor_of(amount: Decimal, currency: str) -> int:
    """Return an amount in the provider's minor units."""
    return int(amount.scaleb(DIGITS.get(currency, 2)))


def wronged_customers(server: StripeServer, *, staff: User) -> Iterator[str]:
    """Yield customers who paid and lack both seats and the right refund."""
    paid: dict[int, Decimal] = defaultdict(Decimal)
    disputed: dict[int, Decimal] = defaultdict(Decimal)
    for payment in Payment.objects.filter(ledger_entries__kind="captured"):
        paid[payment.booking_id] += _kept(server, payment)
        disputed[payment.booking_id] += _charged_back(server, payment)
    sold = set(LedgerEntry.objects.filter(kind="tickets").values_list("booking", flat=True))
    booked = Counter(ShowSeat.objects.filter(status="booked").values_list("booking", flat=True))
    wanted = Counter(BookedSeat.objects.active().values_list("booking", flat=True))
    # Bookings of which lines were given back or exchanged are judged together, by our ledger.
    parted = _parted()
    yield from _parted_are_right(parted, paid, disputed)
    # Staff refund in full, and customers by the show's terms, which no move changes.
    cancelled = BookingTransition.objects.filter(to_status="cancelled")
    by_staff = set(cancelled.filter(by=staff).values_list("booking", flat=True))
    for booking in Booking.objects.select_related("show"):
        due = Decimal(0)
        if booking.pk in parted:
            if booking.status == "confirmed" and booked[booking.pk] != wanted[booking.pk]:
                yield f"booking {booking.pk} is confirmed without its seats"
            continue
        if booking.status == "confirmed":
            due = booking.total
            if booked[booking.pk] != wanted[booking.pk]:
                yield f"booking {booking.pk} is confirmed without its seats"
        elif booking.status == "cancelled" and booking.pk in sold:
            whole = booking.pk in by_staff
            percent = Decimal(100) if whole else booking.show.refund_percent
            due = booking.total - _part(booking, percent)
        # An amount that a dispute took is not refunded, too, unless the refund was under way before.
        most = min(due, booking.total - disputed[booking.pk])
        if not due - disputed[booking.pk] <= paid[booking.pk] <= most:
            yield (
                f"booking {booking.pk} is {booking.status}: the customer has paid "
                f"{paid[booking.pk]} for {due}"
            )


def _parted() -> dict[int, int]:
    """
    Return the first booking of each chain, by booking.

    Exchanges and cancelled lines make chains.
    """
    older = dict(Booking.objects.values_list("pk", "exchanged_from"))
    changed = set(
        BookedSeat.objects.filter(cancelled_at__isnull=False).values_list("booking", flat=True)
    )
    changed |= {pk for pk, before in older.items() if before} | set(older.values()) - {None}
    first = {}
    for booking in changed:
        first[booking] = booking
        while older[first[booking]]:
            first[booking] = older[first[booking]]
    return first


def _parted_are_right(
    parted: dict[int, int], paid: dict[int, Decimal], disputed: dict[int, Decimal]
) -> Iterator[str]:
    """Compare the provider's money of each chain with our ledger."""
    kept: dict[int, Decimal] = defaultdict(Decimal)
    lost: dict[int, Decimal] = defaultdict(Decimal)
    worth: dict[int, Decimal] = defaultdict(Decimal)
    sales = LedgerEntry.objects.exclude(kind__in=[*LedgerEntry.MONEY, *LedgerEntry.DISPUTES])
    for booking, amount in sales.filter(booking__in=parted).values_list("booking", "amount"):
        worth[parted[booking]] += amount
    for booking, first in parted.items():
        kept[first] += paid[booking]
        lost[first] += disputed[booking]
    for first, amount in kept.items():
        if not worth[first] - lost[first] <= amount <= worth[first]:
            yield f"bookings from {first} on: {amount} is kept, and they are worth {worth[first]}"


def _charged_back(server: StripeServer, payment: Payment) -> Decimal:
    intent = server.intents[payment.provider_id]
    return Decimal(server._charged_back(intent)).scaleb(-DIGITS[intent["currency"].upper()])


def _kept(server: StripeServer, payment: Payment) -> Decimal:
    """Return what a customer paid, less refunds and disputes."""
    intent = server.intents[payment.provider_id]
    minor = intent["amount_received"] - server._refunded(intent, ("succeeded",))
    minor -= server._charged_back(intent)
    return Decimal(minor).scaleb(-DIGITS[intent["currency"].upper()])


def left_open(server: StripeServer) -> Iterator[str]:
    """Yield payments and refunds still under way here or there. The other place is the provider."""
    for payment in Payment.objects.filter(status__in=Payment.OPEN):
        yield f"payment {payment.pk} is {payment.status}"
    for refund in Refund.objects.filter(status__in=Refund.OWED):
        yield f"refund {refund.pk} is {refund.status}: {refund.failure}"
    for dispute in Dispute.objects.in_progress():
        yield f"dispute {dispute.pk} is {dispute.state}"
    # A payment that no customer was told of does no harm, and staff settle stray payments.
    told = set(Payment.objects.exclude(client_secret="").values_list("provider_id", flat=True))
    told -= set(StrayPayment.objects.values_list("provider_id", flat=True))
    for intent_id in told:
        if server.intents[intent_id]["status"] in OPEN:
            yield f"{intent_id} could still be paid"
    if ProviderEvent.objects.filter(event_id__startswith="evt_forge").exists():
        yield "a forged event was stored"


def _part(booking: Booking, percent: Decimal) -> Decimal:
    smallest = Decimal(1).scaleb(-DIGITS[booking.currency])
    return (booking.total * percent / 100).quantize(smallest, ROUND_HALF_UP)
