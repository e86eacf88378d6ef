"""Logins by e-mail and password."""

import io

import pytest

from eventbooking_system.server.logs import logging_config
from users.models import KnownNetwork, LoginFailure, LoginSession, User
from users.tests.factories import PASSWORD, StaffFactory, UserFactory

pytestmark = pytest.mark.django_db
URL = "/api/users/login/"


def log_in(api, email="asha@example.org", password=PASSWORD, **headers):
    return api.post(URL, {"email": email, "password": password}, **headers)


def test_login_gives_tokens_that_work(api):
    UserFactory(email="asha@example.org")
    response = log_in(api)
    assert response.status_code == 200
    assert set(response.json()) == {"access", "refresh"}
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {response.json()['access']}")
    assert api.get("/api/users/me/").json()["email"] == "asha@example.org"
    assert User.objects.get().last_login is not None


def test_login_accepts_the_email_in_any_case_and_ignores_a_bad_token(api):
    UserFactory(email="asha@example.org")
    api.credentials(HTTP_AUTHORIZATION="Bearer garbage")
    assert log_in(api, "ASHA@Example.org").status_code == 200


def test_login_answers_the_same_for_a_wrong_password_and_a_missing_account(api):
    UserFactory(email="asha@example.org")
    UserFactory(email="gone@example.org", is_active=False)
    answers = [
        log_in(api, email, password)
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
    assert not KnownNetwork.objects.exists()


@pytest.mark.parametrize("email", ["asha@example.org", "nobody@example.org"])
def test_login_hashes_once_whether_or_not_the_account_exists(api, email, settings, monkeypatch):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    UserFactory(email="asha@example.org").set_password(PASSWORD)
    hashed = []
    monkeypatch.setattr(
        "django.contrib.auth.hashers.MD5PasswordHasher.encode",
        lambda self, password, salt: hashed.append(password) or "md5$salt$hash",
    )
    User.objects.update(password="md5$salt$another")
    log_in(api, email, "wrong")
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
    UserFactory(email="asha@example.org")
    response = api.post(URL, body)
    assert response.status_code == 400
    assert response.json()["code"] == "invalid"
    assert not LoginSession.objects.exists()
    assert not LoginFailure.objects.exists()


def test_the_admin_lets_staff_in_by_email_in_any_case(client):
    StaffFactory(email="boss@example.org")
    response = client.post(
        "/admin/login/?next=/admin/", {"username": "Boss@example.org", "password": PASSWORD}
    )
    assert response.status_code == 302
    assert client.get("/admin/").status_code == 200
    assert not LoginFailure.objects.exists()


@pytest.fixture
def log(monkeypatch, settings):
    """Return a stream that gets all log lines."""
    stream = io.StringIO()
    with monkeypatch.context() as patch:
        patch.setattr("sys.stderr", stream)
        logging_config(level="INFO", as_json=False)
    yield stream
    logging_config(level=settings.LOG_LEVEL, as_json=False)


def test_failed_logins_leave_neither_email_nor_password_in_logs_and_tables(api, client, log):
    UserFactory(email="asha@example.org")
    for n in range(11):
        log_in(api, password=f"wrong {n}")
    # People often type their password into the wrong box.
    log_in(api, "my secret horse", "wrong 98")
    client.post("/admin/login/", {"username": "asha@example.org", "password": "wrong 99"})
    lines = log.getvalue().splitlines()
    assert [line for line in lines if "/api/users/login/" in line]
    assert not [line for line in lines if "asha@" in line.lower() or "wrong" in line]
    stored = str(list(LoginFailure.objects.values()))
    assert "wrong" not in stored and "horse" not in stored and "asha" not in stored


def test_login_needs_few_queries(api, django_assert_max_num_queries):
    UserFactory(email="asha@example.org")
    with django_assert_max_num_queries(14):
        assert log_in(api).status_code == 200
