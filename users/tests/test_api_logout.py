"""The end of a login."""

import pytest

from users.models import LoginSession
from users.tests.factories import UserFactory
from users.tokens import start_session

pytestmark = pytest.mark.django_db
URL = "/api/users/logout/"


def test_logout_ends_every_token_of_the_login(api):
    tokens = start_session(UserFactory())
    response = api.post(URL, {"refresh": tokens.refresh})
    assert (response.status_code, response.content) == (204, b"")
    assert api.post("/api/users/token/refresh/", {"refresh": tokens.refresh}).status_code == 401
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.access}")
    assert api.get("/api/users/me/").status_code == 401


def test_logout_by_an_earlier_token_ends_the_later_tokens(api):
    first = start_session(UserFactory())
    second = api.post("/api/users/token/refresh/", {"refresh": first.refresh}).json()
    assert api.post(URL, {"refresh": first.refresh}).status_code == 204
    refused = api.post("/api/users/token/refresh/", {"refresh": second["refresh"]})
    assert refused.status_code == 401


def test_logout_does_not_end_other_logins(api):
    user = UserFactory()
    one, other = start_session(user), start_session(user)
    api.post(URL, {"refresh": one.refresh})
    assert api.post("/api/users/token/refresh/", {"refresh": other.refresh}).status_code == 200


def test_logout_is_safe_to_repeat_and_needs_no_access_token(api):
    tokens = start_session(UserFactory())
    api.credentials(HTTP_AUTHORIZATION="Bearer garbage")
    assert api.post(URL, {"refresh": tokens.refresh}).status_code == 204
    ended_at = LoginSession.objects.get().ended_at
    assert api.post(URL, {"refresh": tokens.refresh}).status_code == 204
    assert LoginSession.objects.get().ended_at == ended_at


def test_logout_refuses_garbage_and_access_tokens(api):
    tokens = start_session(UserFactory())
    for token in ("garbage", tokens.access):
        response = api.post(URL, {"refresh": token})
        assert response.status_code == 401
        assert response.json()["code"] == "token_invalid"
    assert LoginSession.objects.get().ended_at is None


def test_logout_refuses_a_body_without_a_token(api):
    response = api.post(URL, {})
    assert response.json()["errors"] == [
        {"field": "refresh", "code": "required", "detail": "This field is required."}
    ]
