"""
An adversary of the payments: customers, banks and a provider that do what they should not.

A game of random moves against the server of `stripe_server`, by a seed. The moves go through
`bookings.checkout` and the API; the provider loses answers, doubles, shuffles, delays, forges and
forgets events, takes other amounts, refuses refunds. `settle` then lets everything come to rest as
an operator would, and `complaints` compares what the provider holds with what we say, by sums of
its own.
"""

import itertools
import json
import logging
import random
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from unittest import mock
from urllib.parse import parse_qsl, urlsplit

import stripe
from django.db import OperationalError
from django.db.models import F, Sum
from django.test import override_settings
from rest_framework.test import APIClient

from bookings import checkout, services
from bookings.errors import (
    BookingExpired,
    InvalidSignature,
    InvalidTransition,
    PaymentDeclined,
    ShowNotOnSale,
)
from bookings.invariants import broken
from bookings.models import (
    BookedSeat,
    Booking,
    BookingTransition,
    LedgerEntry,
    Payment,
    ProviderEvent,
    Refund,
    StrayPayment,
)
from bookings.payments import providers
from bookings.payments.gateway import GatewayUnavailable
from bookings.reconciliation import reconcile
from bookings.tests.factories import hold, run_out
from bookings.tests.stripe_server import OPEN, StripeServer
from eventbooking_system.errors import Busy, InvalidField
from shows.errors import SeatsUnavailable
from shows.models import Show, ShowSeat
from shows.tests.factories import scheduled_show
from users.models import User
from users.tests.factories import StaffFactory, UserFactory
from users.tokens import start_session

# Written down a second time: the digits that each currency has at the provider.
DIGITS = {"INR": 2, "JPY": 0, "KWD": 3}
SHOWS: list[dict[str, Any]] = [
    {"currency": "INR", "price": "250.00", "fee_per_ticket": Decimal("1.10"),
     "tax_rate": Decimal(18), "refund_percent": Decimal(50)},
    {"currency": "JPY", "price": "1999", "refund_percent": Decimal(33)},
    {"currency": "KWD", "price": "4.510", "refund_percent": Decimal(100)},
    {"currency": "INR", "price": "99.99", "refund_percent": Decimal("12.50"),
     "tax_rate": Decimal("7.5"), "tax_inclusive": True},
]  # fmt: skip
SEATS = 40
CARDS = {
    "pm_card_visa": 50,
    "pm_card_chargeDeclined": 6,
    "pm_card_authenticationRequired": 12,
    "pm_card_processing": 5,
    "pm_card_pendingRefund": 8,
    "pm_unknown": 2,
    "": 9,
}
CHAOS = {
    "create": {"lose": 0.03, "drop": 0.02, "error_before": 0.02, "error_after": 0.01,
               "conflict": 0.01, "garbage": 0.01, "empty": 0.01, "rate_limit": 0.01,
               "wrong_amount": 0.005, "wrong_currency": 0.005},
    "confirm": {"lose": 0.05, "drop": 0.02, "error_before": 0.02, "error_after": 0.03,
                "garbage": 0.01, "rate_limit": 0.01, "wrong_amount": 0.01, "decline": 0.02,
                "action": 0.02, "processing": 0.01},
    "cancel": {"lose": 0.05, "error_before": 0.05},
    "retrieve": {"lose": 0.03, "error_before": 0.03},
    "refund": {"lose": 0.08, "drop": 0.05, "error_after": 0.03, "fail": 0.15, "pending": 0.1},
    "refund_list": {"lose": 0.03},
    "list": {"error_before": 0.1},
    "event_list": {"lose": 0.05, "error_before": 0.05},
}  # fmt: skip
REFUSALS = (
    BookingExpired, Busy, GatewayUnavailable, InvalidField, InvalidTransition, PaymentDeclined,
    SeatsUnavailable, ShowNotOnSale,
)  # fmt: skip
# A game that has not met by then what it waits for never will.
MAX_MORE = 2000
LONG = timedelta(minutes=2)
LOCK_NOT_AVAILABLE = "55P03"


