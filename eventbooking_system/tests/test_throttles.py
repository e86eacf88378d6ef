"""Tests of throttles and the client's address."""

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.throttling import SimpleRateThrottle

from eventbooking_system.api import throttles
from eventbooking_system.server.request_context import client_address
from users.tests.factories import UserFactory

FORGED = "6.6.6.6"


@pytest.fixture
def rates(monkeypatch: pytest.MonkeyPatch):
    """
    Return a function that sets some rates and turns off the others.

    The clock stands still, so no window ends during a test.
    """
    monkeypatch.setattr(SimpleRateThrottle, "timer", lambda self: 90.0)

    def set_rates(**chosen: str) -> None:
        rates = {"anon": None, "user": None, "booking": None, **chosen}
        monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", rates)

    return set_rates


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, None, "10.0.0.1"),
        (0, FORGED, "10.0.0.1"),
        (1, None, "10.0.0.1"),
        (1, "", "10.0.0.1"),
        (1, "203.0.113.7", "203.0.113.7"),
        (1, f"{FORGED}, 203.0.113.7", "203.0.113.7"),
        (1, f"{FORGED},,203.0.113.7, ", "203.0.113.7"),
        (1, "2001:DB8::0:1", "2001:db8::1"),
        (1, "nonsense", "10.0.0.1"),
        (2, f"{FORGED}, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
        (2, "203.0.113.7", "203.0.113.7"),
    ],
)
def test_a_forwarded_address_counts_only_behind_trusted_proxies(
    settings, proxies, forwarded, address
):
    settings.TRUSTED_PROXIES = proxies
    headers = {} if forwarded is None else {"x-forwarded-for": forwarded}
    request = RequestFactory().get("/", headers=headers, REMOTE_ADDR="10.0.0.1")
    assert client_address(request) == address


