"""The rules that hold for every drawer between two transactions."""

from collections.abc import Callable, Iterator

from django.db.models import F, Q

from bookings.models import Payment, Refund
from box_office.digests import session_digest
from box_office.models import CashSession, Method, Tender
from box_office.selectors import report_of


def tenders_match_the_ledger() -> Iterator[str]:
    """Check that each payment and refund at the counter has its tender."""
    payments = Payment.objects.filter(provider__in=Method.values)
    for payment in payments.filter(status__in=["succeeded", "refunded"]).exclude(
        tender__amount=F("amount"), tender__currency=F("currency")
    ):
        yield f"payment {payment.pk} at the counter has no tender of its amount"
    for tender in Tender.objects.filter(payment__isnull=False).exclude(
        Q(payment__status__in=["succeeded", "refunded"], payment__provider=F("method"))
    ):
        yield f"tender {tender.pk} is of payment {tender.payment_id}, which was not taken like it"
    refunds = Refund.objects.filter(status="succeeded", payment__provider__in=Method.values)
    for refund in refunds.exclude(tender__amount=F("amount")):
        yield f"refund {refund.pk} at the counter has no tender of its amount"
    for tender in Tender.objects.filter(refund__isnull=False).exclude(refund__status="succeeded"):
        yield f"tender {tender.pk} is of refund {tender.refund_id}, which did not succeed"


def closed_sessions_are_as_they_were() -> Iterator[str]:
    """Check the sums, numbers and digests of Z reports."""
    last: dict[tuple[int, str], tuple[int, str]] = {}
    closed = CashSession.objects.exclude(closed_at=None).order_by("venue", "station", "number")
    for session in closed.iterator():
        station = (session.venue_id, session.station)
        number, previous = last.get(station, (0, ""))
        if session.number != number + 1 or session.previous_digest != previous:
            yield f"cash session {session.pk}: report {session.number} does not follow {number}"
        if session.expected != report_of(session).expected:
            yield f"cash session {session.pk}: the cash expected is not the sum of its rows"
        digest = session_digest(
            session,
            movements=session.movements.all(),
            tenders=session.tenders.all(),
            previous=session.previous_digest,
        )
        if session.digest != digest:
            yield f"cash session {session.pk}: a row changed after it was closed"
        last[station] = session.number, session.digest


CHECKS: tuple[Callable[[], Iterator[str]], ...] = (
    tenders_match_the_ledger,
    closed_sessions_are_as_they_were,
)
