"""Tests of the limits of request bodies, and their exceptions."""

from io import BytesIO
from typing import Any

import pytest
from django.db import OperationalError

from eventbooking_system.server.request_bodies import MAX_BODY, BodyReader, max_body
from users.models import LoginSession
from users.tests.factories import StaffFactory, UserFactory
from users.tokens import start_session

MIB = 1024 * 1024
LAYOUT = "/api/venues/1/screens/2/layout/"
SYNC = "/api/shows/1/check-in/sync/"


def environ(path: str, *, length: int = 5 * MIB, **more: str) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "CONTENT_LENGTH": str(length),
        "REMOTE_ADDR": "192.0.2.1",
        **more,
    }


def bearer(user: Any) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": f"Bearer {start_session(user).access}"}


@pytest.mark.django_db
@pytest.mark.parametrize("path", [LAYOUT, SYNC, "/admin/venues/screen/"])
def test_staff_may_send_large_bodies_to_some_paths(path):
    assert max_body(environ(path, **bearer(StaffFactory()))) == 5 * MIB


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/users/login/", "/admin/login/", "/api/bookings/"])
def test_staff_may_not_send_large_bodies_elsewhere(path):
    assert max_body(environ(path, **bearer(StaffFactory()))) == MAX_BODY


@pytest.mark.django_db
def test_customers_may_not_send_large_bodies():
    assert max_body(environ(LAYOUT, **bearer(UserFactory()))) == MAX_BODY


@pytest.mark.django_db
def test_an_ended_login_of_staff_may_not_send_large_bodies():
    login = bearer(StaffFactory())
    LoginSession.objects.all().delete()
    assert max_body(environ(LAYOUT, **login)) == MAX_BODY


@pytest.mark.django_db
def test_staff_without_their_second_factor_may_not_send_large_bodies(settings):
    settings.REQUIRE_SECOND_FACTOR = True
    staff = StaffFactory(second_factor_due_at="2020-01-01T00:00Z")
    assert max_body(environ(LAYOUT, **bearer(staff))) == MAX_BODY


@pytest.mark.parametrize("text", ["Bearer a.b.c", "Bearer", "Basic x", "Bearer " + "a" * 300_000])
def test_a_header_without_a_login_costs_no_query(text):
    """There is no database in this test."""
    assert max_body(environ(LAYOUT, HTTP_AUTHORIZATION=text)) == MAX_BODY
    assert max_body(environ(LAYOUT, HTTP_COOKIE=text)) == MAX_BODY


@pytest.mark.django_db
def test_a_cookie_of_staff_may_send_large_bodies(client):
    client.force_login(StaffFactory())
    cookie = f"sessionid={client.cookies['sessionid'].value}"
    assert max_body(environ("/admin/shows/show/", HTTP_COOKIE=cookie)) == 5 * MIB


@pytest.mark.django_db
def test_other_cookies_may_not_send_large_bodies(client):
    client.force_login(UserFactory())
    for key in (client.cookies["sessionid"].value, "a" * 32):
        assert max_body(environ("/admin/shows/", HTTP_COOKIE=f"sessionid={key}")) == MAX_BODY


def test_a_small_body_costs_no_query():
    assert max_body(environ(LAYOUT, length=1000, HTTP_AUTHORIZATION="Bearer x")) == MAX_BODY


def test_a_large_body_of_a_stranger_is_not_kept(settings):
    kept: list[bytes] = []

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        kept.append(environ["wsgi.input"].read())
        return []

    stream = BytesIO(b"a" * 5 * MIB)
    request = environ(LAYOUT, HTTP_AUTHORIZATION="Bearer x") | {"wsgi.input": stream}
    BodyReader(application)(request, lambda *_: None)
    assert kept == [b""]


@pytest.mark.django_db
def test_a_large_body_waits_for_a_database_that_can_tell_who_sends_it(settings):
    settings.MAY_SEND_LARGE_BODIES = f"{__name__}.failing"
    heard: list[Any] = []
    request = environ(LAYOUT, HTTP_AUTHORIZATION="Bearer x") | {"wsgi.input": BytesIO(b"a")}
    BodyReader(lambda *_: [])(request, lambda *head: heard.extend(head))
    assert heard[0] == "503 Service Unavailable"


def failing(environ: dict[str, Any]) -> bool:
    raise OperationalError("the database is away")


@pytest.mark.parametrize(
    "header",
    [
        {"CONTENT_TYPE": "application/json;" + "a=b;" * 1000},
        {"HTTP_ACCEPT": "text/html;q=0.1," * 1000},
        {"HTTP_IF_NONE_MATCH": '"a",' * 3000},
        {"HTTP_COOKIE": "a" * 9000},
    ],
)
def test_a_long_header_is_refused_before_it_is_parsed(header):
    heard: list[Any] = []
    body = BodyReader(lambda *_: [])(environ(LAYOUT, **header), lambda *head: heard.extend(head))
    assert heard[0] == "400 Bad Request"
    assert b'"bad_request"' in b"".join(body)
