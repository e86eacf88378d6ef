from collections.abc import Callable, Iterator

import pytest
from aiosmtpd.controller import Controller
from rest_framework.test import APIClient

from bookings.models import Ticket, WebhookSubscription
from bookings.notifications.email import close_connection
from bookings.notifications.webhooks import new_secret
from bookings.services.holding import retrying
from bookings.tests.factories import confirmed, show_soon, ticket_of
from bookings.tests.playground import playground
from bookings.tests.smtp_server import free_port
from bookings.tests.stripe_server import StripeServer
from users.tests.factories import staff_with


@pytest.fixture
def subscription() -> WebhookSubscription:
    """Subscribe a partner to every event. The test says where it listens."""
    return WebhookSubscription.objects.create(
        name="Partner",
        url="https://partner.example/hooks?a=1",
        events=list(WebhookSubscription.Event),
        secret=new_secret(),
    )


@pytest.fixture(autouse=True)
def _own_mail_connection() -> None:
    """Close an earlier test's connection to another mail server."""
    close_connection()


@pytest.fixture
def smtp(settings) -> Iterator[Callable[..., Controller]]:
    """
    Return a function that starts a real mail server for later mails.

    `smtp(mailbox)` returns the server, which can be stopped.
    """
    servers: list[Controller] = []

    def serve(mailbox: object, port: int = 0) -> Controller:
        server = Controller(mailbox, hostname="127.0.0.1", port=port or free_port())
        server.start()
        servers.append(server)
        settings.EMAIL_BACKEND = "bookings.notifications.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        return server

    yield serve
    close_connection()
    for server in servers:
        if not server.loop.is_closed():
            server.stop()


@pytest.fixture
def long_retries(monkeypatch) -> None:
    """Let the holds of a race retry long enough for slow machines."""
    monkeypatch.setattr(retrying, "MAX_SECONDS", 60)


@pytest.fixture
def ticket() -> Ticket:
    """Return the ticket of a confirmed booking, whose doors are open."""
    return ticket_of(confirmed("A1", "A2", show=show_soon()))


@pytest.fixture
def usher(login) -> APIClient:
    """Return a client of staff who may check in tickets."""
    return login(staff_with("check_in_ticket"))


@pytest.fixture
def server(db) -> Iterator[StripeServer]:
    """Return a provider without a network, at which all payments are made."""
    with playground(0) as server:
        yield server
