"""Tests of logs: one line a request, its id, and no secrets."""

import io
import json
import logging
import uuid

import pytest
from django.conf import settings
from django.test import Client

from eventbooking_system.server.logs import logging_config
from eventbooking_system.tests.urls import Failing

pytestmark = [pytest.mark.urls("eventbooking_system.tests.urls"), pytest.mark.django_db]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch):
    """
    Return a function that configures logs and returns their stream.

    `written(as_json=True)` is an example.
    """
    stream = io.StringIO()

    def configure(*, as_json: bool) -> io.StringIO:
        monkeypatch.setattr("sys.stderr", stream)
        logging_config(level="INFO", as_json=as_json)
        return stream

    yield configure
    monkeypatch.undo()
    logging_config(level=settings.LOG_LEVEL, as_json=False)


@pytest.fixture
def log(written):
    """Return a function that returns the lines so far. They are written as in production."""
    stream = written(as_json=True)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.fixture
def browser() -> Client:
    return Client(raise_request_exception=False)


PATHS = ["/healthz/", "/readyz/", "/nothing/", "/api/clock/", "/api/members/", "/api/failing/",
         "/failing/", "/api/problems/", "/api/schema/", "/admin/login/",
         "/refusing/?status=500"]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_a_sane_request_id_is_taken_over(browser, log, path):
    response = browser.get(path, headers={"x-request-id": "trace-1.2_3"})
    assert response["X-Request-ID"] == "trace-1.2_3"
    assert {line["request_id"] for line in log()} == {"trace-1.2_3"}


@pytest.mark.parametrize("sent", ["", "a b", "x" * 129, "a\nb", "é", "<script>", '"'])
def test_another_request_id_is_replaced(browser, log, sent):
    made = browser.get("/nothing/", headers={"x-request-id": sent})["X-Request-ID"]
    assert uuid.UUID(made).hex == made
    assert {line["request_id"] for line in log()} == {made}


def test_each_request_has_an_id_of_its_own(browser):
    assert browser.get("/healthz/")["X-Request-ID"] != browser.get("/healthz/")["X-Request-ID"]


def test_a_line_after_a_request_does_not_carry_its_id(browser, log):
    browser.get("/healthz/")
    logging.getLogger("elsewhere").warning("later")
    assert "request_id" not in log()[-1]


def test_a_request_is_one_line(browser, log):
    browser.get("/api/members/?token=hunter2")
    (line,) = log()
    assert line.pop("ms") >= 0
    assert line.pop("timestamp").endswith("Z")
    assert line.pop("request_id")
    assert line == {
        "event": "request",
        "level": "info",
        "logger": "eventbooking_system.server.middleware",
        "method": "GET",
        "path": "/api/members/",
        "status": 401,
    }


@pytest.mark.parametrize("path", ["/api/failing/", "/failing/"])
def test_a_crash_is_logged_once_with_its_traceback(browser, log, monkeypatch, path):
    monkeypatch.setattr(Failing, "error", RuntimeError("what went wrong"))
    browser.get(path)
    crash, request = log()
    assert (crash["level"], crash["event"]) == ("error", "unhandled exception")
    assert "RuntimeError: what went wrong" in crash["exception"]
    assert crash["request_id"] == request["request_id"]
    assert request["status"] == 500


def test_a_crash_outside_of_a_view_is_logged_with_its_traceback(browser, log, monkeypatch):
    def crash(*_: object) -> None:
        raise RuntimeError("what went wrong")

    monkeypatch.setattr(
        "django.contrib.sessions.middleware.SessionMiddleware.process_request", crash
    )
    response = browser.get("/healthz/?token=hunter2")
    assert (response.status_code, response.json()["code"]) == (500, "internal_error")
    assert "RuntimeError: what went wrong" in log()[0]["exception"]
    assert "hunter2" not in json.dumps(log())


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("checks", [True, False])
def test_secrets_are_in_no_line(log, path, checks):
    browser = Client(raise_request_exception=False, enforce_csrf_checks=checks)
    browser.cookies["sessionid"] = "hunter2"
    browser.post(
        f"{path}{'&' if '?' in path else '?'}token=hunter2",
        json.dumps({"password": "hunter2"}),
        content_type="application/json",
        headers={"authorization": "Bearer hunter2", "x-api-key": "hunter2"},
    )
    assert log()
    # The traceback contains the view's own error message, which must not hold secrets.
    assert "hunter2" not in json.dumps([{**line, "exception": ""} for line in log()])


def test_a_newline_in_a_path_does_not_make_a_line(browser, log):
    browser.get("/nothing%0a%7b%22event%22:%22forged%22%7d/")
    assert [line["event"] for line in log()] == ["request"]


def test_lines_for_people_show_tracebacks(written):
    stream = written(as_json=False)
    try:
        raise RuntimeError("what went wrong")
    except RuntimeError:
        logging.getLogger("elsewhere").exception("crash")
    assert "RuntimeError: what went wrong" in stream.getvalue()
    assert "Logging error" not in stream.getvalue()


def test_a_log_line_that_cannot_be_written_does_not_change_the_answer(
    browser, written, monkeypatch
):
    def fail(_: str) -> None:
        raise OSError("No space left on device")

    stream = written(as_json=True)
    monkeypatch.setattr(stream, "write", fail)
    assert browser.get("/healthz/").status_code == 200
