"""Limits of password checks, registrations and bad tokens."""

import pytest
from rest_framework.throttling import SimpleRateThrottle

from eventbooking_system.testing.problems import assert_problem
from users.models import LoginSession, User
from users.tests.factories import PASSWORD, UserFactory
from users.tokens import start_session

pytestmark = pytest.mark.django_db


@pytest.fixture
def rates(monkeypatch):
    """Return a function that sets rates, and turns others off."""
    monkeypatch.setattr(SimpleRateThrottle, "timer", lambda self: 90.0)

    def set_rates(**chosen):
        off = dict.fromkeys(SimpleRateThrottle.THROTTLE_RATES)
        monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", {**off, **chosen})

    return set_rates


def register(api, email, **headers):
    return api.post("/api/users/register/", {"email": email, "password": PASSWORD}, **headers)


def test_registrations_and_refusals_of_one_network_are_limited_together(api, rates):
    rates(registrations="3/hour")
    assert register(api, "a@example.org").status_code == 201
    assert register(api, "a@example.org").status_code == 400
    assert register(api, "b@example.org").status_code == 201
    for email in ("a@example.org", "c@example.org"):
        refused = register(api, email)
        assert_problem(refused, 429, "throttled")
        assert int(refused["Retry-After"]) > 60
    assert User.objects.count() == 2
    assert register(api, "c@example.org", REMOTE_ADDR="10.0.0.1").status_code == 201


def test_registrations_of_one_ipv6_network_are_limited_together(api, rates):
    rates(registrations="2/hour")
    for n in range(2):
        assert register(api, f"{n}@example.org", REMOTE_ADDR=f"2001:db8::{n}").status_code == 201
    assert register(api, "c@example.org", REMOTE_ADDR="2001:db8::c").status_code == 429
    assert User.objects.count() == 2


def test_successful_logins_of_one_network_are_limited(api, rates):
    rates(passwords="3/min")
    UserFactory(email="asha@example.org")
    body = {"email": "asha@example.org", "password": PASSWORD}
    answers = [api.post("/api/users/login/", body) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert LoginSession.objects.count() == 3
    assert register(api, "b@example.org").status_code == 429
    assert User.objects.count() == 1


def test_password_changes_of_one_user_are_limited(login, rates):
    rates(passwords="2/min")
    client, other = login(UserFactory()), login(UserFactory())
    body = {"current_password": PASSWORD, "new_password": "short"}
    for _ in range(2):
        assert client.post("/api/users/password/change/", body).status_code == 400
    refused = client.post("/api/users/password/change/", body)
    assert_problem(refused, 429, "throttled")
    assert client.delete("/api/users/me/", {"password": PASSWORD}).status_code == 429
    assert client.get("/api/users/me/").status_code == 200
    assert other.post("/api/users/password/change/", body).status_code == 400


@pytest.mark.parametrize("path", ["/api/users/me/", "/api/shows/", "/api/bookings/"])
def test_requests_with_a_bad_token_count_for_their_network(api, rates, path):
    rates(anon="3/min")
    bad = {"HTTP_AUTHORIZATION": "Bearer garbage"}
    answers = [api.get(path, **bad) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert int(answers[-1]["Retry-After"]) >= 1
    assert api.get(path, REMOTE_ADDR="10.0.0.1", **bad).status_code == 401


def test_bad_tokens_for_a_booking_count_for_their_network(api, rates):
    rates(anon="3/min")
    bad = {"HTTP_AUTHORIZATION": "Bearer garbage"}
    answers = [api.post("/api/bookings/", {}, **bad).status_code for _ in range(4)]
    assert answers == [401, 401, 401, 429]


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_ended_token_does_not_use_up_the_limit_of_its_owner(api, login, rates, method):
    rates(user="3/min", booking="3/min")
    user = UserFactory()
    tokens = start_session(user)
    LoginSession.objects.update(ended_at="2026-01-01T00:00:00Z")
    ended = {"HTTP_AUTHORIZATION": f"Bearer {tokens.access}"}
    body = {"data": {"show_id": 1, "seat_ids": [1]}} if method == "post" else {}
    for _ in range(5):
        answer = getattr(api, method)("/api/bookings/", **body, **ended)
        assert answer.status_code == 401
    assert login(user).get("/api/bookings/").status_code == 200


def test_exports_are_limited_more_than_other_requests(login, rates):
    rates(exports="2/hour")
    client = login(UserFactory())
    answers = [client.get("/api/users/me/export/") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert_problem(answers[-1], 429, "throttled")
    assert client.get("/api/users/me/").status_code == 200
