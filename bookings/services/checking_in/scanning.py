"""
Check-in: each ticket lets its holder in once.

A ticket is locked and checked, and a guarded UPDATE marks it as used. If several scanners read it at
once, one of them wins. Each scan of a ticket of ours is stored, even a refused one. A refusal is
therefore raised after the commit.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext

from audit.recording import plain, record, record_all, state_of
from bookings.errors import AlreadyCheckedIn, InvalidTicket, TicketNotValid
from bookings.models import Ticket, TicketScan
from bookings.services.checking_in.rules import (
    change_since,
    not_valid,
    reason_not_now,
    reason_not_undone,
)
from bookings.services.outbox import queue_admissions
from bookings.tickets import signing
from bookings.tickets.signing import Claims
from eventbooking_system.errors import Busy, DomainError
from users.models import User
from venues.models import Seat

Outcome = TicketScan.Outcome
# A recorded scan, or the refusal of one that is not recorded.
Result = TicketScan | InvalidTicket | TicketNotValid
_CODE = re.compile(r"([2-9A-HJ-NP-Z]{3})[- ]?([2-9A-HJ-NP-Z]{3})[- ]?([2-9A-HJ-NP-Z]{3})")


@dataclass(frozen=True)
class Shown:
    """
    A ticket as it was shown.

    `payload` is the text of its QR code, or its short code. `at` is the time of an offline scan.
    `scan_id` comes from the scanner, so that a scan that is sent several times counts once.
    """

    payload: str
    at: datetime | None = None
    scan_id: UUID = field(default_factory=uuid4)


def check_in(*, shown: Shown, by: User, show_id: int | None = None) -> TicketScan:
    """
    Check in a ticket, for the given show if there is one.

    A repeated scan gets its first answer again. Raises InvalidTicket for an unknown ticket. Raises
    AlreadyCheckedIn and TicketNotValid, and stores these scans.
    """
    scan = _recorded([shown], show_id=show_id, by=by)[0]
    if isinstance(scan, DomainError):
        raise scan
    seat = str(scan.ticket.booked_seat.show_seat.seat)
    if scan.outcome == Outcome.ALREADY_CHECKED_IN:
        raise AlreadyCheckedIn(
            gettext("Somebody came in with this ticket at %(instant)s UTC.")
            % {"instant": f"{scan.checked_in_at:%Y-%m-%d %H:%M:%S}"},
            ticket=scan.ticket_id, seat=seat, checked_in_at=scan.checked_in_at,
        )  # fmt: skip
    if scan.outcome == Outcome.TICKET_NOT_VALID:
        raise not_valid(scan.ticket, scan.reason)
    return scan


def sync_check_ins(*, shown: Sequence[Shown], show_id: int, by: User) -> list[Result]:
    """
    Record a scanner's offline scans, and return their outcomes in order.

    The earliest of several scans of a ticket checks it in, unless it has been checked in before.
    """
    return _recorded(shown, show_id=show_id, by=by)


@transaction.atomic(durable=True)
def undo_check_in(*, payload: str, by: User) -> TicketScan:
    """
    Undo a check-in, so that the ticket can be used again.

    Raises InvalidTicket for an unknown ticket, and TicketNotValid for one that is not checked in,
    or was voided or issued again.
    """
    claims = _claims(payload)
    ticket = _find(_locked_tickets([claims]), claims)
    reason = change_since(ticket, claims) or reason_not_undone(ticket)
    if reason:
        raise not_valid(ticket, reason)
    before = state_of(ticket)
    Ticket.objects.filter(pk=ticket.pk).update(checked_in_at=None)
    ticket.checked_in_at = None
    scan = _scan(ticket, Shown(payload), Outcome.UNDONE, by=by, at=ticket.clock)
    scan.save(force_insert=True)
    record("tickets.undo_check_in", ticket, before=before, by=by)
    return scan


def _recorded(shown: Sequence[Shown], *, show_id: int | None, by: User) -> list[Result]:
    """Record the scans of known tickets, and return all outcomes."""
    results: dict[UUID, Result] = {}
    claims: dict[UUID, Claims | str] = {}
    for one in shown:
        try:
            claims[one.scan_id] = _claims(one.payload)
        except InvalidTicket as refusal:
            results[one.scan_id] = refusal
    readable = [(one, claims[one.scan_id]) for one in shown if one.scan_id in claims]
    try:
        results |= _record(readable, show_id=show_id, by=by)
    except IntegrityError as error:
        # Another request is storing the same scan with another ticket. The next try will find it.
        raise Busy("Some of these scans are being recorded already.") from error
    return [results[one.scan_id] for one in shown]


@transaction.atomic(durable=True)
def _record(
    shown: Sequence[tuple[Shown, Claims | str]], *, show_id: int | None, by: User
) -> dict[UUID, Result]:
    tickets = _locked_tickets([claims for _, claims in shown])
    scans = TicketScan.objects.filter(scan_id__in=[one.scan_id for one, _ in shown])
    earlier = {scan.scan_id: scan for scan in scans.with_show_and_seat()}
    results: dict[UUID, Result] = {}
    made = []
    for one, claims in sorted(shown, key=lambda pair: (pair[0].at is not None, pair[0].at)):
        try:
            ticket = _find(tickets, claims)
        except InvalidTicket as refusal:
            results[one.scan_id] = refusal
            continue
        if scan := earlier.get(one.scan_id):
            is_same = scan.ticket_id == ticket.pk
            results[one.scan_id] = scan if is_same else not_valid(ticket, "scan_id_reused")
            continue
        made.append(_judge(ticket, claims, one, show_id=show_id, by=by))
        results[one.scan_id] = made[-1]
    TicketScan.objects.bulk_create(made)
    admitted = [scan for scan in made if scan.outcome == Outcome.ADMITTED]
    queue_admissions(admitted)
    record_all(
        "tickets.check_in",
        [(scan.ticket, {"checked_in_at": [None, plain(scan.checked_in_at)]}) for scan in admitted],
        by=by,
    )
    return results


def _judge(
    ticket: Ticket, claims: Claims | str, shown: Shown, *, show_id: int | None, by: User
) -> TicketScan:
    """Check in a ticket if it is valid, and return the scan. Expects the ticket's lock."""
    # A scanner's clock may be fast. A scan cannot have happened after now.
    at = min(shown.at or ticket.clock, ticket.clock)
    if reason := change_since(ticket, claims) or reason_not_now(ticket, show_id=show_id, at=at):
        return _scan(ticket, shown, Outcome.TICKET_NOT_VALID, by=by, at=at, reason=reason)
    if Ticket.objects.in_force().unused().filter(pk=ticket.pk).update(checked_in_at=at):
        ticket.checked_in_at = at
        return _scan(ticket, shown, Outcome.ADMITTED, by=by, at=at)
    return _scan(ticket, shown, Outcome.ALREADY_CHECKED_IN, by=by, at=at)


