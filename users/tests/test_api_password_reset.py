"""Mailed links to choose a new password."""

import logging
import re
import smtplib
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from eventbooking_system.cache import backends as cache
from eventbooking_system.tests.redis_server import NOBODY
from users.mails import MAX_MAILS_PER_HOUR
from users.tests.factories import NEW_PASSWORD, PASSWORD, UserFactory, may_log_in
from users.tokens import start_session
from users.views.base import AnswerFirst

pytestmark = pytest.mark.django_db
RESET = "/api/users/password/reset/"
CONFIRM = "/api/users/password/reset/confirm/"


def errors(response):
    assert response.status_code == 400
    return {(error["field"], error["code"]) for error in response.json()["errors"]}


def mailed_link(api, user):
    assert api.post(RESET, {"email": user.email}).status_code == 202
    link = re.search(r"http\S+", mail.outbox[-1].body).group()
    return {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}


def test_password_reset_mails_a_link_that_sets_a_new_password(api, settings):
    settings.FRONTEND_URL = "https://tickets.example.org"
    user = UserFactory()
    tokens = start_session(user)
    api.credentials(HTTP_AUTHORIZATION="Bearer garbage")
    link = mailed_link(api, user)
    assert mail.outbox[0].to == [user.email]
    assert "https://tickets.example.org/reset-password?uid=" in mail.outbox[0].body
    response = api.post(CONFIRM, {**link, "new_password": NEW_PASSWORD})
    assert (response.status_code, response.content) == (204, b"")
    api.credentials()
    refused = api.post("/api/users/token/refresh/", {"refresh": tokens.refresh})
    assert refused.status_code == 401
    assert not user.login_sessions.filter(ended_at=None).exists()
    assert may_log_in(api, user, NEW_PASSWORD) and not may_log_in(api, user, PASSWORD)


def test_password_reset_mails_in_the_language_of_the_account(api):
    user = UserFactory(language="es")
    api.post(RESET, {"email": user.email}, headers={"Accept-Language": "hi"})
    assert mail.outbox[0].subject == "Elija una contraseña nueva"
    assert "en los próximos 60 minutos" in mail.outbox[0].body


def test_password_reset_answers_the_same_with_and_without_an_account(api):
    UserFactory(email="asha@example.org")
    UserFactory(email="gone@example.org", is_active=False)
    answers = [
        api.post(RESET, {"email": email})
        for email in ("ASHA@example.org", "nobody@example.org", "gone@example.org")
    ]
    assert {(answer.status_code, answer.content) for answer in answers} == {(202, b"")}
    assert [message.to for message in mail.outbox] == [["asha@example.org"]]


def test_password_reset_answers_before_it_looks_for_the_account(api, monkeypatch):
    work = []
    monkeypatch.setattr(AnswerFirst, "close", lambda self: work.append(self.work))
    user = UserFactory()
    assert api.post(RESET, {"email": user.email}).status_code == 202
    assert not mail.outbox
    work[0]()
    assert len(mail.outbox) == 1


def test_password_reset_hides_a_failure_of_the_mail_server(api, monkeypatch, caplog):
    caplog.set_level(logging.DEBUG)
    user = UserFactory(email="asha@example.org")

    def refuse(*_args, **_kwargs):
        raise smtplib.SMTPRecipientsRefused({user.email: (550, b"no such user")})

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
    assert api.post(RESET, {"email": user.email}).status_code == 202
    assert "asha@" not in caplog.text
    row = user.account_mails.get()
    assert row.state == "dead" and "asha@" not in row.last_error


def test_password_reset_sends_a_few_mails_an_hour_at_most(api):
    user = UserFactory()
    for _ in range(MAX_MAILS_PER_HOUR + 3):
        assert api.post(RESET, {"email": user.email}).status_code == 202
    assert len(mail.outbox) == MAX_MAILS_PER_HOUR


