"""The customers' moves in the adversary's game."""

import random
from collections import deque

from bookings import checkout
from bookings.models import BookedSeat, Booking, Ticket
from bookings.services import Caller, Exchange, SeatRequest
from bookings.tests.adversary_provider import CARDS, SHOWS
from bookings.tests.factories import hold, run_out
from bookings.tests.stripe_server import OPEN
from eventbooking_system.errors import InvalidField
from shows.tests.factories import scheduled_show
from users.models import User

SEATS = 40


class CustomerMoves:
    """Moves of customers. They pay late, twice or not at all, cancel and exchange."""

    def hold(self, chance: random.Random) -> None:
        """Hold some mostly free seats of a show. When they run short, another show is scheduled."""
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
        """Pay with a key, twice. The answers are the same, or the first one is still to come."""
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
        """End what is open, as a customer or bank. It may be very late."""
        with self.server._lock:
            open_intents = [self.server.intents[intent_id] for intent_id in list(self.open_intents)]
            open_intents = [i for i in open_intents if i["status"] in (*OPEN, "processing")]
            if open_intents:
                intent = chance.choice(open_intents)
                self.server.finish(intent["id"], chance.random() < 0.7)
                self.seen["finished by the customer"] += 1

    def run_out(self, chance: random.Random) -> None:
        """Let a hold run out. Often another customer quickly takes some of its seats."""
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

    def cancel(self, chance: random.Random) -> None:
        booking_id, user = self._some_booking(chance)
        checkout.cancel(booking_id=booking_id, cancelled_by=user)
        self.seen["cancelled"] += 1

    def cancel_by_api(self, chance: random.Random) -> None:
        booking_id, user = self._some_booking(chance)
        path, key = f"/api/bookings/{booking_id}/cancel/", {"Idempotency-Key": "cancel"}
        first, second = [self.clients[user.pk].post(path, {}, headers=key) for _ in range(2)]
        if first.status_code < 500:
            assert (first.status_code, first.content) == (second.status_code, second.content)
        self.seen[f"api cancel {first.status_code}"] += 1

    def cancel_some(self, chance: random.Random) -> None:
        """Cancel some tickets of a booking, which may stay confirmed."""
        booking_id, user = self._some_booking(chance)
        tickets = self._tickets(booking_id)
        chosen = chance.sample(tickets, chance.randint(1, len(tickets)))
        checkout.cancel(booking_id=booking_id, cancelled_by=user, ticket_ids=chosen)
        self.seen["tickets cancelled"] += 1

    def exchange(self, chance: random.Random) -> None:
        """Exchange tickets for another show of the currency. Mostly they are paid at once."""
        booking_id, user = self._some_booking(chance)
        tickets = self._tickets(booking_id)
        chosen = chance.sample(tickets, chance.randint(1, len(tickets)))
        currency = Booking.objects.get(pk=booking_id).currency
        with self._lock:
            shows = {show for show, _ in self.free if show.currency == currency}
            if not shows:
                return
            show = chance.choice(sorted(shows, key=lambda each: each.pk))
            seats = [seat for other, seat in self.free if other == show]
            wanted = chance.sample(seats, min(len(seats), len(chosen)))
            self.free = [pair for pair in self.free if pair[1] not in wanted]
        exchanged = checkout.exchange(
            caller=Caller(user.pk),
            exchange=Exchange(booking_id, chosen),
            wanted=SeatRequest(show.pk, seat_ids=wanted),
        )
        self.seen[f"exchange {exchanged.live_status}"] += 1
        if exchanged.price_to_pay:
            self._booked(exchanged, user)
            self.pay(chance, (exchanged.pk, user))
        else:
            self.bookings.append((exchanged.pk, user))

    def _tickets(self, booking_id: int) -> list[int]:
        tickets = Ticket.objects.in_force().filter(booking=booking_id).order_by("pk")
        found = list(tickets.values_list("pk", flat=True))
        if not found:
            raise InvalidField("ticket_ids", "The booking has none.")
        return found

    def _booked(self, booking: Booking, user: User) -> None:
        with self._lock:
            self.bookings.append((booking.pk, user))
            self.unpaid.append((booking.pk, user))

    def _some_booking(
        self, chance: random.Random, likely: deque[tuple[int, User]] | None = None
    ) -> tuple[int, User]:
        """Return a booking, mostly a likely or recent one. The old ones are settled."""
        if not self.bookings:
            raise InvalidField("booking", "There is none yet.")
        if chance.random() < 0.95:
            with self._lock:
                return chance.choice(list(likely or self.bookings[-30:]))
        return chance.choice(self.bookings)