@given(claims=st.text(st.characters(codec="latin-1")))
def test_nothing_that_a_client_claims_changes_what_the_proxy_says(claims):
    request = RequestFactory().get("/", headers={"x-forwarded-for": f"{claims}, 203.0.113.7"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "eventbooking_system.server.request_context.settings.TRUSTED_PROXIES", 1, raising=False
        )
        assert client_address(request) == "203.0.113.7"


@pytest.mark.django_db
@pytest.mark.urls("eventbooking_system.tests.urls")
class TestThrottles:
    def statuses(self, client, path: str, forwarded: list[str], method: str = "get") -> list[int]:
        return [
            getattr(client, method)(path, headers={"x-forwarded-for": address}).status_code
            for address in forwarded
        ]

    def test_a_forged_address_does_not_help(self, api, rates, settings):
        rates(anon="2/min")
        assert self.statuses(api, "/api/clock/", ["a", "b", "c"]) == [200, 200, 429]
        settings.TRUSTED_PROXIES = 1
        addresses = [f"{number}, 203.0.113.7" for number in range(3)]
        assert self.statuses(api, "/api/clock/", addresses) == [200, 200, 429]

    def test_behind_a_proxy_clients_are_told_apart(self, api, rates, settings):
        rates(anon="1/min")
        settings.TRUSTED_PROXIES = 1
        addresses = ["203.0.113.7", "203.0.113.8", "203.0.113.7"]
        assert self.statuses(api, "/api/clock/", addresses) == [200, 200, 429]

    def test_each_customer_is_counted_separately(self, login, rates):
        rates(anon="1/min", user="2/min")
        first, second = login(UserFactory()), login(UserFactory())
        assert self.statuses(first, "/api/members/", [""] * 3) == [200, 200, 429]
        assert self.statuses(second, "/api/members/", [""]) == [200]

    def test_the_rate_of_users_does_not_count_visitors(self, api, rates):
        """The rate of users would otherwise count a visitor by the address."""
        rates(anon="3/min", user="1/min")
        assert self.statuses(api, "/api/clock/", [""] * 4) == [200, 200, 200, 429]

    def test_posts_of_bookings_have_a_separate_rate(self, login, rates):
        rates(user="5/min", booking="1/min")
        client = login(UserFactory())
        assert self.statuses(client, "/api/members/", [""] * 2, "post") == [200, 429]
        assert self.statuses(client, "/api/members/", [""] * 5) == [200] * 4 + [429]

    def test_a_refused_request_does_not_count(self, api, rates, monkeypatch):
        rates(anon="2/min")
        clock = iter([0.0, 0.0, *[30.0] * 9, 120.0])
        monkeypatch.setattr(throttles.AnonRateThrottle, "timer", lambda self: next(clock))
        expected = [200, 200, *[429] * 9, 200]
        assert self.statuses(api, "/api/clock/", [""] * 12) == expected

    def test_earlier_requests_count_less_and_less(self, api, rates, monkeypatch):
        """Ten requests in a minute leave little room in the next."""
        rates(anon="10/min")
        clock = iter([59.0] * 10 + [61.0] * 2 + [90.0] * 6)
        monkeypatch.setattr(throttles.AnonRateThrottle, "timer", lambda self: next(clock))
        expected = [200] * 11 + [429] + [200] * 5 + [429]
        assert self.statuses(api, "/api/clock/", [""] * 18) == expected

    def test_the_first_few_are_counted_without_asking_the_cache(self, api, rates, monkeypatch):
        rates(anon="40/min")
        monkeypatch.setattr(throttles.AnonRateThrottle, "timer", lambda self: 90.0)
        asked = []
        count_up = throttles.count_up
        monkeypatch.setattr(throttles, "count_up", lambda c: asked.append(c) or count_up(c))
        assert self.statuses(api, "/api/clock/", [""] * 41) == [200] * 40 + [429]
        assert [step for [(_, _, step, _)] in asked] == [3] + [1] * 38

    @pytest.mark.parametrize(
        ("passed", "count", "before", "seconds"),
        [(0, 10, 0, 0), (30, 10, 0, 0), (30, 5, 10, 0), (30, 7, 10, 6), (30, 11, 0, 30)],
    )
    def test_the_wait_ends_when_earlier_requests_count_little_enough(
        self, passed, count, before, seconds
    ):
        window = throttles._Window("w", 10, 60, 7, passed)
        assert window.wait(count, before) == pytest.approx(seconds)

    def test_a_throttle_without_a_rate_refuses_nothing(self, api, rates):
        rates()
        assert self.statuses(api, "/api/clock/", [""] * 50) == [200] * 50


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("203.0.113.5:4711", "203.0.113.5"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("203.0.113.5:x", "127.0.0.1"),
    ],
)
def test_a_forwarded_address_may_have_a_port(rf, settings, forwarded, address):
    settings.TRUSTED_PROXIES = 1
    assert client_address(rf.get("/", headers={"x-forwarded-for": forwarded})) == address


@pytest.mark.django_db
def test_visitors_of_one_ipv6_network_share_a_rate(api, rates):
    rates(anon="2/min")
    statuses = [
        api.get("/api/venues/", REMOTE_ADDR=f"2001:db8::{number}").status_code
        for number in range(1, 4)
    ]
    assert statuses == [200, 200, 429]
    assert api.get("/api/venues/", REMOTE_ADDR="2001:db8:0:1::1").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/check-in/", "/admin/login/", "/nothing/"])
def test_pages_count_towards_the_rate_of_their_network(client, rates, path):
    rates(anon="2/min")
    statuses = [client.get(path).status_code for _ in range(3)]
    assert statuses[2] == 429 and 429 not in statuses[:2]
    response = client.get(path, headers={"accept": "text/html"})
    assert int(response["Retry-After"]) > 0
    assert client.get(path, REMOTE_ADDR="10.0.0.1").status_code == statuses[0]
    assert client.get("/healthz/").status_code == 200
