import pytest

from users import export
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db
URL = "/api/users/me/export/"


@pytest.fixture(autouse=True)
def _only_own_parts(monkeypatch):
    monkeypatch.setattr(export, "_functions", {})


def test_export_holds_all_that_is_stored_and_nothing_of_others(login, api):
    user, other = UserFactory(phone="+919876543210"), UserFactory()
    api.post("/api/users/login/", {"email": user.email, "password": "wrong"})
    api.post("/api/users/login/", {"email": other.email, "password": "wrong"})
    login(other)
    response = login(user).get(URL)
    assert response.status_code == 200
    data = response.json()
    assert set(data) == {"profile", "logins", "failed_logins"}
    assert data["profile"]["email"] == user.email
    assert data["profile"]["phone"] == "+919876543210"
    assert [login["id"] for login in data["logins"]] == [str(user.login_sessions.get().pk)]
    assert [failure["failures_since_start"] for failure in data["failed_logins"]] == [1]
    assert other.email not in response.text
    assert "password" not in response.text and "argon2" not in response.text


def test_other_apps_contribute_their_parts(login):
    user = UserFactory()
    export.register_export("bookings", lambda person: [{"of": person.pk}])
    assert login(user).get(URL).json()["bookings"] == [{"of": user.pk}]


def test_export_needs_as_many_queries_however_much_there_is(login, django_assert_num_queries):
    user = UserFactory()
    for _ in range(5):
        client = login(user)
    with django_assert_num_queries(3):
        client.get(URL)


def test_export_is_private(api):
    assert api.get(URL).status_code == 401
