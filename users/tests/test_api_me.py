"""The profile of the client, and its erasure."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from drf_spectacular.generators import SchemaGenerator
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from users import urls
from users.models import KnownNetwork, LoginFailure, LoginSession, User
from users.tests.factories import PASSWORD, StaffFactory, UserFactory
from users.tokens import SessionAccessToken, start_session

pytestmark = pytest.mark.django_db
URL = "/api/users/me/"


@pytest.mark.sqlite
def test_me_shows_the_profile_in_one_query(login, django_assert_num_queries):
    user = UserFactory(phone="+919876543210")
    client = login(user)
    with django_assert_num_queries(1):
        response = client.get(URL)
    assert response.status_code == 200
    assert response.json() == {
        "id": user.pk,
        "email": user.email,
        "email_verified_at": response.json()["email_verified_at"],
        "first_name": "Asha",
        "last_name": "Rao",
        "phone": "+919876543210",
        "phone_is_verified": False,
        "language": "en",
        "sms_consent": False,
        "date_joined": response.json()["date_joined"],
    }


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_me_refuses_a_request_without_a_login(api, method):
    response = getattr(api, method)(URL)
    assert response.status_code == 401
    assert response.json()["code"] == "not_authenticated"
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer garbage",
        "bearer a.b.c",
        "Bearer a b",
        "Bearer \xe9",
        "Bearer " + "x" * 9000,
    ],
)
def test_me_refuses_a_malformed_token(api, header):
    api.credentials(HTTP_AUTHORIZATION=header)
    response = api.get(URL)
    assert response.status_code == 401
    assert response.json()["code"] == "token_invalid"
    assert "WWW-Authenticate" in response


def test_me_accepts_any_case_of_the_scheme_and_refuses_refresh_tokens(api):
    tokens = start_session(UserFactory())
    api.credentials(HTTP_AUTHORIZATION=f"bearer {tokens.access}")
    assert api.get(URL).status_code == 200
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.refresh}")
    assert api.get(URL).json()["code"] == "token_invalid"


def test_a_token_stops_at_once_when_its_user_is_deactivated(login):
    user = UserFactory()
    client = login(user)
    User.objects.update(is_active=False)
    assert client.get(URL).json()["code"] == "token_invalid"
    assert client.patch(URL, {"first_name": "Mina"}).status_code == 401
    user.refresh_from_db()
    assert user.first_name == "Asha"


def test_a_token_without_a_stored_login_is_refused(api):
    token = SessionAccessToken()
    token["user_id"] = str(UserFactory().pk)
    token["session"] = "3f0e2b0e-0000-4000-8000-000000000000"
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert api.get(URL).status_code == 401


@pytest.mark.sqlite
def test_patch_changes_language_and_sms_consent(login):
    user = UserFactory()
    response = login(user).patch(URL, {"language": "hi", "sms_consent": True})
    assert (response.json()["language"], response.json()["sms_consent"]) == ("hi", True)
    user.refresh_from_db()
    assert (user.language, user.sms_consent) == ("hi", True)


@pytest.mark.sqlite
def test_patch_changes_names_and_phone(login):
    user = UserFactory()
    response = login(user).patch(URL, {"first_name": "Mina", "phone": "+442083661177"})
    assert response.status_code == 200
    assert response.json()["first_name"] == "Mina"
    user.refresh_from_db()
    assert (user.first_name, user.last_name, str(user.phone)) == ("Mina", "Rao", "+442083661177")


def test_patch_accepts_an_empty_body_and_empty_fields(login):
    client = login(UserFactory(phone="+919876543210"))
    assert client.patch(URL, {}).json()["phone"] == "+919876543210"
    response = client.patch(URL, {"phone": "", "last_name": ""})
    assert (response.json()["phone"], response.json()["last_name"]) == ("", "")


@pytest.mark.parametrize(
    "change",
    [
        {"email": "new@example.org"}, {"id": 1}, {"date_joined": "2020-01-01T00:00:00Z"},
        {"is_staff": True}, {"password": "x"}, {"phone": "123"}, {"phone": None},
        {"language": "fr"}, {"language": None}, {"sms_consent": "true"}, {"sms_consent": None},
        {"first_name": None}, {"first_name": 5}, {"first_name": "x" * 101}, {"last_name": "\0"},
    ],
    ids=str,
)  # fmt: skip
def test_patch_names_each_field_that_cannot_be_set(login, change):
    user = UserFactory()
    response = login(user).patch(URL, {"first_name": "Mina", **change})
    assert response.status_code == 400
    assert {error["field"] for error in response.json()["errors"]} == set(change)
    user.refresh_from_db()
    assert (user.first_name, user.is_staff) == ("Asha", False)


def test_me_refuses_put_and_post(login):
    client = login(UserFactory())
    assert client.put(URL, {}).status_code == 405
    assert client.post(URL, {}).status_code == 405


@pytest.mark.sqlite
def test_erasure_removes_personal_data_and_ends_every_token(login, api):
    user = UserFactory(email="asha@example.org", phone="+919876543210")
    boss = StaffFactory()
    LogEntry.objects.create(
        user=boss, content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk),
        object_repr=str(user), action_flag=2,
    )  # fmt: skip
    api.post("/api/users/login/", {"email": "Asha@example.org", "password": "wrong"})
    client, elsewhere = login(user), start_session(user)

    response = client.delete(URL, {"password": PASSWORD})
    assert (response.status_code, response.content) == (204, b"")

    user.refresh_from_db()
    assert user.email == f"erased-{user.pk}@erased.invalid"
    assert (user.first_name, user.last_name, user.phone, user.last_login) == ("", "", "", None)
    assert not user.is_active and not user.has_usable_password() and user.erased_at
    assert client.get(URL).json()["code"] == "token_invalid"
    refused = api.post("/api/users/token/refresh/", {"refresh": elsewhere.refresh})
    assert refused.status_code == 401
    login_again = {"email": "asha@example.org", "password": PASSWORD}
    assert api.post("/api/users/login/", login_again).status_code == 401
    assert LogEntry.objects.get().object_repr == user.email
    assert not LoginSession.objects.filter(user=user).exists()
    assert not OutstandingToken.objects.filter(user=user).exists()


@pytest.mark.sqlite
def test_erasure_deletes_failed_logins_and_known_networks(login, api):
    user = UserFactory(email="asha@example.org")
    api.post("/api/users/login/", {"email": "Asha@example.org", "password": "wrong"})
    assert LoginFailure.objects.count() == 1
    api.post("/api/users/login/", {"email": "asha@example.org", "password": PASSWORD})
    assert KnownNetwork.objects.count() == 1
    login(user).delete(URL, {"password": PASSWORD})
    assert not LoginFailure.objects.exists()
    assert not KnownNetwork.objects.exists()


@pytest.mark.sqlite
def test_an_erased_person_can_register_again(login, api):
    user = UserFactory(email="asha@example.org")
    login(user).delete(URL, {"password": PASSWORD})
    body = {"email": "asha@example.org", "password": PASSWORD}
    assert api.post("/api/users/register/", body).status_code == 201


def test_erasure_refuses_a_wrong_password(login):
    user = UserFactory()
    client = login(user)
    response = client.delete(URL, {"password": "wrong"})
    assert response.status_code == 400
    assert [(e["field"], e["code"]) for e in response.json()["errors"]] == [("password", "invalid")]
    user.refresh_from_db()
    assert user.is_active and user.first_name == "Asha"
    assert client.get(URL).status_code == 200


@pytest.mark.parametrize(
    "body", [None, {}, {"password": None}, {"password": PASSWORD, "sure": True}]
)
def test_erasure_refuses_a_malformed_body(login, body):
    user = UserFactory()
    assert login(user).delete(URL, body).status_code == 400
    user.refresh_from_db()
    assert user.is_active


def test_erasure_refuses_staff_accounts(login):
    user = StaffFactory()
    response = login(user).delete(URL, {"password": PASSWORD})
    assert response.status_code == 403
    assert response.json()["code"] == "permission_denied"
    user.refresh_from_db()
    assert user.is_active and user.erased_at is None


def test_the_openapi_document_has_the_body_of_an_erasure():
    paths = SchemaGenerator(patterns=urls.urlpatterns).get_schema(public=True)["paths"]
    assert "requestBody" in paths["/me/"]["delete"]
    assert "requestBody" not in paths["/me/"]["get"]
