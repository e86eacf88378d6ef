"""The Host of a request, as links in answers repeat it."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from eventbooking_system.server.middleware import RequestLimitsMiddleware


def answered_for(host: str) -> str:
    def answer(request: HttpRequest) -> HttpResponse:
        return HttpResponse(request.build_absolute_uri("/shows/"))

    request = RequestFactory().get("/", headers={"host": host}, SERVER_PORT="8000")
    return RequestLimitsMiddleware(answer)(request).content.decode()


@pytest.mark.parametrize(
    ("sent", "repeated"),
    [
        ("testserver", "testserver"),
        ("testserver:8000", "testserver:8000"),
        ("testserver:8001", "testserver"),
        ("testserver.", "testserver"),
        ("TESTSERVER.:8000", "testserver:8000"),
        ("[::1]:8001", "[::1]"),
    ],
)
def test_links_repeat_no_last_dot_and_no_foreign_port(settings, sent, repeated):
    settings.ALLOWED_HOSTS = ["testserver", "[::1]"]
    assert answered_for(sent) == f"http://{repeated}/shows/"


def test_links_repeat_the_port_of_a_proxy(settings):
    settings.TRUSTED_PROXIES = 1
    assert answered_for("testserver.:8443") == "http://testserver:8443/shows/"


def test_links_repeat_any_port_with_debug(settings):
    """In development a container's port is often another one outside."""
    settings.DEBUG = True
    assert answered_for("testserver:8001") == "http://testserver:8001/shows/"
