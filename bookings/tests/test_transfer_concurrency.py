"""
Acceptances at the same moment as other actions, with real commits.

The others are scans, cancellations and further acceptances.
"""

from functools import partial
from typing import Any

import pytest

from bookings import checkout, services
from bookings.errors import InvalidTransition, TicketNotValid, TransferPending
from bookings.models import Booking, Ticket, TicketScan, TicketTransfer
from bookings.querysets import TicketQuerySet
from bookings.selectors import payload_of
from bookings.services import Shown
from bookings.tests.factories import confirmed, show_soon, ticket_of
from bookings.tests.soundness import broken
from eventbooking_system.errors import NotFound
from eventbooking_system.testing.races import run_at_once
from users.errors import TokenInvalid
from users.models import User
from users.tests.factories import StaffFactory, UserFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]

# Without the lock, the rival got through by the third round in each of 30 runs.
ROUNDS = 6


def offered() -> tuple[Ticket, str]:
    """Offer a ticket, and return it with the offer's token. The doors of its show are open."""
    booking = confirmed("A1", show=show_soon(refund_cutoff_hours=0))
    ticket = ticket_of(booking)
    transfer = services.offer_ticket(
        ticket_id=ticket.pk, offered_by=booking.user, email="ravi@example.org"
    )
    return ticket, services.transfer_link(transfer).rpartition("#")[2]


def accept(token: str, recipient: User | None = None) -> Any:
    recipient = recipient or UserFactory(first_name="Ravi")
    return partial(services.accept_transfer, token=token, recipient=recipient)


def scan(ticket: Ticket) -> Any:
    return partial(services.check_in, shown=Shown(payload_of(ticket)), by=StaffFactory())


def came_in_and_passed_on(results: list[Any]) -> bool:
    scanned, accepted = results
    return isinstance(scanned, TicketScan) and isinstance(accepted, Ticket)


def test_control_without_the_lock_a_used_ticket_is_passed_on(monkeypatch) -> None:
    """Both get through, so the race below can fail."""
    monkeypatch.setattr(TicketQuerySet, "locked", lambda self: self.order_by("pk"))
    for _ in range(ROUNDS * 6):
        ticket, token = offered()
        if came_in_and_passed_on(run_at_once([scan(ticket), accept(token)])):
            return
    pytest.fail("No rival ever got through, so the harness does not race.")


def test_a_scan_and_an_acceptance_at_once_agree() -> None:
    """The sender comes in or the recipient has the ticket, never both."""
    for _ in range(ROUNDS):
        ticket, token = offered()
        results = run_at_once([scan(ticket), accept(token)])
        assert not came_in_and_passed_on(results)
        scanned, accepted = results
        if isinstance(scanned, TicketScan):
            assert isinstance(accepted, TokenInvalid)
        else:
            assert isinstance(scanned, TicketNotValid)
            assert isinstance(accepted, Ticket)
    assert [*broken()] == []


def test_a_cancellation_and_an_acceptance_at_once_agree() -> None:
    """The money goes back or the recipient has the ticket, never both."""
    for _ in range(ROUNDS):
        ticket, token = offered()
        cancelled, accepted = run_at_once(
            [
                partial(
                    checkout.cancel,
                    booking_id=ticket.booking_id,
                    cancelled_by=ticket.booking.user,
                ),
                accept(token),
            ]
        )
        if isinstance(cancelled, Booking):
            assert isinstance(accepted, TokenInvalid)
        else:
            assert isinstance(cancelled, InvalidTransition)
            assert isinstance(accepted, Ticket)
    assert [*broken()] == []


@pytest.mark.parametrize("is_by_payer", [True, False])
def test_a_reissue_and_an_acceptance_at_once_leave_one_valid_code(is_by_payer: bool) -> None:
    """The second acts on the ticket as the first left it."""
    for _ in range(ROUNDS):
        ticket, token = offered()
        before = payload_of(ticket)
        by = ticket.booking.user if is_by_payer else None
        reissue = partial(services.reissue_ticket, ticket_id=ticket.pk, by=by)
        reissued, accepted = run_at_once([reissue, accept(token)])
        now = ticket_of(ticket.booking)
        if isinstance(accepted, Ticket):
            # The payer no longer has the ticket; staff issue it again for its holder.
            assert isinstance(reissued, NotFound) if is_by_payer else isinstance(reissued, Ticket)
            assert (now.version, now.holder_id is not None) == (2 if is_by_payer else 3, True)
        else:
            assert isinstance(accepted, TokenInvalid) and isinstance(reissued, Ticket)
            assert (now.version, now.holder_id) == (2, None)
        with pytest.raises(TicketNotValid):
            services.check_in(shown=Shown(before), by=StaffFactory())
        assert services.check_in(shown=Shown(payload_of(now)), by=StaffFactory()).ticket == now
    assert [*broken()] == []


def test_one_of_several_simultaneous_acceptances_has_the_ticket() -> None:
    ticket, token = offered()
    people = UserFactory.create_batch(10)
    results = run_at_once([accept(token, person) for person in people])
    assert sum(isinstance(result, Ticket) for result in results) == 1
    assert sum(isinstance(result, TokenInvalid) for result in results) == 9
    after = Ticket.objects.get(pk=ticket.pk)
    assert (after.version, after.holder_id) == (2, TicketTransfer.objects.get().holder_id)
    assert [*broken()] == []


def test_one_of_several_simultaneous_offers_is_pending() -> None:
    ticket = ticket_of(confirmed("A1", show=show_soon()))
    results = run_at_once(
        [
            partial(
                services.offer_ticket,
                ticket_id=ticket.pk,
                offered_by=ticket.booking.user,
                email=f"{number}@example.org",
            )
            for number in range(4)
        ]
    )
    assert sum(isinstance(result, TicketTransfer) for result in results) == 1
    assert sum(isinstance(result, TransferPending) for result in results) == 3


def test_a_withdrawal_and_an_acceptance_at_once_agree() -> None:
    for _ in range(ROUNDS):
        ticket, token = offered()
        withdraw = partial(services.withdraw_transfer, ticket_id=ticket.pk, by=ticket.booking.user)
        withdrawn, accepted = run_at_once([withdraw, accept(token)])
        is_accepted = isinstance(accepted, Ticket)
        assert (withdrawn is None) is not is_accepted
        assert (Ticket.objects.get(pk=ticket.pk).holder_id is not None) is is_accepted
