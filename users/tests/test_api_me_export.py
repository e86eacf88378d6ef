"""The export of a person's data."""

import pytest

from users import export
from users.models import KnownNetwork
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db
URL = "/api/users/me/export/"


@pytest.fixture(autouse=True)
def _only_own_parts(monkeypatch):
    monkeypatch.setattr(export, "contributors", {})


def test_the_export_has_all_data_of_its_person_and_none_of_others(login, api):
    user, other = UserFactory(phone="+919876543210"), UserFactory()
    api.post("/api/users/login/", {"email": user.email, "password": "wrong"})
    api.post("/api/users/login/", {"email": other.email, "password": "wrong"})
    KnownNetwork.objects.record(user=user, network="127.0.0.1")
    KnownNetwork.objects.record(user=other, network="10.0.0.1")
    login(other)
    response = login(user).get(URL)
    assert response.status_code == 200
    data = response.json()
    assert set(data) == {"profile", "logins", "known_networks", "failed_logins"}
    assert data["profile"]["email"] == user.email
    assert data["profile"]["phone"] == "+919876543210"
    assert [login["id"] for login in data["logins"]] == [str(user.login_sessions.get().pk)]
    assert [failure["source"] for failure in data["failed_logins"]] == ["127.0.0.1"]
    assert [network["network"] for network in data["known_networks"]] == ["127.0.0.1"]
    assert other.email not in response.text
    assert "password" not in response.text and "argon2" not in response.text


def test_other_apps_add_members_to_the_export(login):
    user = UserFactory()
    export.register_export("bookings", lambda person: [{"of": person.pk}])
    assert login(user).get(URL).json()["bookings"] == [{"of": user.pk}]


def test_the_export_needs_a_fixed_number_of_queries(login, django_assert_num_queries):
    user = UserFactory()
    for _ in range(5):
        client = login(user)
    with django_assert_num_queries(4):
        client.get(URL)


def test_the_export_needs_a_login(api):
    assert api.get(URL).status_code == 401