def test_password_reset_sends_its_mail_without_redis(api, settings):
    cache.retry_at_once()
    backend = "eventbooking_system.cache.backends.RedisCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": NOBODY}}
    api.post(RESET, {"email": UserFactory().email})
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("body", [{}, {"email": "nobody"}, {"email": 7}, {"email": "a\0@b.org"}])
def test_password_reset_refuses_a_malformed_email(api, body):
    assert errors(api.post(RESET, body))
    assert not mail.outbox


def test_a_reset_link_works_once(api):
    user = UserFactory()
    link = mailed_link(api, user)
    assert api.post(CONFIRM, {**link, "new_password": NEW_PASSWORD}).status_code == 204
    again = api.post(CONFIRM, {**link, "new_password": "a third passphrase"})
    assert errors(again) == {("token", "invalid")}
    user.refresh_from_db()
    assert user.check_password(NEW_PASSWORD)


def test_a_reset_link_does_not_work_for_another_account(api):
    user, other = UserFactory(), UserFactory()
    link, others = mailed_link(api, user), mailed_link(api, other)
    response = api.post(
        CONFIRM, {"uid": others["uid"], "token": link["token"], "new_password": NEW_PASSWORD}
    )
    assert errors(response) == {("token", "invalid")}


def test_a_reset_link_expires_after_an_hour(api):
    user = UserFactory()
    link = mailed_link(api, user)
    with time_machine.travel(timezone.now() + timedelta(hours=1, seconds=5)):
        assert errors(api.post(CONFIRM, {**link, "new_password": NEW_PASSWORD})) == {
            ("token", "invalid")
        }


def test_a_weak_password_leaves_the_reset_link_usable(api):
    user = UserFactory()
    link = mailed_link(api, user)
    refused = api.post(CONFIRM, {**link, "new_password": user.email})
    assert errors(refused) == {("new_password", "password_too_similar")}
    assert api.post(CONFIRM, {**link, "new_password": NEW_PASSWORD}).status_code == 204


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
def test_reset_confirmation_refuses_a_uid_without_an_account(api, uid):
    UserFactory()
    response = api.post(CONFIRM, {"uid": uid, "token": "x-y", "new_password": NEW_PASSWORD})
    assert errors(response) == {("token", "invalid")}


@pytest.mark.parametrize("token", ["x", "x-y", "cx3ujl-0123456789", "-", "é-ü", "z" * 150])
def test_reset_confirmation_refuses_a_wrong_token(api, token):
    user = UserFactory()
    uid = mailed_link(api, user)["uid"]
    response = api.post(CONFIRM, {"uid": uid, "token": token, "new_password": NEW_PASSWORD})
    assert errors(response) == {("token", "invalid")}
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_reset_confirmation_refuses_a_malformed_body(api):
    response = api.post(CONFIRM, {"uid": 1, "token": None, "extra": 1})
    assert response.status_code == 400


def test_a_used_reset_link_lifts_the_lock_on_the_account(api, settings):
    settings.THROTTLE_LOGIN_ACCOUNT = "5/day"
    user = UserFactory()
    link = mailed_link(api, user)
    for n in range(5):
        body = {"email": user.email, "password": "wrong"}
        api.post("/api/users/login/", body, REMOTE_ADDR=f"10.0.0.{n}")
    assert not may_log_in(api, user, PASSWORD)
    assert api.post(CONFIRM, {**link, "new_password": NEW_PASSWORD}).status_code == 204
    for n in range(5):
        body = {"email": user.email, "password": "wrong"}
        api.post("/api/users/login/", body, REMOTE_ADDR=f"10.0.0.{n}")
    assert may_log_in(api, user, NEW_PASSWORD)


def test_reset_confirmation_answers_the_same_for_a_missing_and_a_live_account(api):
    user = UserFactory()
    uid = mailed_link(api, user)["uid"]
    answers = [
        api.post(CONFIRM, {"uid": each, "token": token, "new_password": "x"})
        for each in (uid, "OTk5OTk", "!")
        for token in ("cx3ujl-0123456789", "x")
    ]
    assert {answer.status_code for answer in answers} == {400}
    assert len({answer.content for answer in answers}) == 1
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
