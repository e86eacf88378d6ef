"""Changes of a password by its owner."""

import pytest
from rest_framework.test import APIClient

from users.tests.factories import NEW_PASSWORD, PASSWORD, StaffFactory, UserFactory, may_log_in
from users.tokens import start_session

pytestmark = pytest.mark.django_db
CHANGE = "/api/users/password/change/"


def errors(response):
    assert response.status_code == 400
    return {(error["field"], error["code"]) for error in response.json()["errors"]}


def test_password_change_ends_every_other_login(login, api):
    user = UserFactory()
    client, elsewhere = login(user), start_session(user)
    response = client.post(CHANGE, {"current_password": PASSWORD, "new_password": NEW_PASSWORD})
    assert (response.status_code, response.content) == (204, b"")
    assert user.login_sessions.filter(ended_at=None).count() == 1
    assert client.get("/api/users/me/").status_code == 200
    refused = api.post("/api/users/token/refresh/", {"refresh": elsewhere.refresh})
    assert refused.status_code == 401
    assert may_log_in(api, user, NEW_PASSWORD) and not may_log_in(api, user, PASSWORD)


def test_the_login_that_changed_the_password_can_still_refresh(api):
    tokens = start_session(UserFactory())
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.access}")
    api.post(CHANGE, {"current_password": PASSWORD, "new_password": NEW_PASSWORD})
    assert api.post("/api/users/token/refresh/", {"refresh": tokens.refresh}).status_code == 200


def test_a_password_change_by_cookie_keeps_the_cookie_valid(api):
    staff = StaffFactory()
    tokens = start_session(staff)
    api.force_login(staff)
    assert (
        api.post(CHANGE, {"current_password": PASSWORD, "new_password": NEW_PASSWORD}).status_code
        == 204
    )
    assert api.get("/api/users/me/").status_code == 200
    refused = api.post("/api/users/token/refresh/", {"refresh": tokens.refresh})
    assert refused.status_code == 401


def test_password_change_by_cookie_needs_a_csrf_token():
    staff = StaffFactory()
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(staff)
    response = client.post(CHANGE, {"current_password": PASSWORD, "new_password": NEW_PASSWORD})
    assert response.status_code == 403
    staff.refresh_from_db()
    assert staff.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"current_password": "wrong", "new_password": NEW_PASSWORD}, {("current_password", "invalid")}),
        ({"current_password": PASSWORD, "new_password": "12345"}, {
            ("new_password", "password_too_short"),
            ("new_password", "password_too_common"),
            ("new_password", "password_entirely_numeric"),
        }),
        ({"current_password": PASSWORD}, {("new_password", "required")}),
        ({"current_password": None, "new_password": 5}, {("current_password", "null"), ("new_password", "invalid")}),
        ({"current_password": PASSWORD, "new_password": NEW_PASSWORD, "user": 1}, {("user", "unknown_field")}),
    ],
)  # fmt: skip
def test_password_change_names_each_wrong_field(login, body, expected):
    user = UserFactory()
    other = start_session(user)
    assert errors(login(user).post(CHANGE, body)) == expected
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert user.login_sessions.filter(ended_at=None).count() == 2
    assert other


def test_password_change_needs_a_login(api):
    assert (
        api.post(CHANGE, {"current_password": PASSWORD, "new_password": NEW_PASSWORD}).status_code
        == 401
    )
