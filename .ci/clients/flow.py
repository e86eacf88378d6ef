"""A whole sale with the generated Python client, from register to refund."""

import secrets
import sys
from datetime import UTC, datetime, timedelta

from client import AuthenticatedClient, Client
from client.api.bookings import (
    bookings_cancel_create,
    bookings_create,
    bookings_payments_create,
    bookings_payments_list,
    bookings_quote_create,
    bookings_retrieve,
    bookings_tickets_retrieve,
)
from client.api.config import config
from client.api.shows import shows_best_seats_retrieve, shows_list
from client.api.users import users_me, users_register
from client.models import (
    BookingRequest,
    BookingResponse,
    PaymentRequest,
    Problem,
    Registered,
    RegistrationRequest,
)

url = sys.argv[1]
public = Client(base_url=url)
assert config.sync(client=public).payment_provider == "sandbox"

# A show that can still be cancelled for all of its money.
day = (datetime.now(UTC) + timedelta(days=3)).date()
shows = shows_list.sync(client=public, date_from=day, available=True).results
show = next(show for show in shows if show.on_sale)
best = shows_best_seats_retrieve.sync(show.id, client=public, quantity=2)
wanted = BookingRequest(show_id=show.id, seat_ids=best.seat_ids)
quote = bookings_quote_create.sync(client=public, body=wanted)

# The answer to a registration has the tokens of a login.
email = f"client-{secrets.token_hex(6)}@example.org"
registration = RegistrationRequest(email=email, password=secrets.token_urlsafe(16))
account = users_register.sync(client=public, body=registration)
assert isinstance(account, Registered)
customer = AuthenticatedClient(base_url=url, token=account.access)
assert users_me.sync(client=customer).email == email

key = secrets.token_hex(8)
booking = bookings_create.sync(client=customer, body=wanted, idempotency_key=key)
assert isinstance(booking, BookingResponse) and booking.status == "pending"
assert booking.total == quote.total
again = bookings_create.sync(client=customer, body=wanted, idempotency_key=key)
assert again.id == booking.id
refusal = bookings_create.sync(client=customer, body=wanted, idempotency_key=secrets.token_hex(8))
assert isinstance(refusal, Problem) and refusal.code == "seats_unavailable"

payment = bookings_payments_create.sync(booking.id, client=customer, body=PaymentRequest())
assert payment.status == "succeeded" and payment.amount == booking.total
assert bookings_retrieve.sync(booking.id, client=customer).status == "confirmed"
tickets = bookings_tickets_retrieve.sync(booking.id, client=customer)
assert len(tickets) == 2

cancelled = bookings_cancel_create.sync(booking.id, client=customer)
assert cancelled.status == "cancelled" and float(cancelled.amount_refunded) > 0
(paid,) = bookings_payments_list.sync(booking.id, client=customer)
assert paid.amount_refunded == cancelled.amount_refunded
sys.stdout.write(
    f"Booked {booking.reference}, paid {booking.total}, refunded {cancelled.amount_refunded}.\n"
)
