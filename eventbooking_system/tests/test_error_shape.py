"""Tests that every error is a problem document (RFC 9457) without secrets."""

from itertools import product
from urllib.parse import urlencode

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
from django.test import Client
from rest_framework import exceptions
from rest_framework.throttling import SimpleRateThrottle
from rest_framework_simplejwt.exceptions import AuthenticationFailed, InvalidToken

from eventbooking_system.errors import PROBLEMS, Busy, DomainError, InUse, InvalidField, Throttled
from eventbooking_system.testing.problems import assert_problem
from eventbooking_system.tests.urls import Failing
from users.tests.factories import StaffFactory

pytestmark = [pytest.mark.urls("eventbooking_system.tests.urls"), pytest.mark.django_db]


@pytest.fixture(params=[False, True], ids=["production", "debug"])
def mode(request, settings) -> bool:
    """With and without DEBUG, whose technical pages must never appear."""
    settings.DEBUG = request.param
    return request.param


@pytest.fixture
def browser() -> Client:
    return Client(raise_request_exception=False, enforce_csrf_checks=True)


@pytest.mark.parametrize(
    "path",
    ["/nothing/", "/api/nothing/", "/api/problems/nothing/", "/api/problems/not_found/",
     "/static/nothing.css", "/%00/", "/%ff%fe/", "/api/groups/%00/", "/api/groups/nothing/",
     "/api/groups/99999999999999999999999/", "/api/groups/" + "9" * 5000 + "/",
     "/admin/nothing/", "//nothing//"],
)  # fmt: skip
@pytest.mark.parametrize("accept", ["application/json", "text/html", "*/*"])
def test_an_unknown_url_is_not_found(mode, browser, path, accept):
    if path.startswith("/admin/"):
        browser.force_login(StaffFactory())
    response = browser.get(path, headers={"accept": accept})
    if accept == "text/html" and not path.startswith("/api/"):
        assert (response.status_code, response["Content-Type"]) == (404, "text/html; charset=utf-8")
        assert "traceback" not in response.content.decode().lower()
    else:
        assert_problem(response, 404, "not_found")


def test_a_path_without_its_slash_is_told_so(mode, browser):
    for response in (browser.get("/api/clock"), browser.post("/api/echo", {"text": "a"})):
        assert "end in a slash" in assert_problem(response, 404, "not_found")["detail"]


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/api/clock/", "GET, HEAD, OPTIONS"), ("/healthz/", "GET, HEAD"),
     ("/api/problems/", "GET, HEAD")],
)  # fmt: skip
def test_a_wrong_method_is_told_which_are_right(mode, browser, path, allowed):
    response = browser.put(path, {}, content_type="application/json")
    assert_problem(response, 405, "method_not_allowed")
    assert response["Allow"] == allowed


def test_an_unknown_method_is_not_allowed(mode, browser):
    assert_problem(browser.generic("BREW", "/api/clock/"), 405, "method_not_allowed")


@pytest.mark.parametrize("accept", ["image/png", "application/xml", "nonsense"])
def test_a_type_that_is_not_there_is_not_acceptable(mode, api, accept):
    response = api.get("/api/clock/", headers={"accept": accept})
    assert_problem(response, 406, "not_acceptable")


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/xml", "multipart/form-data; boundary=x", "nonsense", ""],
)
def test_a_body_of_another_type_is_unsupported(mode, api, content_type):
    response = api.generic("POST", "/api/echo/", "text=a", content_type=content_type)
    assert_problem(response, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "body",
    [b"{", b'{"text": }', b"{'text': 'a'}", b'{"text": "a"} {}', b'{"text": "a",}',
     b'{"text": "a", "text": "b"}', b'{"any": [{"a": 1, "a": 1}]}', b'[{"a": 1, "a": 1}]',
     b'{"any": {"": 1, "": 1}}', b'{"te\\u0078t": "a", "text": "b"}',
     b'{"ratio": NaN}', b'{"ratio": Infinity}', b'{"ratio": -Infinity}', b'{"ratio": 1e999}',
     b'{"whole": 1' + b"0" * 5000 + b"}",
     b"[" * 60_000, b"[" * 30_000 + b"]" * 30_000, b'{"any":' * 8_000 + b"1" + b"}" * 8_000,
     b'{"any":' + b"[" * 64 + b"]" * 64 + b"}",
     b'{"text": "\xff"}', b'{"text": "\\ud800"}', b'{"text": "\\udc00\\ud800"}',
     b'{"text": "\xed\xa0\x80"}', b'\xef\xbb\xbf{"text": "a"}', '{"text": "a"}'.encode("utf-16"),
     b'{"whole": 01}', b'{"whole": 0x1}', b"\x00", b"// comment\n{}"],
    ids=lambda body: repr(body[:30]),
)  # fmt: skip
def test_malformed_json_is_a_parse_error(mode, api, body):
    response = api.generic("POST", "/api/echo/", body, content_type="application/json")
    document = assert_problem(response, 400, "parse_error")
    assert document["detail"].startswith("Malformed JSON: ")
    assert len(document["detail"]) < 300


def test_repeated_names_are_found_in_linear_time(api):
    """A body may have many names, and one of them twice."""
    names = ",".join(f'"{number}":1' for number in range(7_000))
    body = '{"0":1,' + names + "}"
    response = api.generic("POST", "/api/echo/", body, content_type="application/json")
    assert "appear twice: 0" in assert_problem(response, 400, "parse_error")["detail"]


