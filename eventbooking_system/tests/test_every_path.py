"""Tests of every path with every method: only problems, no crash."""

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

import pytest
from django.contrib.admindocs.views import simplify_regex
from django.db import connection
from django.urls import URLPattern, URLResolver, get_resolver, resolve
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
    text = simplify_regex(str(pattern.pattern)).lstrip("/").replace("\\.", ".")
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


def methods_of(template: str) -> list[str]:
    """Return the methods that a path's view has. A view that is a function has all."""
    view = resolve(template.format(*["1"] * 9)).func
    if not hasattr(view, "cls"):
        return METHODS
    # The actions of a viewset are made methods only when it is asked.
    names = {"options", *(getattr(view, "actions", None) or dir(view.cls))}
    names |= {"head"} if "get" in names else set()
    return [method for method in METHODS if method.lower() in names]


def media_types() -> list[str]:
    """Return the media types to ask for. HTML pages are tried on one database only."""
    pages = ["text/html"] if connection.vendor == "sqlite" else []
    return ["application/json", *pages]


def unsound(response: Any) -> bool:
    """Return whether an answer is a crash or an undocumented error."""
    if response.status_code >= 500 or not response["X-Request-ID"]:
        return True
    return response.status_code >= 400 and response["Content-Type"] != MEDIA_TYPE


def unsound_answers(
    client: APIClient, asked: Iterable[tuple[str, str]], *, value: str = "1", body: bytes = b"{}"
) -> list[tuple[str, str, str]]:
    """Send each method to its path, and return the unsound answers."""
    return [
        (method, template, accept)
        for (method, template), accept in product(asked, media_types())
        if (method, accept) != ("HEAD", "text/html")
        and unsound(
            client.generic(
                method, template.format(*[value] * 9), body, "application/json", HTTP_ACCEPT=accept
            )
        )
    ]


@pytest.mark.django_db
def test_no_method_crashes_a_path_and_every_error_is_a_problem(caller):
    paths = api_paths()
    assert "/api/problems/{}/" in paths
    assert not unsound_answers(caller, product(METHODS, paths))


@pytest.mark.django_db
@pytest.mark.parametrize("value", ["0", "99999999999999999999", "%00", "nothing"])
def test_no_parameter_crashes_a_path_and_every_error_is_a_problem(caller, value):
    """A path refuses other methods before it reads a parameter."""
    asked = [(method, path) for path in api_paths() if "{}" in path for method in methods_of(path)]
    assert len(asked) > 150
    assert not unsound_answers(caller, asked, value=value)


@pytest.mark.django_db
@pytest.mark.parametrize("body", BODIES)
def test_no_body_makes_a_write_crash(login, body):
    asked = [
        (method, path)
        for path in api_paths()
        for method in methods_of(path)
        if method in {"POST", "PUT", "PATCH"}
    ]
    assert len(asked) > 50
    assert not unsound_answers(login(StaffFactory()), asked, body=body)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query",
    ["page=0", "nothing=1", "%00=%00", "page=%00", "ordering=%00", "search=%00", "id=%ff",
     "date=9999-99-99", "page_size=-1", "page=1&page=2"],
)  # fmt: skip
def test_no_query_makes_a_read_crash(login, query):
    client = login(StaffFactory())
    paths = [path.format(*["1"] * 9) for path in api_paths() if "GET" in methods_of(path)]
    assert len(paths) > 50
    assert not [path for path in paths if unsound(client.get(f"{path}?{query}"))]
