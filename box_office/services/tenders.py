"""Tenders: their sessions, their checks and their rows."""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext

from bookings.models import Booking, Payment, Refund
from box_office.errors import CashSessionClosed, CashSessionRequired, TenderMismatch
from box_office.models import CashSession, Method, Tender
from box_office.selectors import open_session_of, venue_of
from eventbooking_system.errors import InvalidField
from eventbooking_system.money import has_excess_digits
from users.models import User


@dataclass(frozen=True)
class WantedTender:
    """Money as staff typed it: method, amount and session."""

    method: str
    amount: Decimal
    tendered: Decimal | None = None
    reference: str = ""
    cash_session: CashSession | None = None


def check_tender(wanted: WantedTender, *, due: Decimal, currency: str) -> None:
    """
    Check that a tender is exactly what is due.

    The money that the customer handed over must cover it. Raises TenderMismatch, and InvalidField
    for an amount with too many digits.
    """
    if wanted.amount != due:
        detail = gettext("The amount differs from the amount due.")
        raise TenderMismatch("tender.amount", detail, due=due, currency=currency)
    if wanted.tendered is None:
        return
    if has_excess_digits(wanted.tendered, currency):
        detail = gettext("%(currency)s has fewer decimal places.") % {"currency": currency}
        raise InvalidField("tender.tendered", detail)
    if wanted.tendered < wanted.amount:
        detail = gettext("The customer handed over less than the amount.")
        raise TenderMismatch("tender.tendered", detail, due=due, currency=currency)
    if wanted.tendered != wanted.amount and wanted.method != Method.CASH:
        detail = gettext("Only cash has change.")
        raise TenderMismatch("tender.tendered", detail, due=due, currency=currency)


def find_session(wanted: WantedTender, *, seller: User, booking: Booking) -> CashSession | None:
    """
    Return the named session, or the seller's own at the show's venue.

    Raises CashSessionRequired for cash without one, CashSessionClosed, and InvalidField for a named
    session of another venue or currency.
    """
    venue_id = venue_of(booking.show_id)
    session = wanted.cash_session
    if session is None:
        session = open_session_of(seller, venue_id=venue_id, currency=booking.currency)
        if session is None and wanted.method == Method.CASH:
            raise CashSessionRequired(gettext("Open a cash session at this venue first."))
        return session
    if session.venue_id != venue_id:
        raise InvalidField("tender.cash_session", gettext("This session is at another venue."))
    if session.currency != booking.currency:
        raise InvalidField("tender.cash_session", gettext("This session has another currency."))
    if session.closed_at:
        raise CashSessionClosed()
    return session


def record_tender(
    wanted: WantedTender,
    *,
    session: CashSession | None,
    currency: str,
    by: User,
    payment: Payment | None = None,
    refund: Refund | None = None,
) -> Tender:
    """
    Record the tender of a payment or refund, as the last step.

    Raises CashSessionClosed if the session was closed in the meantime; then nothing was sold.
    """
    if session and not CashSession.objects.lock_shared(session.pk):
        raise CashSessionClosed()
    return Tender.objects.create(
        session=session,
        payment=payment,
        refund=refund,
        method=wanted.method,
        amount=wanted.amount,
        tendered=wanted.amount if wanted.tendered is None else wanted.tendered,
        currency=currency,
        reference=wanted.reference,
        by=by,
    )