@pytest.mark.parametrize(
    "body",
    [b"[]", b"null", b'"text"', b"1",
     b'{"whole": 18446744073709551616}', b'{"whole": 9223372036854775808}', b'{"whole": 1.0}',
     b'{"whole": true}', b'{"text": 1}', b'{"text": "\\u0000"}', b'{"text": null}',
     b'{"show_id": 0}', b'{"flag": 1}', b'{"ratio": "1"}', b'{"amount": 1.5}', b'{"nothing": 1}'],
    ids=lambda body: repr(body[:30]),
)  # fmt: skip
def test_json_of_another_shape_is_invalid(mode, api, body):
    response = api.generic("POST", "/api/echo/", body, content_type="application/json")
    document = assert_problem(response, 400, "invalid")
    for error in document["errors"]:
        assert error.keys() == {"field", "code", "detail"}
        assert error["code"] and error["detail"]


def test_errors_name_their_fields_by_dotted_paths(api):
    body = {"lines": [{"name": "a"}, {"name": 1}, {"x": "b"}], "whole": "1", "id": 1, "owner": 2}
    document = assert_problem(api.post("/api/echo/", body), 400, "invalid")
    assert [(error["field"], error["code"]) for error in document["errors"]] == [
        ("whole", "invalid"),
        ("lines.1.name", "invalid"),
        ("lines.2.name", "required"),
        ("lines.2.x", "unknown_field"),
        ("id", "read_only"),
        ("owner", "read_only"),
    ]
    assert document["detail"] == "6 fields are wrong."


def test_an_error_of_no_field_names_none(api):
    (error,) = assert_problem(api.post("/api/echo/", []), 400, "invalid")["errors"]
    assert error["field"] == ""


def test_an_answer_does_not_outgrow_its_request(api):
    document = api.post("/api/echo/", {"lines": [0] * 10_000}).json()
    assert document["detail"] == "10000 fields are wrong."
    assert len(document["errors"]) == 100


@pytest.mark.parametrize("length", ["-1", "nonsense", "1e3", "0x10", "²", "9" * 5000, "1, 1"])
def test_a_content_length_that_is_no_number_is_a_bad_request(mode, api, length):
    response = api.generic(
        "POST", "/api/echo/", b"{}", content_type="application/json", CONTENT_LENGTH=length
    )
    assert_problem(response, 400, "bad_request")


def test_a_body_in_chunks_is_refused_where_the_server_cannot_tell_its_end(mode, api):
    response = api.generic(
        "POST", "/api/echo/", b"{}", "application/json", HTTP_TRANSFER_ENCODING="chunked"
    )
    assert_problem(response, 400, "bad_request")


def test_a_body_that_is_too_large_is_refused_unread(mode, api, settings):
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    response = api.generic(
        "POST", "/api/echo/", b"{}", content_type="application/json", CONTENT_LENGTH=str(limit + 1)
    )
    assert_problem(response, 413, "too_large")
    # The security headers are there, too, although no view was called.
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/api/clock/", "/nothing/", "/static/nothing.css"])
@pytest.mark.parametrize("host", ["evil.example.org", "bad host", "a_b:c", ""])
def test_another_host_is_a_bad_request(mode, browser, path, host):
    document = assert_problem(browser.get(path, HTTP_HOST=host), 400, "bad_request")
    assert document["detail"] == "This host is not served here."


def test_a_session_without_its_csrf_token_is_refused(mode, browser):
    browser.force_login(StaffFactory())
    for path in ("/api/members/", "/admin/logout/"):
        assert_problem(browser.post(path), 403, "permission_denied")


def test_a_form_with_too_many_fields_is_a_bad_request(mode, browser):
    """A middleware reads the form, outside the views' handler of errors."""
    form = urlencode({f"field{number}": "" for number in range(2000)})
    browser.cookies["csrftoken"] = "a" * 32
    content_type = "application/x-www-form-urlencoded"
    response = browser.post("/admin/login/", form, content_type=content_type)
    assert_problem(response, 400, "bad_request")


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
def test_whatever_a_view_raises_is_a_problem(browser, monkeypatch, error, status, code):
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
def test_whatever_the_framework_raises_has_a_code_that_is_documented(
    api, monkeypatch, error, status, code
):
    monkeypatch.setattr(Failing, "error", error)
    response = api.get("/api/failing/")
    assert_problem(response, status, code)
    assert ("WWW-Authenticate" in response) == (status == 401)
    assert ("Retry-After" in response) == (status == 429)


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "\x00", "ü", "Bearer", "a b"])
def test_a_token_that_is_none_is_invalid(api, token):
    response = api.get("/api/members/", headers={"authorization": f"Bearer {token}"})
    assert_problem(response, 401, "token_invalid")
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_no_token_at_all_is_asked_for(api):
    response = api.get("/api/members/")
    assert_problem(response, 401, "not_authenticated")
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_throttled_request_is_told_when_to_come_back(api, monkeypatch):
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


def test_head_and_options_answer(api):
    head = api.head("/api/groups/")
    assert (head.status_code, head.content) == (200, b"")
    assert head["ETag"]
    options = api.options("/api/groups/")
    assert options.status_code == 200
    assert options["Allow"] == "GET, HEAD, OPTIONS"
    assert_problem(api.options("/api/members/"), 401, "not_authenticated")


def test_the_errors_of_unknown_fields_end_at_a_hundred(api):
    document = assert_problem(
        api.post("/api/echo/", {f"name{number}": 1 for number in range(4000)}), 400, "invalid"
    )
    assert len(document["errors"]) == 100
