"""Exceptions as problem documents (RFC 9457) without secrets."""

from itertools import product

import psycopg2.errorcodes
import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.http import Http404, UnreadablePostError
from rest_framework import exceptions
from rest_framework.throttling import SimpleRateThrottle
from rest_framework_simplejwt.exceptions import AuthenticationFailed, InvalidToken

from eventbooking_system.errors import PROBLEMS, Busy, DomainError, InUse, InvalidField, Throttled
from eventbooking_system.testing.problems import assert_problem
from eventbooking_system.tests.urls import Failing

pytestmark = [pytest.mark.urls("eventbooking_system.tests.urls"), pytest.mark.django_db]


class DriverError(Exception):
    def __init__(self, pgcode: str | None) -> None:
        super().__init__("hunter2")
        self.pgcode = pgcode


def database_error(text: str = "hunter2", *, pgcode: str | None = None) -> OperationalError:
    error = OperationalError(text)
    error.__cause__ = DriverError(pgcode)
    return error


CODES = psycopg2.errorcodes


ERRORS = [
    (RuntimeError("hunter2"), 500, "internal_error"),
    (KeyError("hunter2"), 500, "internal_error"),
    (RecursionError("hunter2"), 500, "internal_error"),
    (IntegrityError('duplicate key value violates "hunter2"'), 500, "internal_error"),
    (database_error("server closed the connection unexpectedly"), 503, "busy"),
    (database_error("could not receive data from server: Connection reset"), 503, "busy"),
    (database_error("could not send data to server: Broken pipe"), 503, "busy"),
    (database_error("SSL SYSCALL error: EOF detected"), 503, "busy"),
    (database_error("no connection to the server"), 503, "busy"),
    (database_error("disk I/O error"), 500, "internal_error"),
    (InterfaceError("connection already closed"), 503, "busy"),
    (database_error(pgcode=CODES.DISK_FULL), 503, "busy"),
    (database_error(pgcode=CODES.READ_ONLY_SQL_TRANSACTION), 503, "busy"),
    (database_error(pgcode=CODES.LOCK_NOT_AVAILABLE), 503, "busy"),
    (database_error(pgcode=CODES.DEADLOCK_DETECTED), 503, "busy"),
    (database_error(pgcode=CODES.SERIALIZATION_FAILURE), 503, "busy"),
    (database_error(pgcode=CODES.QUERY_CANCELED), 503, "busy"),
    (database_error(pgcode=CODES.ADMIN_SHUTDOWN), 503, "busy"),
    (database_error("database is locked"), 503, "busy"),
    (database_error('connection to server at "db", port 5432 failed: hunter2'), 503, "busy"),
    (Http404("hunter2"), 404, "not_found"),
    (PermissionDenied("hunter2"), 403, "permission_denied"),
    (RequestDataTooBig("hunter2"), 413, "too_large"),
    (SuspiciousOperation("hunter2"), 400, "bad_request"),
    (BadRequest("hunter2"), 400, "bad_request"),
    (UnreadablePostError("hunter2"), 400, "bad_request"),
    (InUse("It has shows.", show_ids=[1]), 409, "in_use"),
    (InvalidField("code", "No.", "taken"), 400, "invalid"),
    (Busy("Wait."), 503, "busy"),
    (Throttled("Wait.", retry_after=0), 429, "throttled"),
]


@pytest.mark.parametrize(("error", "status", "code"), ERRORS, ids=lambda value: repr(value)[:60])
@pytest.mark.usefixtures("mode")
def test_every_exception_of_a_view_is_answered_with_a_problem(
    browser, monkeypatch, error, status, code
):
    monkeypatch.setattr(Failing, "error", error)
    for path, accept in product(["/api/failing/", "/failing/"], ["application/json", "text/html"]):
        response = browser.post(path, headers={"accept": accept})
        assert_problem(response, status, code)
        assert ("Retry-After" in response) == (status in (429, 503))


def test_the_members_of_a_refusal_are_in_its_problem(api, monkeypatch):
    monkeypatch.setattr(Failing, "error", InUse("It has shows.", show_ids=[1, 2]))
    document = assert_problem(api.get("/api/failing/"), 409, "in_use")
    assert (document["detail"], document["show_ids"]) == ("It has shows.", [1, 2])


class OddError(exceptions.APIException):
    status_code = 418
    default_code = "teapot"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (
            InvalidToken({"detail": "No.", "messages": [{"message": "expired"}]}),
            401,
            "token_invalid",
        ),
        (AuthenticationFailed("User not found", code="user_not_found"), 401, "token_invalid"),
        (exceptions.AuthenticationFailed("No.", "no_active_account"), 401, "authentication_failed"),
        (exceptions.AuthenticationFailed(), 401, "authentication_failed"),
        (exceptions.NotAuthenticated(), 401, "not_authenticated"),
        (exceptions.PermissionDenied(["No.", "Never."]), 403, "permission_denied"),
        (exceptions.Throttled(wait=0.2), 429, "throttled"),
        (exceptions.Throttled(), 429, "throttled"),
        (exceptions.APIException(), 500, "internal_error"),
        (OddError(), 400, "bad_request"),
    ],
    ids=repr,
)
def test_every_exception_of_the_framework_has_a_documented_code(
    api, monkeypatch, error, status, code
):
    monkeypatch.setattr(Failing, "error", error)
    response = api.get("/api/failing/")
    assert_problem(response, status, code)
    assert ("WWW-Authenticate" in response) == (status == 401)
    assert ("Retry-After" in response) == (status == 429)


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "\x00", "ü", "Bearer", "a b"])
def test_a_malformed_token_is_invalid(api, token):
    response = api.get("/api/members/", headers={"authorization": f"Bearer {token}"})
    assert_problem(response, 401, "token_invalid")
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_no_token_at_all_is_asked_for(api):
    response = api.get("/api/members/")
    assert_problem(response, 401, "not_authenticated")
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_throttled_request_gets_a_time_to_retry(api, monkeypatch):
    rates = {"anon": "1/min", "user": None, "booking": None}
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", rates)
    monkeypatch.setattr(SimpleRateThrottle, "timer", lambda self: 90.0)
    assert api.get("/api/clock/").status_code == 200
    response = api.get("/api/clock/")
    assert_problem(response, 429, "throttled")
    assert 1 <= int(response["Retry-After"]) <= 60


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 406, 413, 415, 429, 500, 502, 503])
def test_the_error_page_of_a_library_becomes_a_problem(mode, browser, status):
    response = browser.get(f"/refusing/?status={status}")
    kept = 500 if status == 502 else status
    assert response.status_code == kept
    assert_problem(response, kept, response.json()["code"])


def test_unexpected_database_error_leaks_nothing(api, monkeypatch):
    group = Group.objects.create(name="hunter2")
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        Group.objects.create(name=group.name)
    monkeypatch.setattr(Failing, "error", refusal.value)
    assert_problem(api.get("/api/failing/"), 500, "internal_error")


def test_every_problem_has_a_page(client):
    index = client.get("/api/problems/")
    assert index.status_code == 200
    for problem in PROBLEMS.values():
        assert problem.explanation, problem.code
        assert problem.type in index.content.decode()
        page = client.get(problem.type)
        assert page.status_code == 200
        assert problem.code in page.content.decode()
        assert "http://" not in page.content.decode() + index.content.decode()


def test_a_refusal_without_a_title_is_the_same_problem_as_its_parent():
    class ScreenInUse(InUse):
        pass

    assert ScreenInUse("No.").code == "in_use"
    assert PROBLEMS["in_use"].explanation.startswith("Something else depends on it")
    assert issubclass(ScreenInUse, DomainError)
