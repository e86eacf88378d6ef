"""Questions about cash sessions and what they took."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Prefetch, QuerySet, prefetch_related_objects

from bookings.models import Booking, Payment, Refund, Ticket
from bookings.selectors import bookings_with_details
from box_office.models import CashMovement, CashSession, Method, Tender
from shows.models import Show
from users.models import User

_SALE_DETAILS = (
    Prefetch(
        "payments",
        Payment.objects.select_related("tender").order_by("pk"),
        to_attr="all_payments",
    ),
    Prefetch(
        "refunds",
        Refund.objects.select_related("tender", "payment").order_by("pk"),
        to_attr="all_refunds",
    ),
    Prefetch("tickets", Ticket.objects.in_force().with_show_and_seat(), to_attr="valid_tickets"),
)


@dataclass(frozen=True)
class MethodTotals:
    """The totals of one method in a session: taken and given back."""

    method: str
    sales: int
    taken: Decimal
    refunds: int
    given_back: Decimal


@dataclass(frozen=True)
class CashReport:
    """
    An open session's X report, or a closed session's Z report.

    `expected` is the cash that must be in the drawer: the opening float, all movements and the
    cash of sales, less the cash of refunds.
    """

    session: CashSession
    movements: list[CashMovement]
    methods: list[MethodTotals]
    expected: Decimal


def report_of(session: CashSession) -> CashReport:
    """Return the report of a session as its rows are now."""
    movements = list(session.movements.select_related("by", "session"))
    tenders = list(session.tenders.all())
    methods = [_totals(method, tenders) for method in Method]
    return CashReport(session, movements, methods, _expected(session, movements, methods))


def open_session_of(seller: User, *, venue_id: int, currency: str) -> CashSession | None:
    """Return a seller's newest open session of a currency at a venue."""
    sessions = CashSession.objects.open().filter(opened_by=seller, venue=venue_id)
    return sessions.filter(currency=currency).order_by("-pk").first()


def venue_of(show_id: int) -> int:
    """Return the venue of a show."""
    return Show.objects.values_list("screen__venue", flat=True).get(pk=show_id)


def with_sale_details(booking: Booking) -> Booking:
    """Add to a booking just sold what `sales_with_details` reads of it."""
    prefetch_related_objects([booking], *_SALE_DETAILS)
    return booking


def sales_with_details(*, with_shows: bool = False) -> QuerySet[Booking]:
    """
    Return bookings as the box office shows them.

    They have their payments, refunds and valid tickets.
    """
    bookings = bookings_with_details(with_shows=with_shows).select_related("sold_by", "user")
    return bookings.prefetch_related(*_SALE_DETAILS)


def sale_of(booking_id: int) -> Booking:
    """Return one booking as the box office shows it."""
    return sales_with_details().get(pk=booking_id)


def last_number(session: CashSession) -> tuple[int, str]:
    """
    Return the number and digest of the station's last Z report.

    Before the first report they are 0 and an empty text.
    """
    closed = CashSession.objects.filter(venue=session.venue_id, station=session.station)
    last = closed.exclude(number=None).order_by("-number").values_list("number", "digest").first()
    return last or (0, "")


def _totals(method: Method, tenders: list[Tender]) -> MethodTotals:
    sales = [tender.amount for tender in tenders if tender.method == method and tender.payment_id]
    refunds = [tender.amount for tender in tenders if tender.method == method and tender.refund_id]
    zero = Decimal(0)
    return MethodTotals(method, len(sales), sum(sales, zero), len(refunds), sum(refunds, zero))


def _expected(
    session: CashSession, movements: list[CashMovement], methods: list[MethodTotals]
) -> Decimal:
    moved = sum(
        (CashMovement.SIGNS[CashMovement.Kind(row.kind)] * row.amount for row in movements),
        Decimal(0),
    )
    cash = next(totals for totals in methods if totals.method == Method.CASH)
    return session.opening_float + moved + cash.taken - cash.given_back
