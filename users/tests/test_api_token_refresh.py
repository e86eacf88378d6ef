"""The exchange of refresh tokens."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken
from rest_framework_simplejwt.tokens import RefreshToken

from users.models import LoginSession
from users.tests.factories import UserFactory
from users.tokens import start_session

pytestmark = pytest.mark.django_db
URL = "/api/users/token/refresh/"


def assert_token_refused(response):
    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert response.json()["code"] == "token_invalid"
    return True


def test_refresh_gives_the_next_tokens_of_the_same_login(api):
    first = start_session(UserFactory())
    response = api.post(URL, {"refresh": first.refresh})
    assert response.status_code == 200
    assert set(response.json()) == {"access", "refresh"}
    assert response.json()["refresh"] != first.refresh
    assert api.post(URL, {"refresh": response.json()["refresh"]}).status_code == 200
    assert LoginSession.objects.count() == 1
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {response.json()['access']}")
    assert api.get("/api/users/me/").status_code == 200


def test_refresh_ignores_an_old_token_in_the_header(api):
    api.credentials(HTTP_AUTHORIZATION="Bearer garbage")
    assert api.post(URL, {"refresh": start_session(UserFactory()).refresh}).status_code == 200


def test_a_reused_refresh_token_ends_its_login_and_no_other(api, login):
    user = UserFactory()
    first, other = start_session(user), start_session(user)
    second = api.post(URL, {"refresh": first.refresh}).json()
    assert_token_refused(api.post(URL, {"refresh": first.refresh}))
    assert_token_refused(api.post(URL, {"refresh": second["refresh"]}))
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {second['access']}")
    assert_token_refused(api.get("/api/users/me/"))
    api.credentials()
    assert api.post(URL, {"refresh": other.refresh}).status_code == 200


@pytest.mark.parametrize("token", ["garbage", "a.b.c", "é.ü.ö", "eyJhbGciOiJub25lIn0.e30.", "."])
def test_refresh_refuses_a_malformed_token(api, token):
    assert_token_refused(api.post(URL, {"refresh": token}))


def test_refresh_refuses_an_access_token(api):
    assert_token_refused(api.post(URL, {"refresh": start_session(UserFactory()).access}))
    assert LoginSession.objects.get().ended_at is None


def test_refresh_refuses_a_token_without_a_login(api):
    bare, forged = RefreshToken(), RefreshToken()
    forged["session"] = "no uuid"
    assert_token_refused(api.post(URL, {"refresh": str(bare)}))
    assert_token_refused(api.post(URL, {"refresh": str(forged)}))


def test_refresh_refuses_an_expired_token(api):
    with time_machine.travel(timezone.now() - timedelta(days=15)):
        old = start_session(UserFactory()).refresh
    assert_token_refused(api.post(URL, {"refresh": old}))
    assert OutstandingToken.objects.count() == 1


def test_refresh_refuses_the_tokens_of_deactivated_and_of_deleted_users(api):
    user, deleted = UserFactory(), UserFactory()
    tokens, orphan = start_session(user), start_session(deleted)
    user.is_active = False
    user.save()
    deleted.delete()
    assert_token_refused(api.post(URL, {"refresh": tokens.refresh}))
    assert_token_refused(api.post(URL, {"refresh": orphan.refresh}))


def test_refresh_refuses_tokens_from_before_a_password_change(api):
    user = UserFactory()
    tokens = start_session(user)
    user.set_password("another good passphrase")
    user.save()
    assert_token_refused(api.post(URL, {"refresh": tokens.refresh}))


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"refresh": ""},
        {"refresh": None},
        {"refresh": 7},
        {"refresh": "a\0"},
        {"refresh": "x", "access": "y"},
    ],
)
def test_refresh_refuses_a_malformed_body(api, body):
    assert api.post(URL, body).status_code == 400


def test_refresh_refuses_a_huge_token(api):
    assert api.post(URL, {"refresh": "x" * 60_000}).status_code == 400


def test_refresh_tokens_are_not_stored(api):
    tokens = start_session(UserFactory())
    assert api.post(URL, {"refresh": tokens.refresh}).status_code == 200
    assert set(OutstandingToken.objects.values_list("token", flat=True)) == {""}
