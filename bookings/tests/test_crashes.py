"""
Recovery without help after a SIGKILL at any critical point.

The process that dies is real, and so are its commits; the provider lives on. Leases and pauses are
not waited for: the times that are stored are moved into the past.
"""

import itertools
from collections.abc import Iterator

import pytest
import stripe

from bookings.models import (
    Booking,
    IdempotencyKey,
    PromoCode,
    ProviderEvent,
    Reconciliation,
    Refund,
)
from bookings.payments import providers
from bookings.tests.crash_world import (
    WIRE,
    World,
    jobs,
    pass_time,
    settings_of,
    status_of,
)
from bookings.tests.crashing import act, mortal_process
from bookings.tests.factories import held, run_out
from bookings.tests.provider_books import disagreements
from bookings.tests.soundness import broken
from bookings.tests.stripe_server import StripeServer, running
from shows.models import Show, ShowSeat
from shows.tests.factories import seat_ids
from users.models import User
from users.tests.factories import StaffFactory, UserFactory

pytestmark = [
    pytest.mark.long,
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres,
]

GATEWAY = "bookings.payments.stripe.StripeGateway"


@pytest.fixture
def server(settings, monkeypatch) -> Iterator[StripeServer]:
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0.01)
    with running() as server:
        for name, value in settings_of(server).items():
            setattr(settings, name, value)
        providers.stripe_gateway.cache_clear()
        yield server


@pytest.fixture
def world(server: StripeServer) -> Iterator[World]:
    world = World(server, mortal_process())
    yield world
    # Every invariant holds, and the provider has the same payments.
    assert [*broken(), *disagreements(server)] == []


# Holding

# COMMIT is sent with the write, unless a free booking is confirmed in the same transaction.
HOLD_POINTS = {
    "locked and read": ("bookings.services.holding.lock_named", "after", 1),
    "not written": ("bookings.services.holding.write", "before", 1),
    "written, not committed": ("bookings.services.holding.confirm", "before", 1),
    "confirmed, not committed": ("bookings.services.holding.confirm", "after", 1),
    "committed": ("bookings.services.holding.write", "after", 1),
    "committed, no answer sent": ("bookings.services.hold", "after", 1),
}


def test_a_hold_that_was_cut_off_is_made_once_by_the_repeated_request(world) -> None:
    PromoCode.objects.create(code="FREE", percent=100)
    for number, (point, at) in enumerate(HOLD_POINTS.items()):
        wanted = {"show_id": world.show.pk, "seat_ids": seat_ids(world.show, f"A{number + 1}")}
        if at[0].endswith("confirm"):
            wanted["promo_code"] = "FREE"
        request = {"user": UserFactory().pk, "path": "/api/bookings/", "body": wanted, "key": "1"}
        world.killed(at, "post", **request)
        survived = point.startswith("committed")
        assert Booking.objects.count() == IdempotencyKey.objects.count() == number + survived, point
        answer = act("post", **request)
        assert answer.status_code == 201 and ("Idempotent-Replayed" in answer) == survived, point
        assert Booking.objects.count() == IdempotencyKey.objects.count() == number + 1, point
        taken = ShowSeat.objects.filter(status__in=["held", "booked"])
        assert taken.count() == number + 1, point


# Paying

PAY_POINTS = {
    "after the key is stored": (
        "bookings.idempotency.requests.IdempotentRequest.claim_with",
        "after",
        1,
    ),
    "before the call": (f"{GATEWAY}.create_payment", "before", 1),
    "made, and not confirmed": (WIRE, "after", 1),
    "after the call, the response lost": (WIRE, "after", 2),
    "response in, nothing written": ("bookings.services.record_payment", "before", 1),
    "response in, not committed": (
        "bookings.services.paying.attempts.confirm_at_once",
        "after",
        1,
    ),
    "confirmed, no answer sent": ("bookings.services.record_payment", "after", 1),
}


@pytest.mark.parametrize("point", PAY_POINTS)
def test_a_payment_that_was_cut_off_ends_as_if_it_had_not_been(world, point) -> None:
    took_money = list(PAY_POINTS).index(point) >= 3
    by_client, by_events, by_jobs, too_late = [world.booking() for _ in range(4)]
    for booking in (by_client, by_events, by_jobs, too_late):
        world.killed(PAY_POINTS[point], "post", **world.paying(booking))
        assert world.charges(booking) == took_money
    _check_the_client(world, by_client)
    world.deliver()
    assert status_of(by_events) == ("confirmed" if took_money else "pending")
    if point == "after the key is stored":
        assert not too_late.payments.exists()
    # Its hold expires before a request asks the provider, so the sweep asks first.
    run_out(too_late)
    pass_time()
    act("expire")
    assert status_of(too_late) == ("confirmed" if took_money else "expired")
    jobs()
    assert status_of(by_jobs) == ("confirmed" if took_money else "pending")
    run_out(by_jobs)
    jobs()
    assert status_of(by_jobs) == ("confirmed" if took_money else "expired")
    run_out(by_events)
    jobs()
    for booking in (by_events, by_jobs, too_late):
        assert world.charges(booking) == took_money and not world.is_open(booking)


