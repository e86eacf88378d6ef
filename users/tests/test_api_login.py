import base64
import hmac
import json
import logging
import time
import uuid
from datetime import timedelta

import pytest
import time_machine
from axes.models import AccessAttempt, AccessLog
from django.utils import timezone

from users.models import LoginSession, User
from users.tests.factories import PASSWORD, StaffFactory, UserFactory
from users.tokens import start_session

pytestmark = pytest.mark.django_db
URL = "/api/users/login/"
LIMIT = 10


@pytest.fixture(autouse=True)
def _quick_hashes(settings):
    """Many logins a test: the slow hash is tested where people register."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def person(email="asha@example.org", **fields):
    user = UserFactory(email=email, **fields)
    user.set_password(PASSWORD)
    user.save()
    return user


def fail(api, times, email="asha@example.org", **headers):
    return [
        api.post(URL, {"email": email, "password": f"wrong {n}"}, **headers).status_code
        for n in range(times)
    ]


def log_in(api, email="asha@example.org", **headers):
    return api.post(URL, {"email": email, "password": PASSWORD}, **headers)


def test_login_gives_tokens_that_work(api):
    person()
    response = log_in(api)
    assert response.status_code == 200
    assert set(response.json()) == {"access", "refresh"}
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {response.json()['access']}")
    assert api.get("/api/users/me/").json()["email"] == "asha@example.org"
    assert User.objects.get().last_login is not None


def test_login_takes_the_email_in_any_case_and_ignores_an_old_token(api):
    person()
    api.credentials(HTTP_AUTHORIZATION="Bearer garbage")
    assert log_in(api, "ASHA@Example.org").status_code == 200


def test_login_answers_the_same_for_a_wrong_password_and_for_nobody(api):
    person()
    person("gone@example.org", is_active=False)
    answers = [
        api.post(URL, {"email": email, "password": password})
        for email, password in [
            ("asha@example.org", "wrong"),
            ("nobody@example.org", "wrong"),
            ("gone@example.org", PASSWORD),
            ("not an e-mail", "wrong"),
        ]
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["code"] == "authentication_failed"
    assert answers[0]["WWW-Authenticate"].startswith("Bearer")
    assert not LoginSession.objects.exists()


@pytest.mark.parametrize("email", ["asha@example.org", "nobody@example.org"])
def test_login_hashes_once_whether_or_not_the_account_exists(api, email, monkeypatch):
    person()
    hashed = []
    monkeypatch.setattr(
        "django.contrib.auth.hashers.MD5PasswordHasher._check_encode_args",
        lambda self, password, salt: hashed.append(password),
    )
    api.post(URL, {"email": email, "password": "wrong"})
    assert hashed == ["wrong"]


@pytest.mark.parametrize(
    "body",
    [
        {}, {"email": "asha@example.org"}, {"password": PASSWORD}, {"email": 7, "password": PASSWORD},
        {"email": "a\0", "password": PASSWORD}, {"email": "a" * 300, "password": PASSWORD},
        {"email": "asha@example.org", "password": True},
        {"email": "asha@example.org", "password": PASSWORD, "username": "asha"},
    ],
    ids=str,
)  # fmt: skip
def test_login_refuses_a_malformed_body(api, body):
    person()
    response = api.post(URL, body)
    assert response.status_code == 400
    assert response.json()["code"] == "invalid"
    assert not LoginSession.objects.exists()
    assert not AccessAttempt.objects.exists()


def test_failures_lock_the_account_whatever_address_they_come_from(api):
    person()
    for n in range(LIMIT):
        assert fail(api, 1, "Asha@example.org", REMOTE_ADDR=f"10.0.0.{n}") == [401]
    response = log_in(api, REMOTE_ADDR="10.0.1.1")
    assert response.status_code == 429
    assert response.json()["code"] == "throttled"
    assert 1 <= int(response["Retry-After"]) <= 60
    assert not LoginSession.objects.exists()


def test_failures_lock_the_address_whatever_account_they_try(api):
    person()
    for n in range(LIMIT):
        assert fail(api, 1, f"someone{n}@example.org") == [401]
    assert log_in(api).status_code == 429
    assert log_in(api, REMOTE_ADDR="10.0.1.1").status_code == 200


def test_a_client_cannot_choose_its_address(api):
    for n in range(LIMIT):
        fail(api, 1, f"someone{n}@example.org", HTTP_X_FORWARDED_FOR=f"10.0.0.{n}")
    assert fail(api, 1, "another@example.org", HTTP_X_FORWARDED_FOR="10.9.9.9") == [429]


def test_behind_a_proxy_the_address_that_it_saw_counts(api, settings):
    settings.TRUSTED_PROXIES = 1
    person()
    for n in range(LIMIT):
        fail(api, 1, f"someone{n}@example.org", HTTP_X_FORWARDED_FOR=f"10.0.0.{n}, 192.0.2.1")
    assert log_in(api, HTTP_X_FORWARDED_FOR="10.9.9.9, 192.0.2.1").status_code == 429
    assert log_in(api, HTTP_X_FORWARDED_FOR="192.0.2.2").status_code == 200


@pytest.mark.parametrize("address", ["", "unknown", "10.0.0.1:443", "'OR'1"])
def test_login_survives_an_address_that_is_none(api, address):
    person()
    assert fail(api, 1, REMOTE_ADDR=address) == [401]
    assert log_in(api, REMOTE_ADDR=address).status_code == 200


def test_the_addresses_of_one_ipv6_network_count_as_one(api):
    person()
    for n in range(LIMIT):
        fail(api, 1, f"someone{n}@example.org", REMOTE_ADDR=f"2001:db8::{n:x}")
    assert log_in(api, REMOTE_ADDR="2001:db8::ffff:1").status_code == 429
    assert log_in(api, REMOTE_ADDR="2001:db8:0:1::1").status_code == 200


def test_ipv4_addresses_written_as_ipv6_are_not_one_network(api):
    person()
    for n in range(LIMIT):
        fail(api, 1, f"someone{n}@example.org", REMOTE_ADDR="::ffff:10.0.0.1")
    assert log_in(api, REMOTE_ADDR="10.0.0.1").status_code == 429
    assert log_in(api, REMOTE_ADDR="::ffff:10.0.0.2").status_code == 200


def test_the_lock_ends_when_retry_after_says_even_if_someone_keeps_trying(api):
    person()
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        fail(api, LIMIT)
    with time_machine.travel(start + timedelta(seconds=40), tick=False):
        assert fail(api, 3) == [429, 429, 429]
        wait = int(log_in(api)["Retry-After"])
        assert wait == 20
    with time_machine.travel(start + timedelta(seconds=40 + wait + 1), tick=False):
        assert log_in(api).status_code == 200


def test_a_success_does_not_take_back_the_failures_of_its_address(api):
    person()
    person("attacker@example.org")
    for n in range(LIMIT):
        fail(api, 1, f"victim{n}@example.org")
        log_in(api, "attacker@example.org")
    assert fail(api, 1, "victim99@example.org") == [429]


def test_without_a_limit_nothing_is_locked(api, settings):
    settings.AXES_ENABLED = False
    person()
    assert fail(api, LIMIT + 2) == [401] * (LIMIT + 2)
    assert log_in(api).status_code == 200


def test_the_admin_is_guarded_by_the_same_count(api, client):
    user = StaffFactory(email="boss@example.org")
    user.set_password(PASSWORD)
    user.save()
    form = {"username": "BOSS@example.org", "password": "wrong"}
    fail(api, LIMIT - 1, "boss@example.org")
    assert client.post("/admin/login/", form, REMOTE_ADDR="10.0.0.9").status_code == 200
    refused = client.post("/admin/login/", {**form, "password": PASSWORD}, REMOTE_ADDR="10.0.0.8")
    assert refused.status_code == 429
    assert refused.json()["code"] == "throttled" and refused["Retry-After"]
    assert log_in(api, "boss@example.org", REMOTE_ADDR="10.0.0.7").status_code == 429


def test_the_admin_lets_staff_in_by_email_in_any_case(client):
    user = StaffFactory(email="boss@example.org")
    user.set_password(PASSWORD)
    user.save()
    response = client.post(
        "/admin/login/?next=/admin/", {"username": "Boss@example.org", "password": PASSWORD}
    )
    assert response.status_code == 302
    assert not AccessLog.objects.exists()


def test_neither_email_nor_password_is_logged_and_no_password_is_stored(api, client, caplog):
    caplog.set_level(logging.DEBUG)
    person()
    fail(api, LIMIT + 1)
    client.post("/admin/login/", {"username": "asha@example.org", "password": "wrong 99"})
    log_in(api, REMOTE_ADDR="10.0.0.9")
    lines = [line for line in caplog.text.splitlines() if "django.db.backends" not in line]
    assert lines
    assert not [line for line in lines if "asha@" in line.lower() or "wrong" in line]
    stored = str(list(AccessAttempt.objects.values()))
    assert "wrong" not in stored and PASSWORD not in stored


def test_login_needs_few_queries(api, django_assert_max_num_queries):
    person()
    with django_assert_max_num_queries(12):
        assert log_in(api).status_code == 200


def _signed(claims: dict, key: str, header: str = '{"alg":"HS256","typ":"JWT"}') -> str:
    """A token made by hand."""
    parts = [header.encode(), json.dumps(claims).encode()]
    text = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    digest = hmac.digest(key.encode(), text, "sha256")
    return (text + b"." + base64.urlsafe_b64encode(digest).rstrip(b"=")).decode()


def test_only_a_token_that_we_signed_opens_anything(api, settings):
    """Whatever is wrong with it: the key, the header, the claims, the time, the text itself."""
    claims = _claims_of(start_session(UserFactory()).access)
    good = {**claims, "exp": int(time.time()) + 60, "jti": "1"}
    del good["iat"]

    def status(token: str) -> int:
        return api.get("/api/users/me/", HTTP_AUTHORIZATION=f"Bearer {token}").status_code

    key = settings.SECRET_KEY
    assert status(_signed(good, key)) == 200
    bad = [
        _signed(good, key + "x"),
        _signed(good, ""),
        _signed(good, key, '{"alg":"none","typ":"JWT"}'),
        _signed(good, key, '{"alg":"HS512","typ":"JWT"}'),
        _signed({**good, "token_type": "refresh"}, key),
        _signed({**good, "exp": int(time.time()) - 1}, key),
        _signed({**good, "session": str(uuid.uuid4())}, key),
        _signed({**good, "session": "1"}, key),
        _signed({**good, "user_id": str(UserFactory().pk)}, key),
        _signed({**good, "user_id": "x"}, key),
        *(_signed({**good, name: None}, key) for name in good if name != "jti"),
        *(_signed({k: v for k, v in good.items() if k != name}, key) for name in good),
        _signed([], key),
        _signed(good, key)[:-2],
        _signed(good, key) + "é",
        _signed(good, key).replace(".", "", 1),
        "..", ".", "", "é.é.é",
    ]  # fmt: skip
    assert {status(token) for token in bad} == {401}


def _claims_of(access: str) -> dict:
    payload = access.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=="))


def test_a_cookie_does_not_make_up_for_a_bad_token(client):
    client.force_login(UserFactory())
    assert client.get("/api/users/me/").status_code == 200
    for path in ("/api/users/me/", "/api/bookings/"):
        answer = client.get(path, headers={"authorization": "Bearer nonsense"})
        assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")
    assert client.post("/api/bookings/", headers={"authorization": "Bearer x"}).status_code == 401
