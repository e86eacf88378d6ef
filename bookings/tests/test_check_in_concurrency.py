"""Scanners at the same moment, with real commits. The first test shows that the harness can fail."""

import uuid
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings import checkout, services
from bookings.errors import AlreadyCheckedIn, InvalidTransition, TicketNotValid
from bookings.models import Booking, Ticket, TicketScan
from bookings.querysets import TicketQuerySet
from bookings.selectors import payload_of
from bookings.services import Shown
from bookings.tests.factories import confirmed, show_soon, ticket_of
from eventbooking_system.testing.races import run_at_once
from users.tests.factories import StaffFactory

pytestmark = pytest.mark.django_db(transaction=True)


def scans_at_once(ticket: Ticket, scanners: int) -> list:
    staff = StaffFactory()
    payload = payload_of(ticket)
    return run_at_once(
        [
            partial(services.check_in, shown=Shown(payload), show_id=ticket.show.pk, by=staff)
            for _ in range(scanners)
        ]
    )


@pytest.mark.postgres
def test_control_without_lock_and_guard_two_people_come_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without lock and guard several scanners say yes. So the race below can fail."""
    monkeypatch.setattr(TicketQuerySet, "locked", lambda self: self.order_by("pk"))
    monkeypatch.setattr(TicketQuerySet, "unused", lambda self: self)
    ticket = ticket_of(confirmed("A1", show=show_soon()))
    for _ in range(10):
        admitted = [scan for scan in scans_at_once(ticket, 12) if isinstance(scan, TicketScan)]
        if len(admitted) > 1:
            return
        Ticket.objects.update(checked_in_at=None)
    pytest.fail("No rival ever got through, so the harness does not race.")


@pytest.mark.postgres
@pytest.mark.parametrize("guard", ["locked", "unused"])
def test_lock_and_guard_each_keep_the_door_alone(monkeypatch, guard: str) -> None:
    patch = {"locked": lambda self: self.order_by("pk"), "unused": lambda self: self}
    if guard == "unused":
        monkeypatch.setattr(TicketQuerySet, "locked", patch["locked"])
    ticket = ticket_of(confirmed("A1", show=show_soon()))
    results = scans_at_once(ticket, 12)
    assert sum(isinstance(result, TicketScan) for result in results) == 1


@pytest.mark.postgres
def test_one_of_fifty_simultaneous_scans_admits() -> None:
    ticket = ticket_of(confirmed("A1", show=show_soon()))
    results = scans_at_once(ticket, 50)
    refused = [result for result in results if isinstance(result, AlreadyCheckedIn)]
    assert (len(results), len(refused)) == (50, 49)
    outcomes = list(TicketScan.objects.values_list("outcome", flat=True))
    assert sorted(outcomes) == ["admitted"] + ["already_checked_in"] * 49


@pytest.mark.postgres
def test_batches_of_the_same_tickets_in_other_orders_do_not_meet() -> None:
    show = show_soon()
    booking, staff = confirmed("A1", "A2", "A3", "A4", show=show), StaffFactory()
    payloads = [payload_of(ticket) for ticket in booking.tickets.with_show_and_seat()]
    now = timezone.now()

    def batch(order: list[str]) -> list[TicketScan]:
        shown = [Shown(payload, now, uuid.uuid4()) for payload in order]
        return services.sync_check_ins(shown=shown, show_id=show.pk, by=staff)

    results = run_at_once([partial(batch, payloads[::step]) for step in (1, -1) * 4])
    outcomes = [scan.outcome for result in results for scan in result]
    assert outcomes.count("admitted") == 4
    assert outcomes.count("already_checked_in") == 28


def test_a_scan_and_a_cancellation_at_once_agree() -> None:
    """Either the money goes back, or somebody comes in; never both."""
    staff = StaffFactory()
    for _ in range(4):
        show = show_soon(refund_cutoff_hours=0)
        ticket = ticket_of(confirmed("A1", show=show))
        scan, cancellation = run_at_once(
            [
                partial(services.check_in, shown=Shown(ticket.code), by=staff),
                partial(
                    checkout.cancel,
                    booking_id=ticket.booking_id,
                    cancelled_by=ticket.booking.user,
                ),
            ]
        )
        if isinstance(scan, TicketScan):
            assert isinstance(cancellation, InvalidTransition)
        else:
            assert isinstance(scan, TicketNotValid)
            assert isinstance(cancellation, Booking)


@pytest.mark.postgres
def test_tickets_are_locked_in_the_order_of_their_keys_in_one_statement() -> None:
    ticket = ticket_of(confirmed("A1", show=show_soon()))
    with CaptureQueriesContext(connection) as queries:
        services.check_in(shown=Shown(ticket.code), by=StaffFactory())
    locks = [query["sql"] for query in queries if "FOR NO KEY UPDATE" in query["sql"]]
    assert len(locks) == 1
    assert 'ORDER BY 1 ASC FOR NO KEY UPDATE OF "bookings_ticket"' in locks[0]
    assert Ticket.objects.filter(checked_in_at__lte=Now() + timedelta(seconds=1)).count() == 1
