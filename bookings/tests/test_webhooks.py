"""Partners' webhooks: signatures, addresses, tries, and sending again by staff."""

import base64
import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models.functions import Now
from django.utils import timezone

from bookings import checkout, services
from bookings.errors import AlreadyCheckedIn
from bookings.models import WebhookDelivery, WebhookSubscription
from bookings.notifications import webhooks
from bookings.notifications.errors import NotSent, Undeliverable
from bookings.tests.factories import confirmed, held
from shows.tests.factories import scheduled_show
from users.tests.factories import StaffFactory

pytestmark = pytest.mark.django_db


class Partner(HTTPServer):
    """A partner's server: keeps what it is sent, and answers `status`."""

    status = 204

    def __init__(self) -> None:
        self.received: list[tuple[str, dict[str, str], bytes]] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hooks?a=1"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.path, dict(self.headers), body))
        self.send_response(self.server.status)
        self.send_header("Location", "http://127.0.0.1:1/")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def partner(subscription: WebhookSubscription, settings) -> Iterator[Partner]:
    """Start a server, and let the subscription lead there."""
    settings.WEBHOOKS_MAY_GO_INSIDE = True
    server = Partner()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    subscription.url = server.url
    subscription.save()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def work() -> None:
    call_command("worker", once=True, queue=["webhooks"])


def test_an_event_arrives_signed_as_standard_webhooks_has_it(partner, subscription) -> None:
    booking = confirmed()
    work()
    [(path, headers, body)] = partner.received
    event = json.loads(body)
    assert (path, event["type"]) == ("/hooks?a=1", "booking.confirmed")
    assert event["data"]["booking"] == booking.pk and event["data"]["total"] == "500.00"
    assert booking.user.email not in body.decode()
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(subscription.secret.removeprefix("whsec_"))
    digest = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{digest}"
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.response_status) == ("sent", 204)


def test_the_signature_is_the_one_of_the_specification() -> None:
    """The example at https://docs.svix.com/receiving/verifying-payloads/how-manual."""
    assert webhooks.signature(
        secret="whsec_plJ3nmyCDGBKInavdOK15jsl",
        webhook_id="msg_loFOjxBNrRLzqYUf",
        timestamp=1731705121,
        body='{"event_type":"ping","data":{"success":true}}',
    ).startswith("v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=")


def test_a_cancelled_show_is_sent_to_partners_with_its_bookings(subscription) -> None:
    show = scheduled_show()
    paid, _ = confirmed("A1", show=show), held("A2", show=show)
    WebhookDelivery.objects.all().delete()
    checkout.cancel_show(show_id=show.pk, cancelled_by=StaffFactory())
    data = {row.event: json.loads(row.body)["data"] for row in WebhookDelivery.objects.all()}
    assert set(data) == {"show.cancelled", "booking.cancelled", "refund.succeeded"}
    assert data["show.cancelled"]["show"] == show.pk
    assert data["booking.cancelled"]["booking"] == paid.pk


def test_check_in_is_sent_to_partners_once(subscription) -> None:
    booking = confirmed("A1", show=scheduled_show(start_time=timezone.now() + timedelta(hours=1)))
    WebhookDelivery.objects.all().delete()
    ticket = booking.tickets.get()
    services.check_in(shown=services.Shown(ticket.code), by=StaffFactory())
    with pytest.raises(AlreadyCheckedIn):
        services.check_in(shown=services.Shown(ticket.code), by=StaffFactory())
    delivery = WebhookDelivery.objects.get()
    data = json.loads(delivery.body)["data"]
    assert (delivery.event, data["ticket"]) == ("ticket.checked_in", ticket.pk)
    assert data["seat_id"] == ticket.seat.pk


def test_partners_hear_of_what_they_asked_for(subscription) -> None:
    subscription.events = ["booking.cancelled"]
    subscription.save()
    booking = confirmed()
    assert not WebhookDelivery.objects.exists()
    services.cancel_booking(booking_id=booking.pk, cancelled_by=booking.user)
    assert WebhookDelivery.objects.get().event == "booking.cancelled"
    subscription.is_active = False
    subscription.save()
    work()
    assert WebhookDelivery.objects.get().state == "dropped"


@pytest.mark.parametrize(
    ("status", "state"), [(500, "queued"), (302, "queued"), (404, "queued"), (410, "dead")]
)
def test_event_that_a_partner_refused_is_sent_again(partner, status: int, state: str) -> None:
    partner.status = status
    confirmed()
    work()
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.response_status) == (state, status)
    assert len(partner.received) == 1


