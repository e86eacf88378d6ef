"""Tests of load shedding."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from eventbooking_system.server import load_shedding as shedding
from eventbooking_system.server.load_shedding import Gate, LoadShedder

Answer = tuple[str, dict[str, str], bytes]


class SlowApplication:
    """An application that keeps requests until the test releases them."""

    def __init__(self) -> None:
        self.entered = threading.Semaphore(0)
        self.exit = threading.Semaphore(0)
        self.served: list[str] = []
        self.inside = self.most_inside = 0
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        with self._lock:
            self.served.append(environ["PATH_INFO"])
            self.inside += 1
            self.most_inside = max(self.inside, self.most_inside)
        self.entered.release()
        try:
            assert self.exit.acquire(timeout=30)
            if "crash" in environ["PATH_INFO"]:
                raise ValueError
        finally:
            with self._lock:
                self.inside -= 1
        start_response("200 OK", [])
        return [b"served"]


def ask(application: Any, path: str = "/api/shows/", **environ: str) -> Answer:
    heard: list[Any] = []
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path, **environ}
    body = b"".join(application(environ, lambda *head: heard.extend(head)))
    return heard[0], dict(heard[1]), body


def places(shedder: LoadShedder) -> Gate:
    """Return the gate of requests that are neither payments nor urgent."""
    return shedder._gates["requests"]


@pytest.fixture
def slow() -> SlowApplication:
    return SlowApplication()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(60) as threads:
        yield threads


@pytest.fixture
def send(pool, slow) -> Callable[..., Future[Answer]]:
    """
    Return a function that sends a request from a thread.

    It returns when the request is inside the application.
    """

    def _send(shedder: LoadShedder, path: str = "/api/shows/", **environ: str) -> Future[Answer]:
        sent = pool.submit(ask, shedder, path, **environ)
        assert slow.entered.acquire(timeout=30)
        return sent

    return _send


@pytest.fixture
def queue_up(pool, monkeypatch) -> Callable[..., Future[Answer]]:
    """Return a function that queues a request from a thread. It returns when the request waits."""
    monkeypatch.setattr(shedding, "PATIENCE_SECONDS", 60)

    def _queue_up(shedder: LoadShedder, path: str) -> Future[Answer]:
        before = len(places(shedder)._queue)
        sent = pool.submit(ask, shedder, path)
        while len(places(shedder)._queue) == before:
            assert not sent.done()
        return sent

    return _queue_up


def test_one_too_many_is_refused_before_anything_happens(slow, send):
    shedder = LoadShedder(slow, at_once=1, waiting=0, payments=2)
    first = send(shedder, "/first/")
    status, headers, body = ask(shedder, "/second/")
    assert status == "503 Service Unavailable"
    assert headers["Content-Type"] == "application/problem+json"
    assert 1 <= int(headers["Retry-After"]) <= 3
    assert int(headers["Content-Length"]) == len(body)
    document = json.loads(body)
    assert (document["code"], document["status"]) == ("busy", 503)
    assert document["type"] == "/api/problems/busy/"
    slow.exit.release()
    assert first.result()[2] == b"served"
    assert slow.served == ["/first/"]


def test_a_refusal_keeps_the_request_id_that_was_sent(slow, send):
    shedder = LoadShedder(slow, at_once=1, waiting=0, payments=2)
    send(shedder)
    assert ask(shedder, HTTP_X_REQUEST_ID="abc-1")[1]["X-Request-ID"] == "abc-1"
    assert ask(shedder, HTTP_X_REQUEST_ID="not one")[1]["X-Request-ID"] not in ("", "not one")
    slow.exit.release()


def test_a_browser_at_another_origin_may_read_a_refusal(slow, send):
    shedder = LoadShedder(slow, at_once=1, waiting=0, payments=2)
    send(shedder)
    headers = ask(shedder, HTTP_ORIGIN="https://app.example.org")[1]
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Retry-After" in headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Origin" not in ask(shedder)[1]
    slow.exit.release()


def test_waiting_requests_are_served_in_their_order(slow, send, queue_up):
    shedder = LoadShedder(slow, at_once=1, waiting=2, payments=2)
    asked = [send(shedder, "/1/"), queue_up(shedder, "/2/"), queue_up(shedder, "/3/")]
    assert ask(shedder, "/4/")[0].startswith("503")
    slow.exit.release(3)
    assert [sent.result()[2] for sent in asked] == [b"served"] * 3
    assert slow.served == ["/1/", "/2/", "/3/"]
    assert slow.most_inside == 1


def test_no_request_waits_longer_than_patience_seconds(slow, send, monkeypatch):
    monkeypatch.setattr(shedding, "PATIENCE_SECONDS", 0.01)
    shedder = LoadShedder(slow, at_once=1, waiting=5, payments=2)
    first = send(shedder)
    assert ask(shedder)[0].startswith("503")
    assert not places(shedder)._queue
    slow.exit.release(2)
    assert first.result()[2] == b"served"
    assert ask(shedder)[2] == b"served"


def test_request_that_would_wait_too_long_is_refused_at_once(slow, send, queue_up):
    shedder = LoadShedder(slow, at_once=1, waiting=5, payments=2)
    asked = [send(shedder, "/1/"), queue_up(shedder, "/2/")]
    places(shedder)._pace = 100.0
    assert ask(shedder, "/3/")[0].startswith("503")
    places(shedder)._pace = 1.0
    asked.append(queue_up(shedder, "/3/"))
    slow.exit.release(3)
    assert [sent.result()[2] for sent in asked] == [b"served"] * 3
    assert places(shedder)._pace == 0.0


def test_idle_time_before_a_rush_does_not_count_for_the_pace(slow, send, queue_up, monkeypatch):
    """Otherwise a process would refuse requests because it was idle before."""
    monkeypatch.setattr(shedding, "time", SimpleNamespace(monotonic=lambda: 1000.0))
    shedder = LoadShedder(slow, at_once=1, waiting=5, payments=2)
    asked = [send(shedder, "/1/"), queue_up(shedder, "/2/"), queue_up(shedder, "/3/")]
    slow.exit.release()
    assert asked[0].result()[2] == b"served"
    assert places(shedder)._pace == 0.0
    slow.exit.release(2)
    assert [sent.result()[2] for sent in asked[1:]] == [b"served"] * 2


def test_the_pace_is_that_at_which_requests_come_out(slow, send, queue_up, monkeypatch):
    shedder = LoadShedder(slow, at_once=1, waiting=5, payments=2)
    asked = [send(shedder), queue_up(shedder, "/2/"), queue_up(shedder, "/3/")]
    monkeypatch.setattr(shedding, "_WEIGHT_OF_LAST", 1.0)
    monkeypatch.setattr(shedding, "time", SimpleNamespace(monotonic=lambda: 100.0))
    places(shedder)._left_at = 90.0
    slow.exit.release()
    assert asked[0].result()[2] == b"served"
    assert (places(shedder)._pace, places(shedder)._left_at) == (10.0, 100.0)
    slow.exit.release(2)
    assert [sent.result()[2] for sent in asked[1:]] == [b"served"] * 2


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/healthz/"),
        ("GET", "/readyz/"),
        ("GET", "/metrics/"),
        ("POST", "/api/bookings/webhooks/stripe/"),
        ("POST", "/api/bookings/check-in/"),
        ("OPTIONS", "/api/bookings/"),
    ],
)
def test_urgent_request_is_never_refused_and_uses_no_place(slow, send, method, path):
    shedder = LoadShedder(slow, at_once=1, waiting=0, payments=2)
    asked = [send(shedder, path, REQUEST_METHOD=method) for _ in range(3)]
    asked.append(send(shedder, "/api/bookings/"))
    asked.append(send(shedder, path, REQUEST_METHOD=method))
    slow.exit.release(5)
    assert [sent.result()[2] for sent in asked] == [b"served"] * 5


PAYMENTS = ["/api/bookings/7/payments/", "/api/bookings/7/cancel/", "/api/shows/7/cancel/"]


@pytest.mark.parametrize("path", PAYMENTS)
def test_payments_have_places_of_their_own_and_are_refused_beyond_them(slow, send, path):
    shedder = LoadShedder(slow, at_once=1, waiting=0, payments=2)
    asked = [send(shedder, path, REQUEST_METHOD="POST") for _ in range(2)]
    status, headers, body = ask(shedder, path, REQUEST_METHOD="POST")
    assert (status, json.loads(body)["code"]) == ("503 Service Unavailable", "busy")
    assert 1 <= int(headers["Retry-After"]) <= 3
    asked.append(send(shedder, "/api/bookings/", REQUEST_METHOD="POST"))
    asked.append(send(shedder, "/api/bookings/webhooks/stripe/", REQUEST_METHOD="POST"))
    slow.exit.release(4)
    assert [sent.result()[2] for sent in asked] == [b"served"] * 4
    assert len(slow.served) == 4


def test_a_full_process_still_takes_payments(slow, send):
    shedder = LoadShedder(slow, at_once=1, waiting=0, payments=1)
    asked = [send(shedder, "/api/bookings/"), send(shedder, PAYMENTS[0], REQUEST_METHOD="POST")]
    slow.exit.release(2)
    assert [sent.result()[2] for sent in asked] == [b"served"] * 2


@pytest.mark.parametrize("path", ["/", "/api/bookings/", "/api/bookings/7/", "/api/shows/7/seats/"])
def test_everything_else_may_be_refused(slow, send, path):
    shedder = LoadShedder(slow, at_once=1, waiting=0, payments=2)
    send(shedder)
    assert ask(shedder, path)[0].startswith("503")
    slow.exit.release()


def test_a_crash_gives_its_place_back(slow, send):
    shedder = LoadShedder(slow, at_once=1, waiting=0, payments=2)
    crashed = send(shedder, "/crash/")
    slow.exit.release(2)
    assert isinstance(crashed.exception(), ValueError)
    assert ask(shedder)[2] == b"served"


def test_a_rush_lets_so_many_in_at_once_and_all_places_are_free_after(slow, pool, monkeypatch):
    monkeypatch.setattr(shedding, "PATIENCE_SECONDS", 0.0005)
    shedder = LoadShedder(slow, at_once=3, waiting=20, payments=2)
    slow.exit.release(10_000)
    answers = list(pool.map(lambda _: ask(shedder)[0], range(3000)))
    assert slow.most_inside <= 3
    assert answers.count("200 OK") == len(slow.served)
    assert {"200 OK"} <= set(answers) <= {"200 OK", "503 Service Unavailable"}
    assert (places(shedder)._inside, len(places(shedder)._queue)) == (0, 0)


def test_refusals_are_logged_once_a_second(slow, send, caplog):
    shedder = LoadShedder(slow, at_once=1, waiting=0, payments=2)
    send(shedder)
    shedder._logged_at = float("inf")
    for _ in range(5):
        ask(shedder)
    assert not caplog.records
    shedder._logged_at = float("-inf")
    ask(shedder)
    assert [record.refused for record in caplog.records] == [6]
    slow.exit.release()


@pytest.mark.parametrize(
    "path",
    [
        "/api/users/login/",
        "/api/users/register/",
        "/api/users/password/change/",
        "/api/users/password/reset/confirm/",
        "/admin/login/",
    ],
)
def test_requests_that_hash_a_password_take_no_place_of_others_and_wait_in_turn(slow, path):
    shedder = LoadShedder(slow, at_once=1, waiting=0, payments=1)
    with ThreadPoolExecutor(4) as pool:
        hashing = [pool.submit(ask, shedder, path, REQUEST_METHOD="POST") for _ in range(3)]
        assert slow.entered.acquire(timeout=30)
        other = pool.submit(ask, shedder, "/api/shows/")
        assert slow.entered.acquire(timeout=30)
        assert slow.inside == 2
        for _ in range(4):
            slow.exit.release()
        assert other.result(timeout=30)[0] == "200 OK"
        assert [answer.result(timeout=30)[0] for answer in hashing] == ["200 OK"] * 3
    assert slow.most_inside == 2


def test_networks_take_turns_at_a_gate(monkeypatch):
    """Many logins from one address must not stop all others."""
    monkeypatch.setattr(shedding, "PATIENCE_SECONDS", 60)
    gate = Gate(at_once=1, waiting=4)
    assert gate.enter("attacker")
    served = []

    def enter(network: str, waiting: int) -> threading.Thread:
        def wait() -> None:
            if gate.enter(network):
                served.append(network)
                gate.leave()

        thread = threading.Thread(target=wait)
        thread.start()
        while len(gate._queue) < waiting:
            assert thread.is_alive()
        return thread

    waiting = [enter("attacker", number) for number in (1, 2, 3, 4)]
    # The process is full, so the last request of the network with the most requests is refused.
    owner = enter("owner", 4)
    waiting[3].join(30)
    assert not waiting[3].is_alive()
    assert not gate.enter("attacker")
    gate.leave()
    for thread in (*waiting, owner):
        thread.join(30)
    assert served == ["attacker", "owner", "attacker", "attacker"]
    assert (gate._inside, len(gate._queue)) == (0, 0)


def test_requests_that_hash_a_password_enter_by_their_network(slow, monkeypatch):
    entered = []
    monkeypatch.setattr(Gate, "enter", lambda self, network="": entered.append(network))
    shedder = LoadShedder(slow, at_once=1, waiting=1, payments=1)
    for path in ("/api/users/login/", "/api/bookings/"):
        ask(shedder, path, REQUEST_METHOD="POST", REMOTE_ADDR="2001:db8::1:2:3:4")
    assert entered == ["2001:db8::", ""]


def test_a_page_of_the_profile_does_not_count_as_a_request_that_hashes():
    for method, share in (("GET", "requests"), ("DELETE", "passwords")):
        environ = {"REQUEST_METHOD": method, "PATH_INFO": "/api/users/me/"}
        assert shedding.share_of(environ) == share
