"""Tests of every path with every method: only problems, no crash."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from django.contrib.admindocs.views import simplify_regex
from django.db import connection
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient
from rest_framework.throttling import SimpleRateThrottle

from eventbooking_system.problems import MEDIA_TYPE
from users.tests.factories import StaffFactory, UserFactory

METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]
BODIES = [b"", b"{}", b"[]", b"null", b'{"\\u0000": "\\u0000"}', b"{", b"\xff"]


def api_paths() -> list[str]:
    """Return the paths of the API with `{}` for each parameter."""
    paths = sorted(set(_paths(get_resolver().url_patterns, "/")))
    return [path for path in paths if path.startswith("/api/")]


def _paths(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.app_name != "admin":
                yield from _paths(pattern.url_patterns, prefix + _template(pattern))
        else:
            yield prefix + _template(pattern)


def _template(pattern: URLPattern | URLResolver) -> str:
    text = simplify_regex(str(pattern.pattern)).lstrip("/")
    return "".join("{}" if part.startswith("<") else part for part in _split(text))


def _split(text: str) -> list[str]:
    return text.replace("<", "\0<").replace(">", ">\0").split("\0")


@pytest.fixture(params=["visitor", "customer", "staff"])
def caller(request, login) -> APIClient:
    if request.param == "visitor":
        return APIClient(raise_request_exception=False)
    return login(UserFactory() if request.param == "customer" else StaffFactory())


@pytest.fixture(autouse=True)
def _unthrottled(monkeypatch: pytest.MonkeyPatch) -> None:
    rates = dict.fromkeys(SimpleRateThrottle.THROTTLE_RATES)
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", rates)


def ways_to_ask() -> list[tuple[str, str]]:
    """Return the methods and media types to try. HTML pages are tried on one database only."""
    ways = [(method, "application/json") for method in METHODS]
    if connection.vendor == "sqlite":
        ways += [(method, "text/html") for method in METHODS if method != "HEAD"]
    return ways


def unsound(response: Any) -> bool:
    """Return whether an answer is a crash or an undocumented error."""
    if response.status_code >= 500 or not response["X-Request-ID"]:
        return True
    return response.status_code >= 400 and response["Content-Type"] != MEDIA_TYPE


@pytest.mark.django_db
@pytest.mark.parametrize("value", ["1", "0", "99999999999999999999", "%00", "nothing"])
def test_no_path_crashes_and_every_error_is_a_problem(caller, value):
    paths = [path.format(*[value] * 9) for path in api_paths()]
    assert f"/api/problems/{value}/" in paths
    assert not [
        (method, path, accept)
        for path, (method, accept) in product(paths, ways_to_ask())
        if unsound(caller.generic(method, path, b"{}", "application/json", HTTP_ACCEPT=accept))
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("body", BODIES)
def test_no_body_makes_a_write_crash(login, body):
    client = login(StaffFactory())
    paths = [path.format(*["1"] * 9) for path in api_paths()]
    assert not [
        (method, path)
        for path, method in product(paths, ["POST", "PUT", "PATCH"])
        if unsound(client.generic(method, path, body, "application/json"))
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query",
    ["page=0", "nothing=1", "%00=%00", "page=%00", "ordering=%00", "search=%00", "id=%ff",
     "date=9999-99-99", "page_size=-1", "page=1&page=2"],
)  # fmt: skip
def test_no_query_makes_a_read_crash(login, query):
    client = login(StaffFactory())
    paths = [path.format(*["1"] * 9) for path in api_paths()]
    assert not [path for path in paths if unsound(client.get(f"{path}?{query}"))]