def _claims(payload: str) -> Claims | str:
    """Read a signed payload or a short code. Raises InvalidTicket."""
    text = payload.strip().upper()
    if code := _CODE.fullmatch(text):
        return "-".join(code.groups())
    return signing.read(text)


def _locked_tickets(shown: Iterable[Claims | str]) -> dict[int | str, Ticket]:
    """
    Lock the shown tickets, and return them by id and code.

    They are locked in the order of their keys, because another scanner may send the same tickets
    in another order.
    """
    shown = list(shown)
    ids = [claims.ticket for claims in shown if isinstance(claims, Claims)]
    codes = [claims for claims in shown if isinstance(claims, str)]
    shown_tickets = Ticket.objects.filter(Q(pk__in=ids) | Q(code__in=codes))
    # Lock by key first. A ticket that gets another seat during the wait would leave a joined query.
    keys = list(shown_tickets.locked().values_list("pk", flat=True))
    locked = list(Ticket.objects.with_show_and_seat().filter(pk__in=keys))
    return {ticket.pk: ticket for ticket in locked} | {ticket.code: ticket for ticket in locked}


def _find(tickets: dict[int | str, Ticket], claims: Claims | str) -> Ticket:
    if isinstance(claims, str):
        ticket = tickets.get(claims)
    else:
        ticket = tickets.get(claims.ticket)
        if ticket and not _may_be_of(ticket, claims):
            ticket = None
    if ticket is None:
        raise InvalidTicket(gettext("There is no such ticket."))
    return ticket


def _may_be_of(ticket: Ticket, claims: Claims) -> bool:
    """Tell whether a payload names the ticket's show and a seat there."""
    if claims.show != ticket.show.pk:
        return False
    # A ticket gets another seat when its show moves, or when staff reseat it.
    earlier = Seat.objects.filter(
        pk=claims.seat, category__screen__venue=ticket.show.screen.venue_id
    )
    return claims.seat == ticket.seat.pk or earlier.exists()


def _scan(
    ticket: Ticket, shown: Shown, outcome: Outcome, *, by: User, at: datetime, reason: str = ""
) -> TicketScan:
    return TicketScan(
        ticket=ticket,
        scan_id=shown.scan_id,
        outcome=outcome,
        reason=reason,
        scanned_at=at,
        recorded_at=ticket.clock,
        checked_in_at=ticket.checked_in_at,
        by=by,
    )
