"""Verification and changes of e-mail addresses, by mailed links."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from eventbooking_system.testing.problems import assert_problem
from users.mails import MAX_MAILS_PER_DAY, MAX_MAILS_PER_HOUR
from users.models import User
from users.tests.factories import NEW_PASSWORD, PASSWORD, UserFactory, form_of, may_log_in
from users.tokens import start_session

pytestmark = pytest.mark.django_db
VERIFY = "/api/users/email/verify/"
RESEND = "/api/users/email/verify/resend/"
CHANGE = "/api/users/email/change/"


def mailed_token(index=-1):
    return re.search(r"/verify-email#(\S+)", mail.outbox[index].body)[1]


def register(api, email="asha@example.org", **fields):
    return api.post("/api/users/register/", {"email": email, "password": PASSWORD, **fields})


def request_change(client, email="new@example.org", password=PASSWORD):
    return client.post(CHANGE, {"password": password, "email": email})


# ---- Verification


def test_registration_mails_a_link_that_verifies_the_address(api, settings):
    settings.FRONTEND_URL = "https://tickets.example.org"
    assert register(api).json()["email_verified_at"] is None
    assert mail.outbox[0].to == ["asha@example.org"]
    assert "https://tickets.example.org/verify-email#" in mail.outbox[0].body
    response = api.post(VERIFY, {"token": mailed_token()})
    assert (response.status_code, response.content) == (204, b"")
    verified_at = User.objects.get().email_verified_at
    assert verified_at is not None
    assert api.post(VERIFY, {"token": mailed_token()}).status_code == 204
    assert User.objects.get().email_verified_at == verified_at
    assert len(mail.outbox) == 1


def test_the_profile_and_the_export_have_the_time_of_the_verification(login):
    user = UserFactory()
    client = login(user)
    for path in ("/api/users/me/", "/api/users/me/export/"):
        body = client.get(path).json()
        profile = body.get("profile", body)
        assert profile["email_verified_at"].startswith(user.email_verified_at.isoformat()[:19])


def test_the_verification_mail_is_in_the_language_of_the_account(api):
    register(api, language="es")
    assert mail.outbox[0].subject == "Confirme su dirección de correo"
    assert "3 días" in mail.outbox[0].body


def test_a_refused_registration_sends_no_mail(api):
    UserFactory(email="asha@example.org")
    assert register(api).status_code == 400
    assert not mail.outbox


def test_resend_mails_another_link_until_the_address_is_verified(login):
    user = UserFactory(email_verified_at=None)
    client = login(user)
    assert client.post(RESEND).status_code == 202
    assert client.post(VERIFY, {"token": mailed_token()}).status_code == 204
    assert client.post(RESEND).status_code == 202
    assert len(mail.outbox) == 1


def test_resend_sends_a_few_mails_an_hour_at_most(login):
    client = login(UserFactory(email_verified_at=None))
    for _ in range(MAX_MAILS_PER_HOUR + 3):
        assert client.post(RESEND).status_code == 202
    assert len(mail.outbox) == MAX_MAILS_PER_HOUR


def test_resend_refuses_an_unknown_field(login):
    client = login(UserFactory(email_verified_at=None))
    assert_problem(client.post(RESEND, {"email": "b@example.org"}), 400, "invalid", "email")
    assert not mail.outbox


def test_resend_needs_a_login(api):
    assert api.post(RESEND).status_code == 401
    assert not mail.outbox


def test_a_reset_link_verifies_the_address(api):
    user = UserFactory(email_verified_at=None)
    api.post("/api/users/password/reset/", {"email": user.email})
    uid, token = re.search(r"uid=(\S+)&token=(\S+)", mail.outbox[0].body).groups()
    body = {"uid": uid, "token": token, "new_password": NEW_PASSWORD}
    assert api.post("/api/users/password/reset/confirm/", body).status_code == 204
    user.refresh_from_db()
    assert user.email_verified_at is not None


@pytest.mark.parametrize("token", ["x", "a:b:c", "é", "x" * 1500])
def test_verification_refuses_a_malformed_token(api, token):
    register(api)
    assert_problem(api.post(VERIFY, {"token": token}), 400, "invalid", "token")
    assert_problem(api.post(VERIFY, {"token": mailed_token()[:-1] + "-"}), 400, "invalid", "token")
    assert User.objects.get().email_verified_at is None


def test_a_verification_link_expires_after_three_days(api):
    register(api)
    with time_machine.travel(timezone.now() + timedelta(days=3, seconds=5)):
        assert_problem(api.post(VERIFY, {"token": mailed_token()}), 400, "invalid", "token")
    assert User.objects.get().email_verified_at is None


def test_a_verification_link_is_void_after_erasure_or_deactivation(api):
    register(api)
    User.objects.update(is_active=False)
    assert_problem(api.post(VERIFY, {"token": mailed_token()}), 400, "invalid", "token")
    assert User.objects.get().email_verified_at is None


def test_staff_who_change_an_address_make_it_unverified(boss):
    user = UserFactory()
    boss.post(f"/admin/users/user/{user.pk}/change/", form_of(user, email="b@example.org"))
    user.refresh_from_db()
    assert (user.email, user.email_verified_at) == ("b@example.org", None)


# ---- Change


def test_a_change_takes_effect_when_the_new_address_confirms(login, api):
    user = UserFactory(email="asha@example.org")
    client, elsewhere = login(user), start_session(user)
    response = request_change(client, "New@Example.org")
    assert (response.status_code, response.content) == (202, b"")
    user.refresh_from_db()
    assert user.email == "asha@example.org"
    assert [message.to for message in mail.outbox] == [["new@example.org"]]

    assert api.post(VERIFY, {"token": mailed_token()}).status_code == 204
    user.refresh_from_db()
    assert user.email == "new@example.org" and user.email_verified_at
    assert mail.outbox[-1].to == ["asha@example.org"]
    assert mail.outbox[-1].subject == "Your e-mail address was changed"
    assert client.get("/api/users/me/").json()["email"] == "new@example.org"
    refused = api.post("/api/users/token/refresh/", {"refresh": elsewhere.refresh})
    assert refused.status_code == 401
    assert may_log_in(api, user, PASSWORD)
    assert register(api, "asha@example.org").status_code == 201


def test_a_change_link_used_again_changes_nothing(login, api):
    user = UserFactory(email="asha@example.org")
    client = login(user)
    request_change(client)
    old_link = mailed_token()
    assert api.post(VERIFY, {"token": old_link}).status_code == 204
    assert api.post(VERIFY, {"token": old_link}).status_code == 204
    request_change(client, "asha@example.org")
    assert api.post(VERIFY, {"token": mailed_token()}).status_code == 204
    assert_problem(api.post(VERIFY, {"token": old_link}), 400, "invalid", "token")
    user.refresh_from_db()
    assert user.email == "asha@example.org"


def test_a_change_link_is_void_after_a_change_of_the_password(login, api):
    user = UserFactory(email="asha@example.org")
    client = login(user)
    request_change(client)
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    assert client.post("/api/users/password/change/", body).status_code == 204
    assert_problem(api.post(VERIFY, {"token": mailed_token()}), 400, "invalid", "token")
    user.refresh_from_db()
    assert user.email == "asha@example.org"


def test_a_change_to_an_address_that_is_taken_meanwhile_is_refused(login, api):
    user = UserFactory(email="asha@example.org")
    client = login(user)
    request_change(client)
    UserFactory(email="new@example.org")
    refused = api.post(VERIFY, {"token": mailed_token()})
    assert_problem(refused, 400, "invalid", "token")
    assert refused.json()["errors"][0]["code"] == "unique"
    user.refresh_from_db()
    assert user.email == "asha@example.org"
    assert client.get("/api/users/me/").status_code == 200
    assert len(mail.outbox) == 1


def test_a_request_to_change_answers_the_same_for_a_taken_address(login):
    UserFactory(email="taken@example.org")
    client = login(UserFactory())
    answers = [request_change(client, email) for email in ("taken@example.org", "new@example.org")]
    assert [(answer.status_code, answer.content) for answer in answers] == [(202, b"")] * 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"password": "wrong", "email": "new@example.org"}, "password"),
        ({"password": PASSWORD, "email": "nonsense"}, "email"),
        ({"password": PASSWORD, "email": "x@erased.invalid"}, "email"),
        ({"password": PASSWORD}, "email"),
        ({"email": "new@example.org"}, "password"),
        ({"password": PASSWORD, "email": "new@example.org", "user": 1}, "user"),
    ],
)
def test_a_request_to_change_names_each_wrong_field(login, body, field):
    user = UserFactory(email="asha@example.org")
    assert_problem(login(user).post(CHANGE, body), 400, "invalid", field)
    assert not mail.outbox
    user.refresh_from_db()
    assert user.email == "asha@example.org"


def test_a_request_to_change_needs_a_login(api):
    assert request_change(api).status_code == 401
    assert not mail.outbox


def test_an_address_gets_few_change_mails_whoever_asks(login):
    for _ in range(MAX_MAILS_PER_HOUR + 2):
        assert request_change(login(UserFactory()), "victim@example.org").status_code == 202
    assert len(mail.outbox) == MAX_MAILS_PER_HOUR


def test_an_address_gets_few_mails_a_day_of_all_kinds(api):
    user, start = UserFactory(email_verified_at=None), timezone.now()
    for hour in range(8):
        with time_machine.travel(start + timedelta(hours=hour, seconds=hour)):
            for _ in range(MAX_MAILS_PER_HOUR):
                api.post("/api/users/password/reset/", {"email": user.email})
    assert len(mail.outbox) == MAX_MAILS_PER_DAY
