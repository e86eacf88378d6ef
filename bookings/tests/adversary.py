"""
An adversary of payments: misbehaving customers, banks and provider.

A game of random moves against the server of `stripe_server`, by a seed. The moves go through
`bookings.checkout` and the API; the provider loses answers, doubles, shuffles, delays, forges and
forgets events, takes other amounts, refuses refunds. `settle` then lets everything come to rest as
an operator would, and `complaints` compares what the provider holds with what we say, by sums of
its own.
"""

import random
import threading
from collections import Counter, deque
from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any

from django.db import OperationalError
from django.db.models import F, Sum
from django.db.models.functions import Now
from rest_framework.test import APIClient

from bookings import checkout, services
from bookings.errors import (
    BookingExpired,
    ExchangeNotAllowed,
    InvalidTransition,
    PaymentDeclined,
    ShowNotOnSale,
)
from bookings.models import Booking, LedgerEntry, Payment, Refund, StrayPayment
from bookings.payments.gateway import GatewayUnavailable
from bookings.reconciliation import reconcile
from bookings.tests.adversary_customers import CustomerMoves
from bookings.tests.adversary_provider import CHAOS, DECIDED, ProviderMoves
from bookings.tests.factories import run_out
from bookings.tests.provider_books import disagreements, left_open, wronged_customers
from bookings.tests.soundness import broken
from bookings.tests.stripe_server import StripeServer
from eventbooking_system.errors import Busy, InvalidField
from shows.errors import SeatsUnavailable
from shows.models import Show, ShowSeat
from users.models import User
from users.tests.factories import StaffFactory, UserFactory
from users.tokens import start_session

REFUSALS = (
    BookingExpired, ExchangeNotAllowed, Busy, GatewayUnavailable, InvalidField, InvalidTransition, PaymentDeclined,
    SeatsUnavailable, ShowNotOnSale,
)  # fmt: skip
# A game that has not met by then what it waits for never will.
MAX_MORE = 2000
LONG = timedelta(minutes=2)
LOCK_NOT_AVAILABLE = "55P03"


