"""
A game of random moves after the sale, over three shows.

They have one currency. Customers buy, give back, exchange, pay late or never, and come in; staff
give money back and cancel shows. `complaints` compares tickets, seats and money with sums of its
own after each move.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from bookings import checkout, services
from bookings.models import BookedSeat, Booking, LedgerEntry, Payment, PromoCode, Refund, Ticket
from bookings.payments.states import PaymentState
from bookings.selectors import payload_of
from bookings.services import Caller, Exchange, SeatRequest, Shown
from bookings.tests.factories import hold, run_out
from bookings.tests.soundness import broken
from bookings.tickets import signing
from eventbooking_system.errors import DomainError
from events.tests.factories import EventFactory
from shows.models import Show, ShowSeat
from shows.tests.factories import scheduled_show
from users.tests.factories import StaffFactory, UserFactory
from venues.tests.factories import hall

PRICES = {
    "INR": ("99.99", "250.00", "33.35"),
    "JPY": ("333", "1999", "1"),
    "KWD": ("4.510", "0.010", "12.340"),
}
CARDS = ("pm_card_visa", "pm_card_late", "pm_card_late", "pm_card_late", "pm_card_declined")


class NotPossibleError(Exception):
    """The game lacks what a move needs, so nothing was tried."""


class AfterSaleGame:
    """A game by a seed. `gives_all` shows take nothing, so all that was paid must come back."""

    def __init__(self, currency: str, *, seed: int, gives_all: bool) -> None:
        self.chance = random.Random(seed)
        self.seen: Counter[str] = Counter()
        self.customers = UserFactory.create_batch(3)
        self.staff = StaffFactory()
        self.gives_all, self.currency = gives_all, currency
        event = EventFactory()
        start = timezone.now() + timedelta(days=3)
        self.shows = [
            self._show(
                event=event,
                screen=hall({"A": 8}),
                price=price,
                start_time=start + timedelta(days=n),
            )
            for n, price in enumerate(PRICES[currency])
        ]
        smallest = Decimal(PRICES[currency][0])
        PromoCode.objects.create(
            code="THIRD", percent=Decimal("33.33"), currency=currency, min_total=smallest * 2
        )

    def _show(self, **fields: Any) -> Show:
        terms: dict[str, Any] = {"currency": self.currency, "cleaning_minutes": 0}
        if not self.gives_all:
            terms |= {
                "refund_rules": [{"hours": "48", "percent": "66.67"}, {"hours": "0.5", "percent": "33.33"}],
                "fees_refundable": self.chance.random() < 0.5,
                "downgrade": self.chance.choice(["refund", "forfeit"]),
                "tax_rate": Decimal("7.5"), "tax_inclusive": self.chance.random() < 0.5,
            }  # fmt: skip
        step = (
            Decimal(1)
            if self.currency == "JPY"
            else Decimal("0.05")
            if self.currency == "INR"
            else Decimal("0.010")
        )
        terms |= {"fee_per_booking": step * 3, "fee_per_ticket": step, "exchange_fee": step * 2}
        return scheduled_show(**terms, **fields)

    def step(self, towards: Collection[str] = ()) -> None:
        """
        Make one move that is possible.

        Every second move is one that leads to any of the events `towards`, if there are any.
        """
        moves = {
            self.buy: 20, self.give_back: 10, self.exchange: 26, self.pay: 26, self.bank_answers: 22,
            self.time_is_over: 7, self.come_in: 6, self.issue_again: 3, self.goodwill: 2, self.send: 4,
            self.cancel_show: 2, self.time_passes: 2, self.pay_too_late: 8,
        }  # fmt: skip
        leads_to = {
            "exchange confirmed": self.exchange, "exchange pending": self.exchange,
            "exchange_not_allowed": self.exchange, "give_back": self.give_back,
            "come_in": self.come_in, "late exchange confirmed": self.pay_late,
            "late exchange expired": self.pay_too_late, "show cancelled": self.cancel_show,
        }  # fmt: skip
        while True:
            if towards and self.chance.random() < 0.5:
                move = leads_to[self.chance.choice(sorted(towards))]
            else:
                (move,) = self.chance.choices(list(moves), list(moves.values()))
            try:
                move()
                self.seen[move.__name__] += 1
            except NotPossibleError:
                continue
            except DomainError as refusal:
                self.seen[refusal.code] += 1
            return

    # Moves

    def buy(self) -> None:
        show = self.chance.choice(self.shows)
        seats = self._free(show)
        wanted = self.chance.sample(seats, min(len(seats), self.chance.choice((1, 2, 3))))
        code = "THIRD" if len(wanted) > 1 and self.chance.random() < 0.5 else None
        user = self.chance.choice(self.customers)
        booking = hold(customer=user, show_id=show.pk, seat_ids=wanted, promo_code=code)
        if booking.total:
            checkout.pay(booking_id=booking.pk, payment_method="pm_card_visa")

    def give_back(self) -> None:
        booking = self._some(status="confirmed")
        tickets = self._tickets(booking)
        chosen = self.chance.sample(tickets, self.chance.randint(1, len(tickets)))
        ids = [ticket.pk for ticket in chosen]
        dry = services.preview_booking_cancellation(
            booking_id=booking.pk, cancelled_by=booking.user, ticket_ids=ids
        )
        before = _refunded(booking)
        checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user, ticket_ids=ids)
        assert _refunded(booking) - before == dry.refund

    def exchange(self) -> None:
        booking = self._some(status="confirmed")
        tickets = self._tickets(booking)
        chosen = self.chance.sample(tickets, self.chance.randint(1, len(tickets)))
        show = self.chance.choice(self.shows)
        seats = self._free(show)
        wanted = self.chance.sample(seats, min(len(seats), len(chosen)))
        exchanged = checkout.exchange(
            caller=Caller(booking.user_id),
            exchange=Exchange(booking.pk, [ticket.pk for ticket in chosen]),
            wanted=SeatRequest(show.pk, seat_ids=wanted),
        )
        self.seen[f"exchange {exchanged.status}"] += 1

    def pay(self) -> None:
        booking = self._some(status="pending")
        checkout.pay(booking_id=booking.pk, payment_method=self.chance.choice(CARDS))

    def pay_too_late(self) -> None:
        """Use an exchange's older tickets, or take its seats, before payment."""
        booking = self._some(status="pending", exchanged_from__isnull=False)
        checkout.pay(booking_id=booking.pk, payment_method="pm_card_late")
        older = Ticket.objects.in_force().filter(booked_seat__replacements__booking=booking)
        if self.chance.random() < 0.5:
            self.come_in(self._one_of(older))
        else:
            run_out(booking)
            seats = booking.booked_seats.values_list("show_seat__seat", flat=True)
            hold(customer=self.customers[0], show_id=booking.show_id, seat_ids=list(seats)[:1])
        self.bank_answers(booking.payments.get(status="requires_action"))

    def pay_late(self) -> None:
        """Pay for an exchange at a bank that takes its time."""
        booking = self._some(status="pending", exchanged_from__isnull=False)
        checkout.pay(booking_id=booking.pk, payment_method="pm_card_late")
        self.bank_answers(booking.payments.get(status="requires_action"))

    def bank_answers(self, payment: Payment | None = None) -> None:
        """Let a payment succeed, also after its booking has ended."""
        payment = payment or self._one_of(Payment.objects.filter(status="requires_action"))
        services.record_state(
            provider="sandbox",
            state=PaymentState(
                payment_id=payment.pk, provider_id=payment.provider_id, status="succeeded",
                amount=payment.amount, currency=payment.currency, refunds=(),
                created_at=payment.created_at,
            ),
        )  # fmt: skip
        booking = Booking.objects.get(pk=payment.booking_id)
        kind = "exchange" if booking.exchanged_from_id else "booking"
        self.seen[f"late {kind} {booking.status}"] += 1

    def time_is_over(self) -> None:
        run_out(self._some(status="pending"))
        services.expire_bookings()

    def come_in(self, ticket: Ticket | None = None) -> None:
        ticket = ticket or self._one_of(Ticket.objects.in_force())
        start = Show.objects.filter(pk=ticket.booking.show_id)
        was = start.get()
        soon = timezone.now() + timedelta(minutes=1)
        start.update(start_time=soon)
        try:
            services.check_in(shown=Shown(ticket.code), by=self.staff)
        finally:
            start.update(start_time=was.start_time)

    def issue_again(self) -> None:
        services.reissue_ticket(ticket_id=self._one_of(Ticket.objects.in_force()).pk)

    def goodwill(self) -> None:
        booking = self._some(status="confirmed")
        with transaction.atomic():
            locked, _ = services.lock_booking(booking.pk)
            step = Decimal(1) if self.currency == "JPY" else Decimal("0.01")
            services.refund_part(locked, step * 7, reason="a cold hall")

    def send(self) -> None:
        checkout.send_refunds()

    def cancel_show(self) -> None:
        show = self.chance.choice(self.shows)
        is_busy = Booking.objects.filter(show=show, status="confirmed").exists()
        if not is_busy or not self.seen["exchange confirmed"] or self.seen["show cancelled"]:
            raise NotPossibleError
        checkout.cancel_show(show_id=show.pk, cancelled_by=self.staff)
        self.seen["show cancelled"] += 1

    def time_passes(self) -> None:
        """Let time pass until another refund rule holds."""
        for show in Show.objects.filter(pk__in=[show.pk for show in self.shows]).order_by("pk"):
            by = timedelta(hours=5)
            if show.start_time - by > timezone.now() + timedelta(hours=1):
                Show.objects.filter(pk=show.pk).update(start_time=show.start_time - by)

    def _free(self, show: Show) -> list[int]:
        free = ShowSeat.objects.free().filter(show=show).order_by("pk")
        return list(free.values_list("seat_id", flat=True)) or [show.show_seats.first().seat_id]

    def _some(self, **which: Any) -> Booking:
        return self._one_of(Booking.objects.filter(**which).select_related("user"))

    def _one_of(self, rows: Any) -> Any:
        found = list(rows.order_by("pk"))
        if not found:
            raise NotPossibleError
        return self.chance.choice(found)

    def _tickets(self, booking: Booking) -> list[Ticket]:
        found = list(Ticket.objects.in_force().filter(booking=booking).order_by("pk"))
        if not found:
            raise NotPossibleError
        return found

    # Judging

    def complaints(self) -> list[str]:
        return [*self._of_tickets(), *self._of_seats(), *self._of_money()]

    def all_complaints(self) -> list[str]:
        """Return also what `check_invariants` finds, which takes longer."""
        return [*self.complaints(), *broken()]

    def _of_tickets(self) -> Iterator[str]:
        """Check that each bought seat has at most one valid ticket. Exchanged seats count, too."""
        replaced = dict(BookedSeat.objects.values_list("pk", "replaces"))
        valid: Counter[int] = Counter()
        with_ticket = set()
        for ticket in Ticket.objects.in_force().with_show_and_seat():
            claims = signing.read(payload_of(ticket))
            found = (claims.ticket, claims.version, claims.seat)
            if found != (ticket.pk, ticket.version, ticket.seat.pk):
                yield f"ticket {ticket.pk} has a payload of something else"
            line = ticket.booked_seat_id
            with_ticket.add(line)
            while replaced[line]:
                line = replaced[line]
            valid[line] += 1
        for root, tickets in valid.items():
            if tickets > 1:
                yield f"line {root} has {tickets} valid tickets"
        # Nobody loses a ticket without having it given back or exchanged.
        sold = BookedSeat.objects.active().filter(booking__status="confirmed")
        for line in set(sold.values_list("pk", flat=True)) ^ with_ticket:
            yield f"line {line} is sold, and its ticket is not valid, or the other way round"

    def _of_seats(self) -> Iterator[str]:
        owners: dict[int, set[int]] = defaultdict(set)
        lines = BookedSeat.objects.active().filter(booking__status__in=["confirmed", "pending"])
        for line in lines.select_related("booking"):
            if line.booking.status == "confirmed" or line.booking.expires_at > timezone.now():
                owners[line.show_seat_id].add(line.booking_id)
        for seat in ShowSeat.objects.exclude(booking=None).filter(status="booked"):
            if owners[seat.pk] != {seat.booking_id}:
                yield f"seat {seat.pk} has the owners {owners[seat.pk]}, and says {seat.booking_id}"
        for seat, bookings in owners.items():
            if len(bookings) > 1:
                yield f"seat {seat} has the owners {bookings}"

    def _of_money(self) -> Iterator[str]:
        """Compare captures and refunds of bookings that exchanges connect, and each payment's."""
        gone = _sums(Refund.objects.all(), "payment")
        for payment in Payment.objects.filter(status__in=["succeeded", "refunded"]):
            if gone[payment.pk] > payment.amount:
                yield f"payment {payment.pk}: {gone[payment.pk]} of {payment.amount} went back"
        captured = _sums(LedgerEntry.objects.filter(kind="captured"), "booking")
        refunded = _sums(Refund.objects.all(), "booking")
        older = dict(Booking.objects.values_list("pk", "exchanged_from"))
        left = services.left_of(list(older))
        paid: dict[int, Decimal] = defaultdict(Decimal)
        worth: dict[int, Decimal] = defaultdict(Decimal)
        for booking in older:
            root = booking
            while older[root]:
                root = older[root]
            paid[root] += captured[booking] - refunded[booking]
            worth[root] += left[booking]
        for root, amount in paid.items():
            if amount != worth[root] or amount < 0:
                yield f"bookings from {root} on: {amount} is kept, and they have {worth[root]}"

    def end(self) -> None:
        """Return every ticket one by one, and send all refunds."""
        for booking in Booking.objects.filter(status="pending"):
            run_out(booking)
        services.expire_bookings()
        Ticket.objects.update(checked_in_at=None)
        while booking := Booking.objects.filter(status="confirmed").first():
            ticket = self._tickets(booking)[0]
            checkout.cancel(
                booking_id=booking.pk, cancelled_by=booking.user, ticket_ids=[ticket.pk]
            )
        checkout.send_refunds()


def _sums(rows: Any, name: str) -> dict[int, Decimal]:
    sums: dict[int, Decimal] = defaultdict(Decimal)
    for key, amount in rows.values_list(name, "amount"):
        sums[key] += amount
    return sums


def _refunded(booking: Booking) -> Decimal:
    return _sums(Refund.objects.filter(booking=booking), "booking")[booking.pk]