def test_webhook_is_tried_for_three_days_and_again_by_staff_with_its_id(partner) -> None:
    partner.status = 503
    confirmed()
    delivery = WebhookDelivery.objects.get()
    assert delivery.give_up_at - delivery.due_at == timedelta(days=3)
    work()
    WebhookDelivery.objects.update(due_at=Now(), give_up_at=Now())
    work()
    assert WebhookDelivery.objects.get().state == "dead"
    partner.status = 200
    services.send_again(model=WebhookDelivery, ids=[delivery.pk])
    work()
    assert WebhookDelivery.objects.get().state == "sent"
    assert len({headers["webhook-id"] for _, headers, _ in partner.received}) == 1
    assert len(partner.received) == 3


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0",
        "100.64.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1",
        "ff02::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "64:ff9b:1::a00:1",
        "fec0::1", "feff::1", "::127.0.0.1", "::93.184.216.34", "::ffff:0:10.0.0.1", "5f00::1",
        "3fff::1", "3fff:fff::1", "2001:db8::1", "100::1", "4000::1", "64:ff9b::a9fe:a9fe",
        "2606:2800:220:1:0:5efe:10.0.0.1", "2606:2800:220:1:200:5efe:127.0.0.1",
        "fe80::5efe:10.0.0.1", "2002:a00:1::1", "2002:c0a8:101::93.184.216.34",
        "2001:0:5db8:d822::f5ff:fffe", "2001:0:a00:1::a247:27dd", "192.88.99.1", "198.18.0.1",
        "240.0.0.1", "64:ff9b:1::5db8:d822", "2001:2::1", "2001:10::1", "2001:20::1",
    ],
)  # fmt: skip
def test_internal_addresses_are_not_public(address: str) -> None:
    assert not webhooks.is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822",
        "::ffff:93.184.216.34", "2002:5db8:d822::1", "2606:2800:220:1:0:5efe:93.184.216.34",
    ],
)  # fmt: skip
def test_the_open_internet_is_public(address: str) -> None:
    assert webhooks.is_public(address)


class Trickle(threading.Thread):
    """A partner that answers a byte at a time without end."""

    def __init__(self) -> None:
        super().__init__()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/"
        self.went_on_to_the_end = False

    def run(self) -> None:
        connection, _ = self.socket.accept()
        with self.socket, connection, suppress(OSError):
            for _ in range(60):
                connection.sendall(b"H")
                time.sleep(0.05)
            self.went_on_to_the_end = True


def test_a_partner_that_answers_a_byte_at_a_time_is_cut_off(settings, monkeypatch) -> None:
    settings.WEBHOOKS_MAY_GO_INSIDE = True
    monkeypatch.setattr(webhooks, "MAX_SECONDS", 0.3)
    partner = Trickle()
    partner.start()
    with pytest.raises(NotSent):
        deliver(partner.url)
    partner.join()
    assert not partner.went_on_to_the_end


def deliver(url: str) -> None:
    secret = webhooks.new_secret()
    webhooks.send_event(url=url, secret=secret, webhook_id="msg_1", timestamp=1, body="{}")


@pytest.mark.parametrize(
    ("addresses", "is_refused"),
    [(["10.0.0.1"], True), (["93.184.216.34", "127.0.0.1"], True), (["93.184.216.34"], False)],
)
def test_a_name_is_looked_up_at_every_send_and_its_address_pinned(
    monkeypatch, addresses: list[str], is_refused: bool
) -> None:
    called = []

    def connect(address: tuple[str, int], timeout: float) -> None:
        called.append(address)
        raise ConnectionRefusedError

    found = [(2, 1, 6, "", (address, 443)) for address in addresses]
    monkeypatch.setattr(webhooks.socket, "getaddrinfo", lambda *_, **__: found)
    monkeypatch.setattr(webhooks.socket, "create_connection", connect)
    with pytest.raises(NotSent):
        deliver("https://partner.example/")
    assert called == ([] if is_refused else [("93.184.216.34", 443)])


@pytest.mark.parametrize(
    "url", ["http://partner.example/", "https://[::1/", "https://a:x/", "ftp://a/"]
)
def test_an_address_that_cannot_be_is_refused_for_good(url: str) -> None:
    with pytest.raises(Undeliverable):
        deliver(url)


def test_secrets_are_those_of_the_scheme() -> None:
    assert webhooks.is_secret(webhooks.new_secret())
    for wrong in ("", "whsec_", "whsec_short", "whsec_!!!!", "a" * 60):
        assert not webhooks.is_secret(wrong)