class Adversary(CustomerMoves, ProviderMoves):
    """
    A game. `seen` counts what happened, so that a test can ask whether it was a hard one.

    Its moves may be made by several threads, each with a chance of its own; with one thread the
    seed decides everything.
    """

    def __init__(self, server: StripeServer, *, seed: int) -> None:
        self.server, self.seed = server, seed
        self.seen: Counter[str] = Counter()
        self.customers = UserFactory.create_batch(30)
        self.staff = StaffFactory()
        self.clients = {user.pk: _client(user) for user in self.customers}
        self.bookings: list[tuple[int, User]] = []
        self.unpaid: deque[tuple[int, User]] = deque(maxlen=15)
        self.open_intents: deque[str] = deque(maxlen=40)
        self.free: list[tuple[Show, int]] = []
        self.unsent: list[dict[str, Any]] = []
        self.faults: list[str] = []
        self.opens_shows = True
        self.forged = 0
        self._taken_events = 0
        self._lock = threading.Lock()

    # Playing

    def play(
        self,
        payments: int,
        *,
        until: Collection[str] = (),
        chance: random.Random | None = None,
    ) -> None:
        """
        Make moves until `attempts` payments were tried and `until` is complete.

        `until` names the events that must each occur.
        """
        chance = chance or random.Random(self.seed)
        for op, rates in CHAOS.items():
            self.server.chaos(op, rates)
        moves: dict[Callable[[random.Random], None], int] = {
            self.hold: 30, self.pay: 9, self.pay_by_api: 3, self.finish: 20, self.deliver: 20,
            self.forge: 2, self.run_out: 8, self.expire: 1, self.cancel: 6, self.cancel_by_api: 1,
            self.cancel_at_the_bank: 2, self.cancel_in_full: 1, self.send_refunds: 3,
            self.settle_refund: 3, self.return_refund: 2, self.take_foreign: 1, self.forget: 1,
            self.dispute: 2, self.decide_dispute: 3, self.cancel_some: 5, self.exchange: 12,
        }  # fmt: skip
        # Events that a game may lack for long, with the moves that lead to them.
        leads_to = {
            "hold ran out": self.run_out, "hold taken over": self.run_out,
            "event: payment failed, booking pending": self.decline_at_the_bank,
            "event: payment succeeded, booking cancelled": self.cancel_at_the_bank,
            "event: unknown payment": self.take_foreign, "cancelled": self.cancel,
            "pending refund failed": self.settle_refund, "event: refund succeeded": self.settle_refund,
            "refund sent back by the bank": self.return_refund,
            "event: refund came back": self.return_refund, "dispute opened": self.dispute,
            "dispute won": self.decide_dispute, "dispute lost": self.decide_dispute,
            "api 201": self.pay_by_api, "api cancel 200": self.cancel_by_api,
            "tickets cancelled": self.cancel_some, "exchange confirmed": self.exchange,
            "exchange pending": self.exchange,
        }  # fmt: skip
        made, before = Payment.objects.count(), 0
        reconciled = payments // 4
        while made < payments or not self.forged or any(not self.seen[kind] for kind in until):
            if made > payments + MAX_MORE:
                raise AssertionError(f"this never came: {set(until) - set(+self.seen)}")
            some = chance.choices(
                list(moves), list(moves.values()), k=100 if made < payments else 10
            )
            if made >= payments:
                # The payments are enough, so the rest of the game looks for what it still lacks.
                lacking = [kind for kind in until if not self.seen[kind]]
                some += [leads_to[kind] for kind in lacking if kind in leads_to] * 3
                # Otherwise more and more events wait, and arrive too late to have an effect.
                some += [self.deliver] * 3
            if made - before > reconciled:
                before = made
                some.append(self.reconcile)
            for move in [*some, self.cancel_show]:
                try:
                    move(chance)
                except REFUSALS as refusal:
                    self.seen[type(refusal).__name__] += 1
                except OperationalError as error:
                    self._note(error)
            made = Payment.objects.count()

    def play_for_ever(self, chance: random.Random) -> None:
        """Make the moves of a process that will be killed meanwhile."""
        # The names of what is made are counted in each process.
        self.opens_shows = False
        moves: dict[Callable[[random.Random], None], int] = {
            self.hold: 30, self.pay: 9, self.pay_by_api: 6, self.deliver: 10, self.run_out: 3,
            self.expire: 2, self.cancel: 10, self.cancel_by_api: 4, self.cancel_show: 1,
            self.send_refunds: 6, self.reconcile: 1, self.cancel_some: 5, self.exchange: 10,
        }  # fmt: skip
        while True:
            (move,) = chance.choices(list(moves), list(moves.values()))
            try:
                move(chance)
            except REFUSALS:
                pass
            except OperationalError as error:
                if error.__cause__.pgcode != LOCK_NOT_AVAILABLE:
                    raise

    def recall(self) -> None:
        """Learn of what others did, whom one cannot ask any more."""
        customers = {user.pk: user for user in self.customers}
        rows = Booking.objects.order_by("pk").values_list("pk", "user", "status")
        self.bookings = [(pk, customers[user]) for pk, user, _ in rows]
        pending = [(pk, customers[user]) for pk, user, status in rows if status == "pending"]
        self.unpaid.extend(pending[-5:])
        asked = Payment.objects.filter(status="requires_action").order_by("pk")
        self.open_intents.extend(asked.values_list("provider_id", flat=True))
        free = ShowSeat.objects.filter(status="available", show__status="scheduled")
        self.free = [(seat.show, seat.seat_id) for seat in free.select_related("show")]

    def _note(self, error: OperationalError) -> None:
        """Allow lock time-outs, but never a deadlock."""
        if error.__cause__.pgcode == LOCK_NOT_AVAILABLE:
            self.seen["waited too long"] += 1
        else:
            self.faults.append(f"the database says: {error}")

    def expire(self, chance: random.Random) -> None:
        checkout.expire()

    def cancel_in_full(self, chance: random.Random) -> None:
        booking_id, _ = self._some_booking(chance)
        checkout.cancel(booking_id=booking_id, cancelled_by=self.staff, in_full=True)

    def cancel_show(self, chance: random.Random) -> None:
        """Cancel a show in three of ten calls."""
        if chance.random() > 0.3:
            return
        show_id = Booking.objects.get(pk=self._some_booking(chance)[0]).show_id
        with self._lock:
            self.free = [pair for pair in self.free if pair[0].pk != show_id]
        checkout.cancel_show(show_id=show_id, cancelled_by=self.staff)
        self.seen["show cancelled"] += 1

    def send_refunds(self, chance: random.Random) -> None:
        Refund.objects.filter(status="pending").update(next_try_at=None)
        checkout.send_refunds()

    def reconcile(self, chance: random.Random) -> None:
        self._pass_time()
        reconcile("stripe")
        self.seen["reconciled"] += 1

    def _pass_time(self) -> None:
        """Let leases expire, and refunds become due."""
        Payment.objects.filter(status__in=Payment.OPEN).update(
            updated_at=F("updated_at") - LONG, asked_until=None
        )
        Refund.objects.filter(status="pending").update(next_try_at=None)
        Refund.objects.exclude(asked_until=None).update(asked_until=Now())

    # Coming to rest

    def settle(self) -> None:
        """Let the provider behave from now on. Half of the events that are left never come."""
        chance = random.Random(self.seed + 1)
        for op in CHAOS:
            self.server.chaos(op, {})
        for event in [*self.unsent, *self.server.events[self._taken_events :]][::2]:
            self._receive(event)
        for intent in list(self.server.intents.values()):
            if intent["status"] == "processing":
                self.server.finish(intent["id"], chance.random() < 0.5)
        while any(d["status"] not in DECIDED for d in self.server.disputes.values()):
            self.decide_dispute(chance)
        for booking in Booking.objects.filter(status="pending"):
            run_out(booking)
        checkout.expire()
        for _ in range(8):
            before = self._everything()
            self._pass_time()
            reconcile("stripe")
            for refund in Refund.objects.filter(status="failed"):
                services.retry_refund(refund_id=refund.pk)
            for refund in list(self.server.refunds.values()):
                if refund["status"] == "pending":
                    self.server.settle_refund(refund["id"], "succeeded")
            self._pass_time()
            checkout.send_refunds()
            if self._everything() == before:
                return
        raise AssertionError("it does not come to rest")

    def _everything(self) -> tuple[Any, ...]:
        return (
            LedgerEntry.objects.count(),
            StrayPayment.objects.count(),
            Payment.objects.filter(status__in=Payment.OPEN).count(),
            Refund.objects.aggregate(Sum("refusals"))["refusals__sum"],
            len(self.server.refunds),
        )

    # Judging

    def complaints(self) -> list[str]:
        """List all violations."""
        return [
            *self.faults,
            *broken(),
            *disagreements(self.server),
            *wronged_customers(self.server, staff=self.staff),
            *left_open(self.server),
        ]


def _client(user: User) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {start_session(user).access}")
    return client
