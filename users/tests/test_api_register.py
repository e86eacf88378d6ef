"""Registration of accounts."""

import pytest

from users.models import User
from users.tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
URL = "/api/users/register/"


def codes(response):
    return {(error["field"], error["code"]) for error in response.json()["errors"]}


def test_register_creates_an_account_without_rights_and_logs_it_in(api):
    body = {
        "email": "Asha@Example.ORG",
        "password": PASSWORD,
        "first_name": "Asha",
        "phone": "+919876543210",
    }
    response = api.post(URL, body)
    assert response.status_code == 201
    user = User.objects.get()
    answer = response.json()
    access, refresh = answer.pop("access"), answer.pop("refresh")
    assert answer == {
        "id": user.pk,
        "email": "asha@example.org",
        "email_verified_at": None,
        "first_name": "Asha",
        "last_name": "",
        "phone": "+919876543210",
        "phone_is_verified": False,
        "language": "en",
        "sms_consent": False,
        "date_joined": answer["date_joined"],
    }
    assert api.post("/api/users/token/refresh/", {"refresh": refresh}).status_code == 200
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
    assert api.get("/api/users/me/").json() == answer
    assert user.check_password(PASSWORD) and user.password.startswith("argon2")
    assert not user.is_staff and not user.is_superuser and user.is_active


@pytest.mark.parametrize("email", ["asha@example.org", "ASHA@example.ORG", " asha@example.org "])
def test_register_refuses_a_taken_email_in_any_case(api, email):
    UserFactory(email="asha@example.org")
    response = api.post(URL, {"email": email, "password": PASSWORD})
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert codes(response) == {("email", "unique")}
    assert User.objects.count() == 1


def test_register_refuses_the_addresses_of_erased_accounts(api):
    response = api.post(URL, {"email": "erased-1@ERASED.invalid", "password": PASSWORD})
    assert response.status_code == 400
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("password", "expected"),
    [
        ("short1!", {"password_too_short"}),
        ("123456", {"password_too_short", "password_too_common", "password_entirely_numeric"}),
        ("asha.rao@example", {"password_too_similar"}),
    ],
)
def test_register_refuses_a_weak_password_with_every_reason(api, password, expected):
    response = api.post(URL, {"email": "asha.rao@example.org", "password": password})
    assert response.status_code == 400
    assert codes(response) == {("password", code) for code in expected}
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "phone",
    ["9876543210", "+91 98765 43210", "+999123456789", "00919876543210", "+", "+91abc", "tel:+919876543210",
     "+९१९८७६५४३२१०", 919876543210, True, None, "+91" + "9" * 5000],
)  # fmt: skip
def test_register_refuses_a_phone_that_is_not_e164(api, phone):
    response = api.post(URL, {"email": "asha@example.org", "password": PASSWORD, "phone": phone})
    assert response.status_code == 400
    assert {error["field"] for error in response.json()["errors"]} == {"phone"}
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"email": None}, {"email": ""}, {"email": "asha"}, {"email": 7}, {"email": ["a@example.org"]},
        {"email": "a\0@example.org"}, {"email": "a" * 250 + "@example.org"}, {"email": {}},
        {"password": None}, {"password": ""}, {"password": 12345678901}, {"password": "x" * 1001},
        {"password": "a long\0 enough passphrase"},
        {"first_name": "x" * 101}, {"first_name": "\0"}, {"first_name": 1}, {"last_name": None},
        {"is_staff": True}, {"is_superuser": True}, {"id": 7}, {"date_joined": "2020-01-01T00:00:00Z"},
    ],
    ids=str,
)  # fmt: skip
def test_register_names_a_malformed_or_unknown_field(api, change):
    response = api.post(URL, {"email": "asha@example.org", "password": PASSWORD, **change})
    assert response.status_code == 400
    assert {error["field"] for error in response.json()["errors"]} == set(change)
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("raw", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"null", "application/json", 400),
        (b"", "application/json", 400),
        (b'{"email": "a@example.org", "email": "b@example.org"}', "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"email=a@example.org", "application/x-www-form-urlencoded", 415),
    ],
)
def test_register_refuses_a_body_that_is_not_a_json_object(api, raw, content_type, status):
    response = api.post(URL, raw, content_type=content_type)
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    assert not User.objects.exists()


def test_register_ignores_an_old_token_in_the_header(api):
    api.credentials(HTTP_AUTHORIZATION="Bearer garbage")
    response = api.post(URL, {"email": "asha@example.org", "password": PASSWORD})
    assert response.status_code == 201