def _check_the_client(world: World, booking: Booking) -> None:
    """
    Repeat the request with its key until it is answered.

    It comes too early at first. The booking is paid once.
    """
    request = world.paying(booking)
    was_answered = status_of(booking) == "confirmed"
    early = act("post", **request)
    if IdempotencyKey.objects.filter(key=request["key"], status=None).exists():
        assert early.json()["code"] == "idempotency_in_flight"
    pass_time()
    answer = act("post", **request)
    assert (answer.status_code, answer.json()["status"]) == (201, "succeeded")
    assert ("Idempotent-Replayed" in early) == was_answered
    assert act("post", **request).content == answer.content
    assert (status_of(booking), world.charges(booking)) == ("confirmed", 1)


@pytest.mark.parametrize("how", ["events", "jobs"])
def test_repeated_request_after_the_confirmation_gets_the_payment(world, how) -> None:
    booking = world.lost()
    world.deliver() if how == "events" else jobs()
    assert status_of(booking) == "confirmed"
    pass_time()
    answer = act("post", **world.paying(booking))
    assert (answer.status_code, answer.json()["status"]) == (201, "succeeded")
    assert world.charges(booking) == booking.payments.count() == 1


def test_money_that_was_lost_goes_back_where_a_seat_is_gone(world) -> None:
    booking = world.lost()
    run_out(booking)
    rival = held("A1", show=world.show)
    jobs()
    assert (status_of(booking), status_of(rival)) == ("expired", "pending")
    assert world.refunded(booking) == 25000


# Events

EVENT_POINTS = {
    "stored, not processed": ("bookings.services.paying.provider_events.apply_event", "before", 1),
    "in its transaction": ("bookings.services.paying.steps.confirm", "after", 1),
    "committed, no answer sent": ("bookings.services.record_event", "after", 1),
}


def test_an_event_that_was_cut_off_leaves_nothing_or_all_of_its_effect(world) -> None:
    for (point, at), comes_again in itertools.product(EVENT_POINTS.items(), (True, False)):
        booking = world.waiting(then=True)
        body, headers = world.server.deliveries()[-1]
        event = {"body": body.decode(), "signature": headers["Stripe-Signature"]}
        known = ProviderEvent.objects.count()
        world.killed(at, "webhook", **event)
        survived = point == "committed, no answer sent"
        assert ProviderEvent.objects.count() == known + survived, point
        assert status_of(booking) == ("confirmed" if survived else "pending"), point
        if comes_again:
            outcome = act("webhook", **event).json()["outcome"]
            assert (outcome == "known already") == survived, point
        else:
            jobs()
        assert (status_of(booking), world.charges(booking)) == ("confirmed", 1), point


# Refunds

REFUND_POINTS = {
    "cancelled, not committed": ("bookings.services.cancelling.stock.release", "after", 1),
    "stored, not sent": ("bookings.checkout.refunds.send_refunds", "before", 1),
    "sent, the response lost": (WIRE, "after", 2),
    "sent, not recorded": (f"{GATEWAY}.refund", "after", 1),
    "recorded, not committed": ("bookings.services.refunding.note_refund", "after", 1),
}


@pytest.mark.parametrize("point", REFUND_POINTS)
def test_a_refund_that_was_cut_off_goes_back_once(world, point) -> None:
    for again in ("the job", "reconciliation", "events", "keys forgotten"):
        booking = world.paid()
        path = f"/api/bookings/{booking.pk}/cancel/"
        request = {"user": booking.user_id, "path": path, "body": {}, "key": "cancel"}
        world.killed(REFUND_POINTS[point], "post", **request)
        survived = point != "cancelled, not committed"
        assert status_of(booking) == ("cancelled" if survived else "confirmed"), again
        answer = act("post", **request)
        assert answer.status_code == 200, again
        assert ("Idempotent-Replayed" in answer) == survived, again
        if again == "events":
            world.deliver()
        elif again == "keys forgotten":
            world.server.forget_keys()
        act("reconcile" if again == "reconciliation" else "send_refunds")
        assert (status_of(booking), booking.refunds.get().status) == ("cancelled", "succeeded")
        assert world.refunded(booking) == 12500, again


# Jobs

