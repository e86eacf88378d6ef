"""Each invariant is broken once, to see that it speaks."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from bookings import checkout, services
from bookings.invariants import all_checks, broken
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
from bookings.payments.states import DisputeState, RefundState
from bookings.tests import soundness
from bookings.tests.factories import confirmed, held, run_out
from eventbooking_system.testing.shared_rows import check_shared_rows, shared_rows
from shows.models import ShowPrice, ShowSeat
from shows.tests.factories import scheduled_show, write_state
from users.tests.factories import StaffFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def paid_booking(django_db_setup: None, django_db_blocker: Any) -> Iterator[int]:
    """Make the world once, as that takes long. Yield the id of its paid booking."""
    with shared_rows(django_db_blocker):
        booking = make_world()
        check_shared_rows()
        yield booking.pk


@pytest.fixture
def world(paid_booking: int, db: None) -> Booking:
    return Booking.objects.get(pk=paid_booking)


def make_world() -> Booking:
    """Make a booking in each state and one kept in part. Return one that was paid."""
    show = scheduled_show(
        refund_percent=Decimal(50), fee_per_ticket=Decimal("1.10"), tax_rate=Decimal(18)
    )
    paid = confirmed("A1", show=show)
    held("A2", show=show)
    run_out(held("A3", show=show))
    for make, seat in ((held, "A4"), (confirmed, "A5")):
        booking = make(seat, show=show)
        checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
    booking = confirmed("A6", show=show)
    checkout.cancel(booking_id=booking.pk, cancelled_by=StaffFactory(), in_full=True)
    come_back(booking.refunds.get())
    lose(confirmed("B1", show=show))
    return paid


def lose(booking: Booking) -> None:
    """Cancel the booking during a dispute that is then lost."""
    payment = booking.payments.get()
    for state in ("needs_response", "lost"):
        services.record_dispute(
            provider=payment.provider,
            state=DisputeState(
                "dp_1", payment.provider_id, state, "fraudulent", payment.amount,
                payment.currency, timezone.now(), taken=payment.amount,
            ),
        )  # fmt: skip
        if state == "needs_response":
            checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)


def come_back(refund: Refund) -> None:
    """Let a refund come back from the bank, and succeed later."""
    state = RefundState(refund.provider_id, None, "failed", refund.amount, "x")
    payment = refund.payment
    services.record_failed_refund(
        provider=payment.provider,
        provider_id=payment.provider_id,
        refund=state,
    )
    Refund.objects.filter(pk=refund.pk).update(next_try_at=None)
    assert checkout.send_refunds() == 1


@pytest.mark.sqlite
def test_all_is_well(world: Booking, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("check_invariants")
    assert f"All {len(all_checks())} invariants hold." in capsys.readouterr().out


def _sell_twice(paid: Booking) -> None:
    twin = Booking.objects.get(pk=paid.pk)
    twin.pk, twin.reference = None, "TWIN-TWIN"
    twin.save()
    BookedSeat.objects.create(
        booking=twin, show_seat=paid.booked_seats.get().show_seat, price=twin.subtotal
    )


def _lose_the_seat(paid: Booking) -> None:
    write_state(paid.show_seats, status="available", booking=None)


def _unconfirm(paid: Booking) -> None:
    Booking.objects.filter(pk=paid.pk).update(status="cancelled")


def _outlive(paid: Booking) -> None:
    write_state(
        ShowSeat.objects.filter(status="held", held_until__gt=Now()),
        held_until=timezone.now() + timedelta(days=1),
    )


def _raise_the_total(paid: Booking) -> None:
    Booking.objects.filter(pk=paid.pk).update(total=F("total") + 1)


def _take_too_much(paid: Booking) -> None:
    payment = paid.payments.get()
    LedgerEntry.objects.create(
        booking=paid, kind="tickets", amount=Decimal("0.01"), currency=payment.currency
    )


def _forget_a_refund(paid: Booking) -> None:
    Payment.objects.filter(amount_refunded__gt=0).update(amount_refunded=0)


def _pretend_success(paid: Booking) -> None:
    Refund.objects.create(booking=paid, payment=paid.payments.get(), amount=1, status="succeeded")


def _pretend_a_return(paid: Booking) -> None:
    Refund.objects.filter(status="succeeded").update(came_back=F("came_back") + 1)


def _come_back_unnoted(paid: Booking) -> None:
    Refund.objects.filter(status="succeeded").update(status="pending", came_back=1)


def _pretend_payment(paid: Booking) -> None:
    Payment.objects.create(
        booking=paid, attempt=9, provider="sandbox", amount=5, currency="INR", status="succeeded"
    )


def _steal(paid: Booking) -> None:
    other = ShowSeat.objects.filter(show=paid.show, status="available").first()
    write_state(ShowSeat.objects.filter(pk=other.pk), status="booked", booking=paid)


def _lose_the_ticket(paid: Booking) -> None:
    paid.tickets.all().delete()


def _keep_a_void_ticket(paid: Booking) -> None:
    Ticket.objects.update(voided_at=None)


def _swap_a_ticket(paid: Booking) -> None:
    paid.tickets.update(booking=Booking.objects.exclude(pk=paid.pk).first())


def _sell_for_less(paid: Booking) -> None:
    ShowPrice.objects.update(amount=F("amount") - 1)


def _take_back_too_much(paid: Booking) -> None:
    entry = LedgerEntry.objects.get(kind="disputed")
    entry.pk, entry.kind, entry.amount = None, "dispute_won", -entry.amount + 1
    entry.save(force_insert=True)


def _dispute_another(paid: Booking) -> None:
    Dispute.objects.update(payment=paid.payments.get())


def _owe_the_loss_again(paid: Booking) -> None:
    Refund.objects.filter(status="settled").update(status="pending")


def _forget_the_loss(paid: Booking) -> None:
    Payment.objects.filter(amount_lost__gt=0).update(amount_lost=0)


def _hold_unaccepted(paid: Booking) -> None:
    paid.tickets.update(holder=UserFactory(), holder_name="X")


def _offer_a_void_ticket(paid: Booking) -> None:
    ticket = Ticket.objects.exclude(voided_at=None).first()
    TicketTransfer.objects.create(ticket=ticket, sender=paid.user, email="x@example.org")


def _forget_the_last_seat(paid: Booking) -> None:
    ShowSeat.objects.update(sells_last_until=None)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (_sell_twice, "2 live bookings"),
        (_lose_the_seat, "is not its own"),
        (_unconfirm, "which is not confirmed"),
        (_outlive, "is held past the end"),
        (_raise_the_total, "its total is"),
        (_take_too_much, "is owed"),
        (_forget_a_refund, "and it says 0"),
        (_pretend_success, "and the ledger says 0"),
        (_pretend_a_return, "and the ledger has it gone 1 and back 0 times"),
        (_come_back_unnoted, "pending, and the ledger says -"),
        (_pretend_payment, "in all:"),
        (_steal, "which has no line for it"),
        (_lose_the_ticket, "has no ticket"),
        (_keep_a_void_ticket, "is not confirmed"),
        (_swap_a_ticket, "its seat is of another"),
        (_sell_for_less, "stores the price range"),
        (_take_back_too_much, "came back"),
        (_dispute_another, "is of a dispute of another payment"),
        (_owe_the_loss_again, "settled refunds are 0"),
        (_forget_the_loss, "it says that 0"),
        (_hold_unaccepted, "but user 0 accepted it"),
        (_offer_a_void_ticket, "is void"),
        (_forget_the_last_seat, "has no seat that sells last"),
    ],
)
def test_each_violation_of_an_invariant_is_named(world: Booking, damage, said: str) -> None:
    assert soundness.broken() == []
    damage(world)
    faults = list(broken())
    assert any(said in fault for fault in faults), faults
    # The cheaper check of the other tests finds the same with the statements that it noted.
    assert soundness.broken() == faults


def test_check_invariants_fails_and_names_what_is_broken(world: Booking) -> None:
    _steal(world)
    errors = StringIO()
    with pytest.raises(CommandError, match="invariants are broken"):
        call_command("check_invariants", stderr=errors)
    assert "which has no line for it" in errors.getvalue()
