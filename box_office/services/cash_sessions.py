"""Opening a cash session, moving cash, and closing with a Z report."""

from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext

from audit.recording import record, state_of
from bookings.idempotency.requests import IdempotentRequest, without_key
from box_office.digests import session_digest
from box_office.errors import CashSessionClosed, CashSessionOpen
from box_office.models import CashMovement, CashSession
from box_office.selectors import last_number, report_of
from eventbooking_system.errors import InvalidField
from eventbooking_system.money import has_excess_digits, with_currency
from shows.models import Show
from users.models import User


def open_cash_session(
    *,
    venue_id: int,
    station: str,
    currency: str,
    opening_float: Decimal,
    opened_by: User,
    request: IdempotentRequest | None = None,
) -> CashSession:
    """
    Open the session of a station.

    Raises CashSessionOpen if the station has an open one, and InvalidField for a currency that the
    venue's shows do not use, or an amount with more digits than its currency has.
    """
    request = request or without_key()
    _check_currency(venue_id, currency)
    _check_digits("opening_float", opening_float, currency)
    try:
        with transaction.atomic(durable=True):
            request.claim()
            session = CashSession.objects.create(
                venue_id=venue_id,
                station=station,
                currency=currency,
                opening_float=opening_float,
                opened_by=opened_by,
            )
            session.refresh_from_db()
            changes = {"opening_float": with_currency(opening_float, currency)}
            record("cash_sessions.open", session, changes=changes, by=opened_by)
            request.complete(session)
            return session
    except IntegrityError:
        others = CashSession.objects.open().filter(venue=venue_id, station=station)
        if other := others.first():
            raise CashSessionOpen(cash_session=other.pk) from None
        raise


@transaction.atomic(durable=True)
def record_movement(
    *,
    session_id: int,
    kind: CashMovement.Kind,
    amount: Decimal,
    reason: str,
    by: User,
    request: IdempotentRequest | None = None,
) -> CashMovement:
    """
    Record cash that enters or leaves a drawer without a sale.

    Raises CashSessionClosed, and InvalidField for an amount that its kind or currency cannot have.
    """
    request = request or without_key()
    request.claim()
    session = CashSession.objects.get(pk=session_id)
    if not CashSession.objects.lock_shared(session_id):
        raise CashSessionClosed()
    _check_digits("amount", amount, session.currency)
    if not amount or (amount < 0 and kind != CashMovement.Kind.ADJUSTMENT):
        raise InvalidField("amount", gettext("Only an adjustment may be negative."))
    movement = CashMovement.objects.create(
        session=session, kind=kind, amount=amount, reason=reason, by=by
    )
    movement.refresh_from_db()
    changes = {"kind": kind, "amount": with_currency(amount, session.currency)}
    record("cash_sessions.move", session, changes=changes, by=by)
    request.complete(movement)
    return movement


@transaction.atomic(durable=True)
def close_cash_session(
    *,
    session_id: int,
    counted: Decimal,
    closed_by: User,
    request: IdempotentRequest | None = None,
) -> CashSession:
    """
    Close a session and write its Z report.

    Waits for sales that are using the session; a sale that waits for the close finds the session
    closed. Raises CashSessionClosed, and InvalidField for an amount with too many digits.
    """
    request = request or without_key()
    request.claim()
    session = CashSession.objects.locked().annotate(clock=Now()).get(pk=session_id)
    if session.closed_at:
        raise CashSessionClosed()
    _check_digits("counted", counted, session.currency)
    before = state_of(session)
    number, previous = last_number(session)
    session.closed_at, session.closed_by = session.clock, closed_by
    session.number, session.previous_digest = number + 1, previous
    session.expected, session.counted = report_of(session).expected, counted
    session.digest = session_digest(
        session,
        movements=session.movements.all(),
        tenders=session.tenders.all(),
        previous=previous,
    )
    session.save()
    record("cash_sessions.close", session, before=before, by=closed_by)
    request.complete(session)
    return session


def _check_currency(venue_id: int, currency: str) -> None:
    """
    Raise InvalidField if no show to come is sold in the currency.

    A venue without shows to come may use any currency.
    """
    shows = Show.objects.filter(screen__venue=venue_id, end_time__gte=Now())
    if shows.exclude(currency=currency).exists() and not shows.filter(currency=currency).exists():
        raise InvalidField("currency", gettext("No show of the venue is sold in this currency."))


def _check_digits(field: str, amount: Decimal, currency: str) -> None:
    if has_excess_digits(amount, currency):
        raise InvalidField(
            field, gettext("%(currency)s has fewer decimal places.") % {"currency": currency}
        )