SWEEP_POINTS = {
    "asked for the lost, not recorded": ("bookings.checkout.states.record_state", "before", 1),
    "ended at the provider, not recorded": ("bookings.services.close_payment", "before", 1),
    "before the sweep": ("bookings.services.expire_bookings", "before", 1),
    "in the sweep": ("bookings.services.expiring.move", "after", 1),
}


@pytest.mark.parametrize("point", SWEEP_POINTS)
def test_a_sweep_that_was_cut_off_is_made_good_by_the_next(world, point) -> None:
    plain, unpaid, lost = world.booking(), world.waiting(), world.lost()
    paid, declined = world.waiting(then=True), world.waiting(then=False)
    for booking in (plain, unpaid, lost, paid, declined):
        run_out(booking)
    pass_time()
    world.killed(SWEEP_POINTS[point], "expire")
    act("expire")
    assert [status_of(b) for b in (lost, paid)] == ["confirmed"] * 2
    assert [status_of(b) for b in (plain, unpaid, declined)] == ["expired"] * 3
    assert not any(world.is_open(b) for b in (plain, unpaid, lost, paid, declined))


RECONCILIATION_POINTS = {
    "asked, not recorded": ("bookings.checkout.states.record_state", "before", 1),
    "in the second one's transaction": ("bookings.services.paying.steps.confirm", "after", 2),
    "after the first one": ("bookings.checkout.states.record_state", "after", 1),
    "before the watermark": ("bookings.reconciliation._ask_for_open_ones", "after", 1),
    "after the watermark": ("bookings.checkout.send_refunds", "before", 1),
}


@pytest.mark.parametrize("point", RECONCILIATION_POINTS)
def test_a_reconciliation_that_was_cut_off_is_made_good_by_the_next(world, point) -> None:
    lost = [world.lost() for _ in range(3)]
    never_arrived = world.booking()
    world.killed(PAY_POINTS["before the call"], "post", **world.paying(never_arrived))
    run_out(lost[0])
    held("A1", show=world.show)
    pass_time()
    world.killed(RECONCILIATION_POINTS[point], "reconcile")
    assert Reconciliation.objects.exists() == (point == "after the watermark")
    act("reconcile")
    assert [status_of(b) for b in lost] == ["expired", "confirmed", "confirmed"]
    assert [world.refunded(b) for b in lost] == [25000, 0, 0]
    assert status_of(never_arrived) == "pending" and not world.is_open(never_arrived)
    answer = act("post", **world.paying(never_arrived))
    assert (answer.status_code, world.charges(never_arrived)) == (201, 1)


# A show

SHOW_CANCELLING = "bookings.services.show_cancelling"
SHOW_POINTS = {
    "before the commit": (f"{SHOW_CANCELLING}.queue_cancelled_show", "after", 1),
    "in a batch of bookings": (f"{SHOW_CANCELLING}._note_cancellations", "after", 1),
    "after the commit": ("bookings.services.cancel_show", "after", 1),
    "before the first refund": ("bookings.checkout.refunds.send_refunds", "before", 1),
    "between refunds": ("bookings.services.record_refund", "after", 1),
    "sent, not recorded": (f"{GATEWAY}.refund", "after", 2),
}


@pytest.mark.parametrize("point", SHOW_POINTS)
def test_a_show_whose_cancellation_was_cut_off_gives_all_money_back_once(world, point) -> None:
    paid, pending = [world.paid() for _ in range(3)], world.waiting()
    request = {"user": StaffFactory().pk, "path": f"/api/shows/{world.show.pk}/cancel/", "body": {}}
    world.killed(SHOW_POINTS[point], "post", **request)
    survived = point != "before the commit"
    assert Show.objects.get(pk=world.show.pk).status == ("cancelled" if survived else "scheduled")
    is_undone = point in ("before the commit", "in a batch of bookings")
    assert {status_of(b) for b in paid} == {"confirmed" if is_undone else "cancelled"}
    # Otherwise the jobs do the rest.
    if is_undone or point == "between refunds":
        assert act("post", **request).status_code == 200
    jobs()
    assert {status_of(b) for b in [*paid, pending]} == {"cancelled"}
    assert [world.refunded(b) for b in paid] == [25000] * 3
    assert set(Refund.objects.values_list("status", flat=True)) == {"succeeded"}
    assert not any(world.is_open(b) for b in [*paid, pending])
    assert set(ShowSeat.objects.values_list("status", flat=True)) == {"blocked"}


def test_the_process_that_dies_says_so_when_it_lives_on(world) -> None:
    """A point that is never reached proves nothing."""
    user = User.objects.create(email="x@example.org")
    with pytest.raises(AssertionError, match="has not come to that point"):
        world.killed((WIRE, "before", 1), "post", user=user.pk, path="/api/bookings/", body={})
