import logging
import re
import smtplib
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.core import mail
from django.utils import timezone
from rest_framework.test import APIClient

from eventbooking_system.cache import backends as cache
from eventbooking_system.tests.redis_server import NOBODY
from users import views
from users.services import RESET_MAILS_PER_HOUR
from users.tests.factories import PASSWORD, StaffFactory, UserFactory
from users.tokens import start_session

pytestmark = pytest.mark.django_db
CHANGE = "/api/users/password/change/"
RESET = "/api/users/password/reset/"
CONFIRM = "/api/users/password/reset/confirm/"
NEW = "quite another passphrase"


def errors(response):
    assert response.status_code == 400
    return {(error["field"], error["code"]) for error in response.json()["errors"]}


def mailed_link(api, user):
    assert api.post(RESET, {"email": user.email}).status_code == 202
    link = re.search(r"http\S+", mail.outbox[-1].body).group()
    return {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}


def may_log_in(api, user, password):
    body = {"email": user.email, "password": password}
    return api.post("/api/users/login/", body).status_code == 200


# ---- change


def test_change_replaces_the_password_and_ends_every_other_login(login, api):
    user = UserFactory()
    client, elsewhere = login(user), start_session(user)
    response = client.post(CHANGE, {"current_password": PASSWORD, "new_password": NEW})
    assert (response.status_code, response.content) == (204, b"")
    assert user.login_sessions.filter(ended_at=None).count() == 1
    assert client.get("/api/users/me/").status_code == 200
    refused = api.post("/api/users/token/refresh/", {"refresh": elsewhere.refresh})
    assert refused.status_code == 401
    assert may_log_in(api, user, NEW) and not may_log_in(api, user, PASSWORD)


def test_the_login_that_changed_the_password_can_still_be_refreshed(api):
    tokens = start_session(UserFactory())
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.access}")
    api.post(CHANGE, {"current_password": PASSWORD, "new_password": NEW})
    assert api.post("/api/users/token/refresh/", {"refresh": tokens.refresh}).status_code == 200


def test_staff_who_change_it_by_cookie_stay_logged_in(api):
    staff = StaffFactory()
    tokens = start_session(staff)
    api.force_login(staff)
    assert api.post(CHANGE, {"current_password": PASSWORD, "new_password": NEW}).status_code == 204
    assert api.get("/api/users/me/").status_code == 200
    refused = api.post("/api/users/token/refresh/", {"refresh": tokens.refresh})
    assert refused.status_code == 401


def test_a_cookie_without_a_csrf_token_changes_nothing():
    staff = StaffFactory()
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(staff)
    response = client.post(CHANGE, {"current_password": PASSWORD, "new_password": NEW})
    assert response.status_code == 403
    staff.refresh_from_db()
    assert staff.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"current_password": "wrong", "new_password": NEW}, {("current_password", "invalid")}),
        ({"current_password": PASSWORD, "new_password": "12345"}, {
            ("new_password", "password_too_short"),
            ("new_password", "password_too_common"),
            ("new_password", "password_entirely_numeric"),
        }),
        ({"current_password": PASSWORD}, {("new_password", "required")}),
        ({"current_password": None, "new_password": 5}, {("current_password", "null"), ("new_password", "invalid")}),
        ({"current_password": PASSWORD, "new_password": NEW, "user": 1}, {("user", "unknown_field")}),
    ],
)  # fmt: skip
def test_change_refuses_and_names_what_is_wrong(login, body, expected):
    user = UserFactory()
    other = start_session(user)
    assert errors(login(user).post(CHANGE, body)) == expected
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert user.login_sessions.filter(ended_at=None).count() == 2
    assert other


def test_change_needs_a_login(api):
    assert api.post(CHANGE, {"current_password": PASSWORD, "new_password": NEW}).status_code == 401


# ---- reset


def test_reset_mails_a_link_that_sets_a_new_password_and_ends_every_login(api, settings):
    settings.FRONTEND_URL = "https://tickets.example.org"
    user = UserFactory()
    tokens = start_session(user)
    api.credentials(HTTP_AUTHORIZATION="Bearer garbage")
    link = mailed_link(api, user)
    assert mail.outbox[0].to == [user.email]
    assert "https://tickets.example.org/reset-password?uid=" in mail.outbox[0].body
    response = api.post(CONFIRM, {**link, "new_password": NEW})
    assert (response.status_code, response.content) == (204, b"")
    api.credentials()
    refused = api.post("/api/users/token/refresh/", {"refresh": tokens.refresh})
    assert refused.status_code == 401
    assert not user.login_sessions.filter(ended_at=None).exists()
    assert may_log_in(api, user, NEW) and not may_log_in(api, user, PASSWORD)


def test_reset_mails_in_the_person_s_language(api):
    user = UserFactory(language="es")
    api.post(RESET, {"email": user.email}, headers={"Accept-Language": "hi"})
    assert mail.outbox[0].subject == "Elija una contraseña nueva"
    assert "en los próximos 60 minutos" in mail.outbox[0].body


