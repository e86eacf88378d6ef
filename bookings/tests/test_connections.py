"""Connections to PostgreSQL around payers, providers and outages."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg2
import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, connections
from django.test import RequestFactory
from rest_framework.throttling import SimpleRateThrottle

from bookings.models import Booking, Payment
from bookings.payments.sandbox import SandboxGateway
from bookings.tests.factories import held
from eventbooking_system.db.connection_pool import install_pool, remove_pool
from eventbooking_system.server.load_shedding import SHARES, LoadShedder
from shows.models import Show
from shows.tests.factories import scheduled_show
from users.tokens import start_session

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres,
    pytest.mark.long,
]

SIZE = 3
PAYMENTS = 12
PAYERS = 30
Answer = tuple[str, dict[str, str]]


@pytest.fixture
def database() -> Iterator[Callable[[str], list[Any]]]:
    """
    Return a function that runs SQL on a separate connection.

    The connection is to another database.
    """
    own = psycopg2.connect(**{**connection.get_connection_params(), "dbname": "postgres"})
    own.autocommit = True

    def run(sql: str) -> list[Any]:
        with own.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else []

    yield run
    own.close()


@pytest.fixture
def opened(database) -> Callable[[], int]:
    """Return a function that counts the connections to the tests' database."""
    name = connection.settings_dict["NAME"]
    return lambda: database(f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}'")[0][0]


@pytest.fixture
def application(opened) -> Iterator[LoadShedder]:
    """Serve the system with few connections, soon closed when idle."""
    install_pool(size=SIZE, shares=SHARES, idle_seconds=1)
    yield LoadShedder(WSGIHandler(), at_once=SIZE, waiting=20, payments=PAYMENTS)
    remove_pool()


def ask(application: LoadShedder, path: str, *, method: str = "GET", **headers: str) -> Answer:
    heard: list[Any] = []
    request = RequestFactory().generic(
        method, path, "{}", content_type="application/json", headers=headers
    )
    b"".join(application(request.environ, lambda *head: heard.extend(head)))
    return heard[0][:3], dict(heard[1])


def pay_at_once(
    application: LoadShedder, bookings: Sequence[Booking], meanwhile: Callable[[], None]
) -> list[Answer]:
    """Pay for each booking at once, and return all answers. `meanwhile` runs beside them."""
    tokens = [start_session(booking.user).access for booking in bookings]
    barrier = threading.Barrier(len(bookings) + 1)

    def pay(booking: Booking, token: str) -> Answer:
        barrier.wait(timeout=30)
        path = f"/api/bookings/{booking.pk}/payments/"
        return ask(application, path, method="POST", Authorization=f"Bearer {token}")

    with ThreadPoolExecutor(len(bookings)) as threads:
        sent = [threads.submit(pay, *pair) for pair in zip(bookings, tokens, strict=True)]
        barrier.wait(timeout=30)
        meanwhile()
        return [answer.result(timeout=60) for answer in sent]


def holds(show: Show) -> list[Booking]:
    return [held(f"A{number}", show=show) for number in range(1, PAYERS + 1)]


def assert_comes_back_to(start: int, opened: Callable[[], int]) -> None:
    """
    Assert the number of connections after the idle time.

    The test's idle time is a second; the default is twenty.
    """
    for _ in range(100):
        if opened() <= start:
            return
        time.sleep(0.1)
    raise AssertionError(f"{opened()} connections, of {start} at the start")


def test_payers_of_a_locked_show_use_few_connections_and_return_all(
    application, opened, monkeypatch
):
    monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, "anon", None)
    show = scheduled_show(rows={"A": PAYERS})
    bookings, start = holds(show), opened()
    during: list[int] = []
    others: list[Answer] = []

    def look() -> None:
        for _ in range(6):
            during.append(opened())
            others.append(ask(application, "/readyz/"))
            others.append(ask(application, "/healthz/"))
            others.append(ask(application, "/api/venues/"))
            time.sleep(0.5)

    params = connection.get_connection_params()
    locker = psycopg2.connect(**{**params, "options": "", "cursor_factory": None})
    with locker.cursor() as cursor:
        cursor.execute("SELECT 1 FROM shows_showseat WHERE show_id = %s FOR UPDATE", [show.pk])
        answers = pay_at_once(application, bookings, look)
    locker.close()

    # A payment whose seats stay locked is recorded later, which 202 says.
    assert {status for status, _ in answers} <= {"202", "503"}
    assert all("Retry-After" in headers for status, headers in answers if status == "503")
    assert max(during) <= start + 1 + 3 * SIZE
    assert Counter(status for status, _ in others) == {"200": 18}
    assert not Payment.objects.filter(status="succeeded").exists()
    assert_comes_back_to(start, opened)
    assert ask(application, "/readyz/")[0] == "200"


def test_payers_whose_provider_takes_seconds_hold_no_connections(application, opened, monkeypatch):
    show = scheduled_show(rows={"A": PAYERS})
    bookings, start = holds(show), opened()
    create_payment, is_asked = SandboxGateway.create_payment, threading.Semaphore(0)
    goes_on = threading.Event()

    def slowly(gateway: SandboxGateway, order: Any) -> Any:
        is_asked.release()
        goes_on.wait(timeout=30)
        return create_payment(gateway, order)

    monkeypatch.setattr(SandboxGateway, "create_payment", slowly)
    during: list[int] = []

    def look() -> None:
        for _ in range(PAYMENTS):
            assert is_asked.acquire(timeout=30)
        assert ask(application, "/readyz/")[0] == "200"
        assert ask(application, "/api/venues/")[0] == "200"
        assert_comes_back_to(start, opened)
        during.append(opened())
        goes_on.set()

    answers = pay_at_once(application, bookings, look)
    assert Counter(status for status, _ in answers) == {"201": PAYMENTS, "503": PAYERS - PAYMENTS}
    assert Payment.objects.filter(status="succeeded").count() == PAYMENTS
    assert Payment.objects.count() == PAYMENTS
    assert max(during) <= start
    assert_comes_back_to(start, opened)


def test_a_process_heals_at_once_when_its_database_comes_back(application, opened, database):
    connection.ensure_connection()  # The thread of the test keeps one of its own.
    name, start = connection.settings_dict["NAME"], opened()
    with ThreadPoolExecutor(SIZE) as threads:
        together = lambda: set(threads.map(lambda _: ask(application, "/readyz/")[0], range(9)))  # noqa: E731
        assert together() == {"200"}
        connections.close_all()
        database(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        try:
            database(
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
            )
            assert together() == {"503"}
            assert {ask(application, "/api/venues/")[0] for _ in range(5)} == {"503"}
            assert ask(application, "/healthz/")[0] == "200"
        finally:
            database(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        assert together() == {"200"}
        assert ask(application, "/api/venues/")[0] == "200"
    assert_comes_back_to(start, opened)
