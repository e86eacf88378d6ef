"""Card payments through Stripe, with a script instead of Stripe's."""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from bookings.models import Booking
from bookings.services.links import link_to
from bookings.tests.factories import held
from bookings.tests.stripe_server import StripeServer, running
from shows.tests.browser.chromium import Page, seat
from shows.tests.browser.journeys import is_seen
from shows.tests.factories import scheduled_show

pytestmark = pytest.mark.django_db(transaction=True)
# As https://docs.stripe.com/js has it: a field for the card, and a confirmation that may redirect.
SCRIPT = """
globalThis.Stripe = (key) => ({
  elements: ({ clientSecret }) => ({
    clientSecret,
    create: (type) => ({ mount(box) {
      const field = document.createElement("input");
      field.id = "card-number";
      field.setAttribute("aria-label", "Card number");
      box.append(field);
      globalThis.mounted = { key, type, clientSecret };
    } }),
  }),
  async confirmPayment({ elements, confirmParams: { return_url }, redirect }) {
    const number = document.getElementById("card-number").value;
    if (number === "declined") return { error: { message: "Your card was declined." } };
    globalThis.confirmed = { clientSecret: elements.clientSecret, return_url, redirect };
    const [bank, status] = number.split(" ");
    if (bank === "bank") {
      location.assign(`${return_url}?payment_intent=pi_1&payment_intent_client_secret=secret&redirect_status=${status}`);
    }
    return {};
  },
});
"""


class _Script(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = SCRIPT.encode()
        self.send_response(200 if self.path == "/v3/" else 404)
        self.send_header("Content-Type", "text/javascript")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def stripe(settings) -> Iterator[StripeServer]:
    """Start Stripe's two servers, for its API and its script."""
    scripts = ThreadingHTTPServer(("127.0.0.1", 0), _Script)
    threading.Thread(target=scripts.serve_forever, daemon=True).start()
    with running() as server:
        settings.PAYMENT_PROVIDER = "stripe"
        settings.STRIPE_SECRET_KEY = "sk_test_known_to_nobody"
        settings.STRIPE_PUBLISHABLE_KEY = "pk_test_known_to_all"
        settings.STRIPE_WEBHOOK_SECRET = server.webhook_secret
        settings.STRIPE_API_BASE = server.url
        settings.STRIPE_JS_BASE = f"http://127.0.0.1:{scripts.server_port}"
        yield server
    scripts.shutdown()
    scripts.server_close()


def shows_card(page: Page, button: str) -> str:
    """Ask for the fields of the card. Return the intent of the payment."""
    page.click(button)
    page.wait("globalThis.mounted")
    mounted = page.run("globalThis.mounted")
    assert (mounted["key"], mounted["type"]) == ("pk_test_known_to_all", "payment")
    return re.match(r"pi_[A-Za-z0-9]+", mounted["clientSecret"])[0]


def pays(page: Page, number: str, button: str) -> None:
    page.type("#card-number", number)
    page.click(button)


def settle(stripe: StripeServer, intent: str, live_server) -> None:
    stripe.finish(intent)
    assert set(stripe.deliver(f"{live_server.url}/api/bookings/webhooks/stripe/")) == {200}


def test_a_guest_pays_in_the_seat_picker_after_a_card_that_is_declined(
    visit, stripe, live_server
) -> None:
    page = visit(f"/shows/{scheduled_show().pk}/")
    page.wait("!document.querySelector('aside').inert")
    page.click(seat("A1"))
    page.click("#hold")
    page.type("#login [name=email]", "guest@example.org")
    page.click("#guest")
    page.wait(is_seen("#pay"))
    assert not page.run("document.querySelector('[name=card]')")
    intent = shows_card(page, "#pay form .main")
    pays(page, "declined", "#pay form .main")
    page.wait("document.getElementById('problem').textContent.includes('declined')")
    assert page.run(is_seen("#card"))
    pays(page, "4242", "#pay form .main")
    page.wait(is_seen("#bank"))
    booking = Booking.objects.get()
    confirmed = page.run("globalThis.confirmed")
    assert confirmed["redirect"] == "if_required"
    assert confirmed["return_url"] == f"{live_server.url}/bookings/{booking.reference}"
    settle(stripe, intent, live_server)
    page.wait("document.querySelectorAll('#tickets img').length === 1")
    booking.refresh_from_db()
    assert booking.status == "confirmed" and booking.payments.count() == 1


@pytest.mark.parametrize("status", ["succeeded", "failed"])
def test_a_bank_with_a_page_of_its_own_leads_back_to_the_booking(
    visit, stripe, live_server, status
) -> None:
    booking = held("A1")
    parts = urlsplit(link_to(booking))
    page = visit(f"{parts.path}#{parts.fragment}")
    page.wait(is_seen("#pay"))
    intent = shows_card(page, "#pay")
    pays(page, f"bank {status}", "#pay")
    page.wait("!globalThis.mounted && document.getElementById('details')?.checkVisibility()")
    assert page.run("location.search") == ""
    if status == "failed":
        page.wait(
            "document.getElementById('problem').textContent.includes('bank has not confirmed')"
        )
        assert page.run(is_seen("#pay"))
        return
    page.wait("document.getElementById('note').textContent.includes('waits for it')")
    settle(stripe, intent, live_server)
    page.wait("document.querySelectorAll('#tickets img').length === 1")
