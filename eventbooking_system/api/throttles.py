"""
Limits on the requests of a customer or an address.

Requests are counted in windows as long as the rate's period. The count of the window before has the
weight of its part that still lies within the last period, so there is no burst between two windows.
Counting takes one round trip to the cache, or none for the first few requests.
"""

from collections.abc import Callable
from math import ceil
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from rest_framework import throttling
from rest_framework.request import Request

from eventbooking_system.cache.backends import count_down, count_up
from eventbooking_system.problems import ProblemResponse, for_browser
from eventbooking_system.server.request_context import client_network

_counts: dict[str, int] = {}
_MAX_COUNTS = 50_000
# Probes are never refused.
_NOT_PAGES = ("/api/", "/healthz/", "/readyz/", "/metrics/", "/media/")


class _WindowThrottle(throttling.SimpleRateThrottle):
    """A throttle with several scopes, each with its rate."""

    scopes: tuple[str, ...]

    def __init__(self, *, amount: int = 1) -> None:
        self._amount = amount
        self._wait = 0.0
        self._windows: list[_Window] = []
        self._shared_keys: list[str] = []

    def identity(self, request: Request) -> str | None:
        """Return the name under which a request is counted, or None."""
        raise NotImplementedError

    def allow_request(self, request: Request, view: Any) -> bool:
        rates = [self.parse_rate(self.THROTTLE_RATES[scope]) for scope in self.scopes]
        if not any(limit for limit, _ in rates) or (identity := self.identity(request)) is None:
            return True
        now = self.timer()
        windows = [
            _Window(f"throttle:{scope}:{identity}", limit, period, *divmod(now, period))
            for scope, (limit, period) in zip(self.scopes, rates, strict=True)
            if limit is not None
        ]
        steps = [(window, step) for window in windows if (step := window.step(self._amount))]
        self._windows, self._shared_keys = windows, [window.key for window, _ in steps]
        if not steps:
            return True
        counters = [
            (window.key, window.key_before, step, 2 * window.period) for window, step in steps
        ]
        for (window, _), (count, before) in zip(steps, count_up(counters), strict=True):
            self._wait = max(self._wait, window.wait(count, before))
        if self._wait:
            count_down(self._shared_keys, self._amount)
        return not self._wait

    def take_back(self) -> None:
        """Uncount a request whose sender was not the one it named."""
        count_down(self._shared_keys, self._amount)
        for window in self._windows:
            if window.key not in self._shared_keys:
                _counts[window.key] = _counts.get(window.key, self._amount) - self._amount

    def wait(self) -> float:
        return self._wait


class _Window(NamedTuple):
    """
    The window with this `number`, and its limit of requests.

    `passed` is the number of seconds since its start.
    """

    name: str
    limit: int
    period: int
    number: float
    passed: float

    @property
    def key(self) -> str:
        return f"{self.name}:{self.number:.0f}"

    @property
    def key_before(self) -> str:
        return f"{self.name}:{self.number - 1:.0f}"

    def step(self, amount: int) -> int:
        """
        Count the request in this process. Return how much to add to the shared count.

        That is 0 for the first twentieth of the limit: hardly any client sends more.
        """
        if len(_counts) > _MAX_COUNTS:
            _counts.clear()
        count = _counts[self.key] = _counts.get(self.key, 0) + amount
        few = self.limit // 20
        return 0 if count <= few else count if count - amount <= few else amount

    def wait(self, count: int, before: int) -> float:
        """Return the seconds to wait, or 0 if the request may pass."""
        left = 1 - self.passed / self.period
        if (
            count > self.limit
        ):  # Once this window's own requests have lost enough weight, in the window after.
            return self.period * (left + 1 - self.limit / (count - 1))
        room = self.limit - (count - 1)
        return self.period * max(0.0, left - room / before) if before else 0.0


class AnonRateThrottle(_WindowThrottle):
    """The limit THROTTLE_ANON, for the requests of a network without a login."""

    scopes = ("anon",)

    def identity(self, request: Request) -> str | None:
        return None if request.user.is_authenticated else client_network(request)


class NetworkThrottle(AnonRateThrottle):
    """THROTTLE_ANON by the client's network, with or without a login."""

    def identity(self, request: Request) -> str:
        return client_network(request)


class PagesThrottleMiddleware:
    """THROTTLE_ANON for pages. The views of the API count their requests themselves."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(_NOT_PAGES):
            return self.get_response(request)
        throttle = NetworkThrottle()
        if throttle.allow_request(request, None):
            return self.get_response(request)
        seconds = ceil(throttle.wait())
        detail, headers = f"Try again in {seconds} seconds.", {"Retry-After": str(seconds)}
        return for_browser(request, ProblemResponse("throttled", detail, headers))


class UserRateThrottle(_WindowThrottle):
    """The limit THROTTLE_USER, for each customer."""

    scopes = ("user",)

    def identity(self, request: Request) -> str | None:
        return str(request.user.pk) if request.user.is_authenticated else None


class BookingRateThrottle(UserRateThrottle):
    """The limits THROTTLE_USER and THROTTLE_BOOKING together, for requests that book."""

    scopes = ("user", "booking")