def test_reset_answers_the_same_for_everybody(api):
    UserFactory(email="asha@example.org")
    UserFactory(email="gone@example.org", is_active=False)
    answers = [
        api.post(RESET, {"email": email})
        for email in ("ASHA@example.org", "nobody@example.org", "gone@example.org")
    ]
    assert {(answer.status_code, answer.content) for answer in answers} == {(202, b"")}
    assert [message.to for message in mail.outbox] == [["asha@example.org"]]


def test_the_answer_is_out_before_the_account_is_looked_for(api, monkeypatch):
    work = []
    monkeypatch.setattr(views.AnswerFirst, "close", lambda self: work.append(self.work))
    user = UserFactory()
    assert api.post(RESET, {"email": user.email}).status_code == 202
    assert not mail.outbox
    work[0]()
    assert len(mail.outbox) == 1


def test_a_mail_server_that_fails_is_logged_and_neither_told_nor_quoted(api, monkeypatch, caplog):
    caplog.set_level(logging.DEBUG)
    user = UserFactory(email="asha@example.org")

    def refuse(*_args, **_kwargs):
        raise smtplib.SMTPRecipientsRefused({user.email: (550, b"no such user")})

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
    assert api.post(RESET, {"email": user.email}).status_code == 202
    assert "work after an answer failed" in caplog.text
    assert "asha@" not in caplog.text


def test_nobody_is_flooded_with_mails(api):
    user = UserFactory()
    for _ in range(RESET_MAILS_PER_HOUR + 3):
        assert api.post(RESET, {"email": user.email}).status_code == 202
    assert len(mail.outbox) == RESET_MAILS_PER_HOUR


def test_without_redis_the_mail_is_sent_all_the_same(api, settings, monkeypatch):
    monkeypatch.setattr(cache, "_down_until", 0.0)
    backend = "eventbooking_system.cache.backends.RedisCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": NOBODY}}
    api.post(RESET, {"email": UserFactory().email})
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("body", [{}, {"email": "nobody"}, {"email": 7}, {"email": "a\0@b.org"}])
def test_reset_refuses_what_is_no_email(api, body):
    assert errors(api.post(RESET, body))
    assert not mail.outbox


def test_the_link_works_once(api):
    user = UserFactory()
    link = mailed_link(api, user)
    assert api.post(CONFIRM, {**link, "new_password": NEW}).status_code == 204
    again = api.post(CONFIRM, {**link, "new_password": "a third passphrase"})
    assert errors(again) == {("token", "invalid")}
    user.refresh_from_db()
    assert user.check_password(NEW)


def test_the_link_of_one_account_does_not_open_another(api):
    user, other = UserFactory(), UserFactory()
    link, others = mailed_link(api, user), mailed_link(api, other)
    response = api.post(
        CONFIRM, {"uid": others["uid"], "token": link["token"], "new_password": NEW}
    )
    assert errors(response) == {("token", "invalid")}


def test_the_link_is_dead_after_an_hour(api):
    user = UserFactory()
    link = mailed_link(api, user)
    with time_machine.travel(timezone.now() + timedelta(hours=1, seconds=5)):
        assert errors(api.post(CONFIRM, {**link, "new_password": NEW})) == {("token", "invalid")}


def test_a_weak_password_leaves_the_link_usable(api):
    user = UserFactory()
    link = mailed_link(api, user)
    refused = api.post(CONFIRM, {**link, "new_password": user.email})
    assert errors(refused) == {("new_password", "password_too_similar")}
    assert api.post(CONFIRM, {**link, "new_password": NEW}).status_code == 204


@pytest.mark.parametrize(
    "uid",
    [
        "!",
        "AA",
        "MTIzNDU2Nzg5",
        "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5",
        "LTE",
        "é",
        "4pGg",
        "eA",
        "OTk5OTk5OTk5OTk5OTk5OTk5OQ",
    ],
)
def test_confirm_refuses_a_uid_that_names_nobody(api, uid):
    UserFactory()
    response = api.post(CONFIRM, {"uid": uid, "token": "x-y", "new_password": NEW})
    assert errors(response) == {("uid", "invalid")}


@pytest.mark.parametrize("token", ["x", "x-y", "cx3ujl-0123456789", "-", "é-ü", "z" * 150])
def test_confirm_refuses_a_token_that_is_wrong(api, token):
    user = UserFactory()
    uid = mailed_link(api, user)["uid"]
    response = api.post(CONFIRM, {"uid": uid, "token": token, "new_password": NEW})
    assert errors(response) == {("token", "invalid")}
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_confirm_refuses_a_malformed_body(api):
    response = api.post(CONFIRM, {"uid": 1, "token": None, "extra": 1})
    assert response.status_code == 400
