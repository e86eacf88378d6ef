"""
The whole wire: our API, the SDK, localstripe and its events.

localstripe (https://github.com/adrienverge/localstripe) is another's idea of Stripe, and so finds
what our own server would not. It ignores idempotency keys, has no lists of payments since a time,
and sends no events of refunds: these are in `stripe_gateway`.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
import requests

from bookings import checkout
from bookings.models import Booking, Payment, ProviderEvent
from bookings.payments import providers
from bookings.payments.providers import gateway_named
from bookings.tests.factories import held
from eventbooking_system.testing.problems import assert_problem
from users.tests.factories import StaffFactory

pytestmark = pytest.mark.django_db(transaction=True)
SECRET_KEY, WEBHOOK_SECRET = "sk_test_of_the_wire", "whsec_of_the_wire"
ASKS = "4000002500003155"  # A card whose bank asks the customer first.

# On a port that the system gives, and without its copy of everything in the temporary folder.
LOCALSTRIPE = """
import socket
from aiohttp import web
from localstripe import resources, server
resources.Store.dump_to_disk = lambda store: None
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
web.run_app(server.app, sock=listener, print=None)
"""


@pytest.fixture
def localstripe() -> Iterator[str]:
    """Run localstripe and return its address. Its late events end with the test."""
    command = [sys.executable, "-c", LOCALSTRIPE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            port = process.stdout.readline().strip()
            assert port, "localstripe has not started"
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


@pytest.fixture
def ask(localstripe: str) -> Callable[..., dict[str, Any]]:
    """Return a function that asks localstripe past our gateway."""

    def _ask(method: str, path: str, **data: Any) -> dict[str, Any]:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(
                method, localstripe + path, data=data, auth=(SECRET_KEY, ""), timeout=10
            )
        assert answer.status_code == 200, answer.text
        return answer.json() if answer.content else {}

    return _ask


@pytest.fixture
def events(ask, live_server) -> str:
    """Let localstripe send its events to our own endpoint; its address."""
    url = f"{live_server.url}/api/bookings/webhooks/stripe/"
    ask("POST", "/_config/webhooks/ours", url=url, secret=WEBHOOK_SECRET)
    return url


@pytest.fixture
def booking(settings, localstripe) -> Booking:
    settings.PAYMENT_PROVIDER = "stripe"
    settings.STRIPE_SECRET_KEY = SECRET_KEY
    settings.STRIPE_WEBHOOK_SECRET = WEBHOOK_SECRET
    settings.STRIPE_API_BASE = localstripe
    providers.stripe_gateway.cache_clear()
    return held()


def pay(client: Any, booking: Booking, **body: str) -> Any:
    return client.post(f"/api/bookings/{booking.pk}/payments/", body)


def event_of(event_type: str) -> ProviderEvent:
    """Wait for the event, which localstripe sends after a second."""
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        event = ProviderEvent.objects.filter(type=event_type).last()
        if event:
            return event
        time.sleep(0.05)
    raise AssertionError(f"no {event_type} has come")


def test_a_booking_is_paid_and_its_money_goes_back(login, booking, events, ask) -> None:
    answer = pay(login(booking.user), booking, payment_method="pm_card_visa")
    assert answer.status_code == 201, answer.content
    assert (answer.json()["provider"], answer.json()["status"]) == ("stripe", "succeeded")
    booking.refresh_from_db()
    payment = booking.payments.get()
    assert (booking.status, payment.status) == ("confirmed", "succeeded")
    intent = ask("GET", f"/v1/payment_intents/{payment.provider_id}")
    assert (intent["amount"], intent["currency"], intent["status"]) == (50000, "inr", "succeeded")
    assert intent["metadata"] == {"payment": str(payment.pk)}
    # The event of a payment that was recorded already changes nothing.
    event = event_of("payment_intent.succeeded")
    assert event.payload == {"provider_id": payment.provider_id, "status": "succeeded"}
    assert booking.transitions.count() == 1

    checkout.cancel(booking_id=booking.pk, cancelled_by=StaffFactory(), in_full=True)
    booking.refresh_from_db()
    assert (booking.status, booking.refunds.get().status) == ("cancelled", "succeeded")
    (refund,) = ask("GET", "/v1/refunds", payment_intent=payment.provider_id)["data"]
    assert (refund["amount"], refund["currency"]) == (50000, "inr")
    state = gateway_named("stripe").payment_state(provider_id=payment.provider_id)
    assert state.payment_id == payment.pk
    assert [(r.key, r.status, r.amount) for r in state.refunds] == [
        (f"refund:{booking.refunds.get().pk}:0", "succeeded", Decimal("500.00"))
    ]


def test_a_declined_card_is_a_402_and_another_one_pays(login, booking, events) -> None:
    client = login(booking.user)
    answer = pay(client, booking, payment_method="pm_card_chargeCustomerFail")
    assert_problem(answer, 402, "payment_declined")
    assert answer.json()["detail"] == "Your card was declined."
    booking.refresh_from_db()
    assert (booking.status, booking.payments.get().status) == ("pending", "failed")
    assert event_of("payment_intent.payment_failed").payload["status"] == "requires_payment_method"
    assert pay(client, booking, payment_method="pm_card_visa").status_code == 201
    booking.refresh_from_db()
    assert booking.status == "confirmed"


def test_a_signed_event_confirms_what_the_bank_asked_about(login, booking, events, ask) -> None:
    card = {"number": ASKS, "exp_month": 12, "exp_year": 2030, "cvc": "123"}
    method = ask(
        "POST", "/v1/payment_methods", type="card", **{f"card[{k}]": v for k, v in card.items()}
    )
    body = pay(login(booking.user), booking, payment_method=method["id"]).json()
    assert body["status"] == "requires_action" and body["client_secret"]
    booking.refresh_from_db()
    assert booking.status == "pending"
    # The customer, in the browser, by the publishable key and the client secret.
    intent = Payment.objects.get().provider_id
    ask(
        "POST", f"/v1/payment_intents/{intent}/_authenticate",
        key="pk_test_1", client_secret=body["client_secret"], success="true",
    )  # fmt: skip
    assert "confirmed" in event_of("payment_intent.succeeded").outcome
    booking.refresh_from_db()
    assert (booking.status, booking.payments.get().status) == ("confirmed", "succeeded")


def test_an_event_that_is_not_signed_by_stripe_leaves_no_trace(login, booking, events, api) -> None:
    answer = pay(login(booking.user), booking)
    assert (answer.status_code, answer.json()["status"]) == (201, "requires_action")
    intent = Payment.objects.get().provider_id
    body = {"id": "evt_1", "type": "payment_intent.succeeded", "data": {"object": {"id": intent}}}
    refused = api.post(
        "/api/bookings/webhooks/stripe/",
        json.dumps(body),
        content_type="application/json",
        headers={"Stripe-Signature": f"t={int(time.time())},v1={'0' * 64}"},
    )
    assert_problem(refused, 400, "invalid_signature")
    booking.refresh_from_db()
    assert booking.status == "pending" and not ProviderEvent.objects.exists()


def test_an_open_payment_can_be_ended(login, booking, events) -> None:
    pay(login(booking.user), booking)
    intent = Payment.objects.get().provider_id
    gateway = gateway_named("stripe")
    for _ in range(2):
        assert gateway.cancel_payment(provider_id=intent).status == "failed"
    assert gateway.cancel_payment(provider_id="pi_unknown") is None
