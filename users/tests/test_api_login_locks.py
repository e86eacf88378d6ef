"""Locks against guessing, by account and source, network, and account."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from eventbooking_system.testing.problems import assert_problem
from users.models import LoginFailure, LoginSession
from users.tests.factories import NEW_PASSWORD, PASSWORD, StaffFactory, UserFactory
from users.tokens import start_session

pytestmark = pytest.mark.django_db
URL = "/api/users/login/"
LIMIT = 10


@pytest.fixture
def asha():
    return UserFactory(email="asha@example.org")


def fail(api, times, email="asha@example.org", **headers):
    return [
        api.post(URL, {"email": email, "password": f"wrong {n}"}, **headers).status_code
        for n in range(times)
    ]


def log_in(api, email="asha@example.org", **headers):
    return api.post(URL, {"email": email, "password": PASSWORD}, **headers)


def test_failures_lock_the_account_for_their_network_and_not_for_others(api, asha):
    assert fail(api, LIMIT) == [401] * LIMIT
    refused = log_in(api)
    assert_problem(refused, 429, "throttled")
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert not LoginSession.objects.exists()
    assert LoginFailure.objects.count() == LIMIT
    assert log_in(api, REMOTE_ADDR="10.0.1.1").status_code == 200


def test_failures_from_many_networks_do_not_lock_the_owner_out(api, asha):
    for n in range(3 * LIMIT):
        assert fail(api, 1, REMOTE_ADDR=f"10.0.0.{n}") == [401]
    assert log_in(api, REMOTE_ADDR="10.0.1.1").status_code == 200


def test_the_slow_limit_locks_an_account_for_networks_that_its_owner_never_used(
    api, asha, settings
):
    settings.THROTTLE_LOGIN_ACCOUNT = "20/day"
    assert log_in(api, REMOTE_ADDR="10.0.2.1").status_code == 200
    for n in range(20):
        assert fail(api, 1, "Asha@example.org", REMOTE_ADDR=f"10.0.0.{n}") == [401]
    refused = log_in(api, REMOTE_ADDR="10.0.1.1")
    assert_problem(refused, 429, "throttled")
    assert int(refused["Retry-After"]) > 80_000
    assert LoginSession.objects.count() == 1
    assert log_in(api, REMOTE_ADDR="10.0.2.1").status_code == 200


def test_a_live_login_passes_the_locks_on_its_account(api, asha, settings):
    settings.THROTTLE_LOGIN_ACCOUNT = "20/day"
    tokens = start_session(asha)
    fail(api, LIMIT, REMOTE_ADDR="10.0.1.1")
    for n in range(LIMIT):
        fail(api, 1, REMOTE_ADDR=f"10.0.0.{n}")
    assert log_in(api, REMOTE_ADDR="10.0.1.1").status_code == 429
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {tokens.access}", "REMOTE_ADDR": "10.0.1.1"}
    assert log_in(api, **bearer).status_code == 200
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.access}")
    change = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    answer = api.post("/api/users/password/change/", change, REMOTE_ADDR="10.0.1.1")
    assert answer.status_code == 204


def test_a_live_login_of_another_account_passes_no_lock(api, asha):
    fail(api, LIMIT)
    tokens = start_session(UserFactory())
    refused = log_in(api, HTTP_AUTHORIZATION=f"Bearer {tokens.access}")
    assert_problem(refused, 429, "throttled")
    assert not asha.login_sessions.exists()


def test_failures_for_several_accounts_lock_the_network(api, asha):
    for n in range(LIMIT):
        assert fail(api, 1, f"someone{n}@example.org") == [401]
    assert log_in(api).status_code == 429
    assert not LoginSession.objects.exists()
    assert log_in(api, REMOTE_ADDR="10.0.1.1").status_code == 200


def test_failures_on_other_accounts_do_not_lock_a_network_that_the_owner_uses(api, asha):
    assert log_in(api).status_code == 200
    for n in range(LIMIT):
        fail(api, 1, f"someone{n}@example.org")
    assert log_in(api).status_code == 200


def test_a_client_cannot_choose_its_network(api):
    for n in range(LIMIT):
        fail(api, 1, f"someone{n}@example.org", HTTP_X_FORWARDED_FOR=f"10.0.0.{n}")
    assert fail(api, 1, "another@example.org", HTTP_X_FORWARDED_FOR="10.9.9.9") == [429]


def test_behind_a_proxy_the_address_that_the_proxy_saw_counts(api, asha, settings):
    settings.TRUSTED_PROXIES = 1
    for n in range(LIMIT):
        fail(api, 1, f"someone{n}@example.org", HTTP_X_FORWARDED_FOR=f"10.0.0.{n}, 192.0.2.1")
    assert log_in(api, HTTP_X_FORWARDED_FOR="10.9.9.9, 192.0.2.1").status_code == 429
    assert log_in(api, HTTP_X_FORWARDED_FOR="192.0.2.2").status_code == 200


@pytest.mark.parametrize("address", ["", "unknown", "10.0.0.1:443", "'OR'1"])
def test_login_survives_a_malformed_client_address(api, asha, address):
    assert fail(api, 1, REMOTE_ADDR=address) == [401]
    assert log_in(api, REMOTE_ADDR=address).status_code == 200


def test_the_addresses_of_one_ipv6_network_count_as_one(api, asha):
    for n in range(LIMIT):
        fail(api, 1, f"someone{n}@example.org", REMOTE_ADDR=f"2001:db8::{n:x}")
    assert log_in(api, REMOTE_ADDR="2001:db8::ffff:1").status_code == 429
    assert log_in(api, REMOTE_ADDR="2001:db8:0:1::1").status_code == 200


def test_ipv4_addresses_written_as_ipv6_are_not_one_network(api, asha):
    for n in range(LIMIT):
        fail(api, 1, f"someone{n}@example.org", REMOTE_ADDR="::ffff:10.0.0.1")
    assert log_in(api, REMOTE_ADDR="10.0.0.1").status_code == 429
    assert log_in(api, REMOTE_ADDR="::ffff:10.0.0.2").status_code == 200


def test_the_lock_ends_when_retry_after_says_even_if_attempts_go_on(api, asha):
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        fail(api, LIMIT)
    with time_machine.travel(start + timedelta(seconds=40), tick=False):
        assert fail(api, 3) == [429, 429, 429]
        wait = int(log_in(api)["Retry-After"])
        assert wait == 20
    with time_machine.travel(start + timedelta(seconds=40 + wait + 1), tick=False):
        assert log_in(api).status_code == 200


def test_a_success_does_not_take_back_the_failures_of_its_network(api, asha):
    UserFactory(email="attacker@example.org")
    for n in range(LIMIT):
        fail(api, 1, f"victim{n}@example.org")
        log_in(api, "attacker@example.org")
    assert fail(api, 1, "victim99@example.org") == [429]


def test_without_a_limit_nothing_is_locked_or_counted(api, asha, settings):
    settings.THROTTLE_LOGIN = settings.THROTTLE_LOGIN_ACCOUNT = None
    assert fail(api, LIMIT + 2) == [401] * (LIMIT + 2)
    assert log_in(api).status_code == 200
    assert not LoginFailure.objects.exists()


def test_the_admin_and_the_api_count_failures_together(api, client):
    StaffFactory(email="boss@example.org")
    form = {"username": "BOSS@example.org", "password": "wrong"}
    fail(api, LIMIT - 1, "boss@example.org")
    assert client.post("/admin/login/", form).status_code == 200
    refused = client.post("/admin/login/", {**form, "password": PASSWORD})
    assert_problem(refused, 429, "throttled")
    assert refused["Retry-After"]
    assert log_in(api, "boss@example.org").status_code == 429
    assert not LoginSession.objects.exists()
    elsewhere = {**form, "password": PASSWORD}
    assert client.post("/admin/login/", elsewhere, REMOTE_ADDR="10.0.0.8").status_code == 302


def test_guessing_the_password_with_a_stolen_login_is_locked_like_a_login(login, asha):
    client = login(asha)
    answers = [client.delete("/api/users/me/", {"password": "wrong"}) for _ in range(LIMIT)]
    assert [answer.status_code for answer in answers] == [400] * LIMIT
    assert client.delete("/api/users/me/", {"password": PASSWORD}).status_code == 429
    asha.refresh_from_db()
    assert asha.is_active