@contextmanager
def playground(seed: int) -> Iterator[StripeServer]:
    """
    A provider that the gateway reaches without a socket and the SDK without pauses: the way over
    the wire is the subject of other tests.
    """
    server = StripeServer(seed=seed)

    def request(
        client: Any, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[str, int, dict[str, str]]:
        target = urlsplit(url)
        params = dict(parse_qsl(target.query) + parse_qsl(post_data or ""))
        status, document, fault = server.handle(method.upper(), target.path, params, headers)
        if fault in ("lose", "drop"):
            raise stripe.APIConnectionError(fault, should_retry=True)
        body = {"garbage": "<html>", "empty": "{}"}.get(fault) or json.dumps(document)
        return body, status, {}

    in_use = override_settings(
        PAYMENT_PROVIDER="stripe",
        STRIPE_SECRET_KEY="sk_test_of_the_adversary",
        STRIPE_WEBHOOK_SECRET=server.webhook_secret,
        STRIPE_API_BASE="http://stripe.invalid",
        BOOKINGS_MAX_PENDING=10**6,
        BOOKINGS_MAX_GIVEN_UP=10**6,
    )
    providers.stripe_gateway.cache_clear()
    client = stripe.RequestsClient
    without_pauses = mock.patch.object(client, "_sleep_time_seconds", return_value=0)
    # Thousands of warnings, which nobody reads.
    logging.disable()
    with in_use, without_pauses, mock.patch.object(client, "request", request):
        yield server
    logging.disable(logging.NOTSET)
    providers.stripe_gateway.cache_clear()


class Adversary:
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
        """Make moves until `attempts` payments were tried and each event in `until` occurred."""
        chance = chance or random.Random(self.seed)
        for op, rates in CHAOS.items():
            self.server.chaos(op, rates)
        moves: dict[Callable[[random.Random], None], int] = {
            self.hold: 30, self.pay: 9, self.pay_by_api: 3, self.finish: 20, self.deliver: 20,
            self.forge: 2, self.run_out: 8, self.expire: 1, self.cancel: 6, self.cancel_by_api: 1,
            self.cancel_at_the_bank: 2, self.cancel_in_full: 1, self.send_refunds: 3,
            self.settle_refund: 3, self.return_refund: 2, self.take_foreign: 1, self.forget: 1,
        }  # fmt: skip
        made, before = Payment.objects.count(), 0
        reconciled = payments // 4
        while made < payments or not self.forged or any(not self.seen[kind] for kind in until):
            if made > payments + MAX_MORE:
                raise AssertionError(f"this never came: {set(until) - set(+self.seen)}")
            some = chance.choices(list(moves), list(moves.values()), k=100)
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
        """The moves of a process of ours, which is to be killed in the midst of one."""
        # The names of what is made are counted in each process.
        self.opens_shows = False
        moves: dict[Callable[[random.Random], None], int] = {
            self.hold: 30, self.pay: 9, self.pay_by_api: 6, self.deliver: 10, self.run_out: 3,
            self.expire: 2, self.cancel: 10, self.cancel_by_api: 4, self.cancel_show: 1,
            self.send_refunds: 6, self.reconcile: 1,
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

    def hold(self, chance: random.Random) -> None:
        """Some seats of a show, which mostly are free; another show when they run short."""
        with self._lock:
            if len(self.free) < SEATS // 2 and self.opens_shows:
                self._open_show(chance)
            if not self.free:
                raise InvalidField("seat_ids", "No seat is left.")
            show, _ = chance.choice(self.free)
            seats = [seat for other, seat in self.free if other == show]
            wanted = chance.sample(seats, min(len(seats), chance.choice((1, 1, 2, 3))))
            if chance.random() < 0.9:
                self.free = [pair for pair in self.free if pair[1] not in wanted]
        user = chance.choice(self.customers)
        booking = hold(customer=user, show_id=show.pk, seat_ids=wanted)
        self._booked(booking, user)
        self.pay(chance, (booking.pk, user))

    def _open_show(self, chance: random.Random) -> None:
        terms = chance.choice(SHOWS)
        show = scheduled_show(rows={"A": SEATS // 2, "B": SEATS // 2}, **terms)
        self.free += [(show, seat.pk) for seat in show.screen.seats.all()]

    def pay(self, chance: random.Random, booked: tuple[int, User] | None = None) -> None:
        card = chance.choices(list(CARDS), list(CARDS.values()))[0]
        booked = booked or self._some_booking(chance, self.unpaid)
        payment = checkout.pay(booking_id=booked[0], payment_method=card)
        self.seen[f"payment {payment.status}"] += 1
        if payment.status == "requires_action":
            self.open_intents.append(payment.provider_id)
        elif chance.random() < 0.9:
            with self._lock:
                if booked in self.unpaid:
                    self.unpaid.remove(booked)

    def pay_by_api(self, chance: random.Random) -> None:
        """With a key, and again with the same: the answer is the same, or there was none yet."""
        booking_id, user = self._some_booking(chance, self.unpaid)
        key = {"Idempotency-Key": f"{booking_id}-{chance.randrange(3)}"}
        answers = [
            self.clients[user.pk].post(
                f"/api/bookings/{booking_id}/payments/", {"payment_method": "pm_card_visa"},
                headers=key,
            )
            for _ in range(2)
        ]  # fmt: skip
        first, second = answers
        # A rival, or one who was killed, may be at it with the same key.
        is_in_flight = b"idempotency_in_flight" in first.content
        if first.status_code < 500 and not is_in_flight:
            assert (first.status_code, first.content) == (second.status_code, second.content)
            assert second["Idempotent-Replayed"] == "true"
        self.seen[f"api {first.status_code}"] += 1

    def finish(self, chance: random.Random) -> None:
        """A customer, or a bank, ends what is open, however late that is."""
        with self.server._lock:
            open_intents = [self.server.intents[intent_id] for intent_id in list(self.open_intents)]
            open_intents = [i for i in open_intents if i["status"] in (*OPEN, "processing")]
            if open_intents:
                intent = chance.choice(open_intents)
                self.server.finish(intent["id"], chance.random() < 0.7)
                self.seen["finished by the customer"] += 1

    def deliver(self, chance: random.Random) -> None:
        """Some events, in any order, some twice, some later, some never."""
        with self._lock:
            self.unsent += self.server.events[self._taken_events :]
            self._taken_events = len(self.server.events)
            chance.shuffle(self.unsent)
            batch, self.unsent = self.unsent[:4], self.unsent[4:]
        for event in batch:
            fate = chance.random()
            if fate < 0.1:
                self.seen["event lost"] += 1
                continue
            for _ in range(chance.choice((1, 1, 2))):
                self._receive(event)

    def _receive(self, event: dict[str, Any]) -> None:
        body, headers = self.server.signed(event)
        try:
            outcome = checkout.receive_event(provider="stripe", body=body, headers=headers)
            self.seen[f"event: {outcome}"] += 1
        except Busy:
            self.seen["event to come again"] += 1
            self.unsent.append(event)
        except InvalidField:  # It is of another amount or currency.
            self.seen["event refused"] += 1

    def forge(self, chance: random.Random) -> None:
        """An event that nobody signed, or somebody else, or long ago; it must leave no trace."""
        intents = list(self.open_intents) or ["pi_none"]
        event = {
            "id": f"evt_forged_{chance.randrange(10**9)}",
            "type": "payment_intent.succeeded",
            "data": {"object": {"id": chance.choice(intents)}},
        }
        body, headers = self.server.signed(event)
        body, headers = chance.choice(
            [
                self.server.signed(event, secret="whsec_of_another"),
                self.server.signed(event, at=time.time() - 400),
                (body.replace(b"evt_forged", b"evt_forgee"), headers),
                (body, {}),
            ]
        )
        try:
            checkout.receive_event(provider="stripe", body=body, headers=headers)
        except InvalidSignature:
            self.forged += 1

    def run_out(self, chance: random.Random) -> None:
        """A hold's time is over; often somebody else is quick to take some of its seats."""
        booking_id, _ = self._some_booking(chance)
        booking = Booking.objects.select_related("show").get(pk=booking_id)
        if booking.status != "pending":
            return
        run_out(booking)
        self.seen["hold ran out"] += 1
        if chance.random() < 0.5:
            lines = BookedSeat.objects.filter(booking=booking)
            wanted = list(lines.values_list("show_seat__seat", flat=True))[:1]
            user = chance.choice(self.customers)
            rival = hold(customer=user, show_id=booking.show_id, seat_ids=wanted)
            self._booked(rival, user)
            self.seen["hold taken over"] += 1

    def expire(self, chance: random.Random) -> None:
        checkout.expire()

    def cancel(self, chance: random.Random) -> None:
        booking_id, user = self._some_booking(chance)
        checkout.cancel(booking_id=booking_id, cancelled_by=user)
        self.seen["cancelled"] += 1

    def cancel_at_the_bank(self, chance: random.Random) -> None:
        """A customer cancels while the bank is at it, which then takes the money all the same."""
        booking_id, user = self._some_booking(chance, self.unpaid)
        payment = checkout.pay(booking_id=booking_id, payment_method="pm_card_processing")
        self.open_intents.append(payment.provider_id)
        checkout.cancel(booking_id=booking_id, cancelled_by=user)
        with self.server._lock:
            if self.server.intents[payment.provider_id]["status"] == "processing":
                self.server.finish(payment.provider_id)
                self.seen["finished after the cancellation"] += 1

    def cancel_by_api(self, chance: random.Random) -> None:
        booking_id, user = self._some_booking(chance)
        path, key = f"/api/bookings/{booking_id}/cancel/", {"Idempotency-Key": "cancel"}
        first, second = [self.clients[user.pk].post(path, {}, headers=key) for _ in range(2)]
        if first.status_code < 500:
            assert (first.status_code, first.content) == (second.status_code, second.content)
        self.seen[f"api cancel {first.status_code}"] += 1

    def cancel_in_full(self, chance: random.Random) -> None:
        booking_id, _ = self._some_booking(chance)
        checkout.cancel(booking_id=booking_id, cancelled_by=self.staff, in_full=True)

    def cancel_show(self, chance: random.Random) -> None:
        """Now and then."""
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

    def settle_refund(self, chance: random.Random) -> None:
        """The bank says what becomes of a refund that was pending."""
        with self.server._lock:
            recent = itertools.islice(reversed(self.server.refunds.values()), 50)
            pending = [refund["id"] for refund in recent if refund["status"] == "pending"]
            if pending:
                success = chance.random() < 0.6
                self.server.settle_refund(
                    chance.choice(pending), "succeeded" if success else "failed"
                )
                self.seen[f"pending refund {'succeeded' if success else 'failed'}"] += 1

    def return_refund(self, chance: random.Random) -> None:
        """A refund had succeeded, and now the customer's bank sends it back."""
        with self.server._lock:
            recent = itertools.islice(reversed(self.server.refunds.values()), 50)
            gone = [refund["id"] for refund in recent if refund["status"] == "succeeded"]
            if gone:
                self.server.settle_refund(chance.choice(gone), "failed")
                self.seen["refund sent back by the bank"] += 1

    def take_foreign(self, chance: random.Random) -> None:
        """Money at our account for something that is none of our business, or says it is."""
        metadata = chance.choice([{}, {"payment": "x"}, {"payment": str(10**12)}, {"order": "1"}])
        with self.server._lock:
            fields = {"amount": "777", "currency": "usd", "payment_method": "pm_card_visa"}
            intent = self.server._create(fields, "ok")
            intent["metadata"] = metadata
            self.server._succeed(intent)

    def forget(self, chance: random.Random) -> None:
        """As if a day had passed: the same key is then a new request."""
        if chance.random() < 0.1:
            self.server.forget_keys()

    def reconcile(self, chance: random.Random) -> None:
        self._pass_time()
        reconcile("stripe")
        self.seen["reconciled"] += 1

    def _booked(self, booking: Booking, user: User) -> None:
        with self._lock:
            self.bookings.append((booking.pk, user))
            self.unpaid.append((booking.pk, user))

    def _some_booking(
        self, chance: random.Random, likely: deque[tuple[int, User]] | None = None
    ) -> tuple[int, User]:
        """Mostly a likely or a recent one, as the old ones are settled."""
        if not self.bookings:
            raise InvalidField("booking", "There is none yet.")
        if chance.random() < 0.95:
            with self._lock:
                return chance.choice(list(likely or self.bookings[-30:]))
        return chance.choice(self.bookings)

    def _pass_time(self) -> None:
        """Leases run out, and refunds fall due."""
        Payment.objects.filter(status__in=Payment.OPEN).update(
            updated_at=F("updated_at") - LONG, asked_until=None
        )
        Refund.objects.filter(status="pending").update(next_try_at=None)

    # Coming to rest

    def settle(self) -> None:
        """The provider behaves from here on; half of the events that are left never come."""
        chance = random.Random(self.seed + 1)
        for op in CHAOS:
            self.server.chaos(op, {})
        for event in [*self.unsent, *self.server.events[self._taken_events :]][::2]:
            self._receive(event)
        for intent in list(self.server.intents.values()):
            if intent["status"] == "processing":
                self.server.finish(intent["id"], chance.random() < 0.5)
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
            *self._wronged_customers(),
            *self._left_open(),
        ]

    def _wronged_customers(self) -> Iterator[str]:
        """Whoever paid has the seats or the money: by what the provider took and gave back."""
        paid: dict[int, Decimal] = defaultdict(Decimal)
        for payment in Payment.objects.filter(ledger_entries__kind="captured"):
            paid[payment.booking_id] += self._kept(payment)
        sold = set(LedgerEntry.objects.filter(kind="tickets").values_list("booking", flat=True))
        booked = Counter(ShowSeat.objects.filter(status="booked").values_list("booking", flat=True))
        wanted = Counter(BookedSeat.objects.values_list("booking", flat=True))
        # Staff give everything back; customers what the show's terms say, which no move changes.
        cancelled = BookingTransition.objects.filter(to_status="cancelled")
        by_staff = set(cancelled.filter(by=self.staff).values_list("booking", flat=True))
        for booking in Booking.objects.select_related("show"):
            due = Decimal(0)
            if booking.status == "confirmed":
                due = booking.total
                if booked[booking.pk] != wanted[booking.pk]:
                    yield f"booking {booking.pk} is confirmed without its seats"
            elif booking.status == "cancelled" and booking.pk in sold:
                whole = booking.pk in by_staff
                percent = Decimal(100) if whole else booking.show.refund_percent
                due = booking.total - _part(booking, percent)
            if paid[booking.pk] != due:
                yield (
                    f"booking {booking.pk} is {booking.status}: the customer has paid "
                    f"{paid[booking.pk]} for {due}"
                )

    def _kept(self, payment: Payment) -> Decimal:
        intent = self.server.intents[payment.provider_id]
        minor = intent["amount_received"] - self.server._refunded(intent, ("succeeded",))
        return Decimal(minor).scaleb(-DIGITS[intent["currency"].upper()])

    def _left_open(self) -> Iterator[str]:
        """Nothing is under way, here or there: what a customer could still pay is ended."""
        for payment in Payment.objects.filter(status__in=Payment.OPEN):
            yield f"payment {payment.pk} is {payment.status}"
        for refund in Refund.objects.exclude(status="succeeded"):
            yield f"refund {refund.pk} is {refund.status}: {refund.failure}"
        # A payment that no customer was told of does no harm, and staff settle stray payments.
        told = set(Payment.objects.exclude(client_secret="").values_list("provider_id", flat=True))
        told -= set(StrayPayment.objects.values_list("provider_id", flat=True))
        for intent_id in told:
            if self.server.intents[intent_id]["status"] in OPEN:
                yield f"{intent_id} could still be paid"
        if ProviderEvent.objects.filter(event_id__startswith="evt_forge").exists():
            yield "a forged event was stored"


def disagreements(server: StripeServer) -> Iterator[str]:
    """Where the provider's books and ours differ, by each of its payments and in all."""
    ours: Counter[str] = Counter()
    theirs: Counter[str] = Counter()
    strays = {stray.provider_id: stray for stray in StrayPayment.objects.all()}
    noted_of: dict[str, dict[str, int]] = defaultdict(lambda: {"captured": 0, "refunded": 0})
    rows = LedgerEntry.objects.filter(payment__isnull=False).order_by()
    rows = rows.values_list("payment__provider_id", "currency", "kind").annotate(Sum("amount"))
    for intent_id, currency, kind, amount in rows:
        side = "captured" if kind == "captured" else "refunded"
        noted_of[intent_id][side] += _minor(amount, currency)
        if intent_id not in server.intents:
            yield f"{intent_id!r} is unknown to the provider"
    for intent in list(server.intents.values()):
        intent_id, currency = intent["id"], intent["currency"].upper()
        refunded = server._refunded(intent, ("succeeded",))
        held = {"captured": intent["amount_received"], "refunded": -refunded}
        noted, stray = noted_of[intent_id], strays.get(intent_id)
        if not noted["captured"] and stray and stray.status == "succeeded":
            noted = {"captured": _minor(stray.amount, currency), "refunded": 0}
        theirs[currency] += sum(held.values())
        ours[currency] += sum(noted.values())
        if noted != held:
            yield f"{intent_id}: the provider has {held}, we have {noted}"
    if ours != theirs:
        yield f"in all: the provider has {dict(theirs)}, we have {dict(ours)}"


def _minor(amount: Decimal, currency: str) -> int:
    return int(amount.scaleb(DIGITS.get(currency, 2)))


def _part(booking: Booking, percent: Decimal) -> Decimal:
    smallest = Decimal(1).scaleb(-DIGITS[booking.currency])
    return (booking.total * percent / 100).quantize(smallest, ROUND_HALF_UP)


def _client(user: User) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {start_session(user).access}")
    return client
