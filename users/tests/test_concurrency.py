"""Races on accounts and tokens, with real threads and commits."""

import time
from functools import partial

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from rest_framework.test import APIClient
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken

from eventbooking_system.testing.races import run_at_once
from users.models import LoginSession, User
from users.tests.factories import NEW_PASSWORD, PASSWORD, StaffFactory, UserFactory, form_of
from users.tokens import start_session

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sqlite]
RIVALS = 6


def post(path, body, **headers):
    client = APIClient(raise_request_exception=False)
    return client.post(f"/api/users/{path}", body, **headers)


def at_once(path, bodies):
    return run_at_once([partial(post, path, body) for body in bodies])


def statuses(answers):
    return sorted(answer.status_code for answer in answers)


# ---- One refresh token


def test_control_without_the_record_of_use_a_refresh_token_works_many_times(monkeypatch):
    monkeypatch.setattr(BlacklistedToken.objects, "get_or_create", lambda token: (None, True))
    token = start_session(UserFactory()).refresh
    answers = at_once("token/refresh/", [{"refresh": token}] * RIVALS)
    assert statuses(answers) == [200] * RIVALS


def test_a_refresh_token_sent_many_times_at_once_works_once():
    token = start_session(UserFactory()).refresh
    answers = at_once("token/refresh/", [{"refresh": token}] * RIVALS)
    assert statuses(answers) == [200] + [401] * (RIVALS - 1)
    refused = [answer.json()["code"] for answer in answers if answer.status_code == 401]
    assert set(refused) == {"token_invalid"}
    assert LoginSession.objects.get().ended_at is not None
    winner = next(answer.json() for answer in answers if answer.status_code == 200)
    assert post("token/refresh/", {"refresh": winner["refresh"]}).status_code == 401
    access = {"HTTP_AUTHORIZATION": f"Bearer {winner['access']}"}
    assert APIClient().get("/api/users/me/", **access).status_code == 401


def test_several_logins_of_one_user_can_refresh_at_once():
    user = UserFactory()
    tokens = [start_session(user).refresh for _ in range(RIVALS)]
    answers = at_once("token/refresh/", [{"refresh": token} for token in tokens])
    assert statuses(answers) == [200] * RIVALS


def test_refreshing_while_logging_out_leaves_no_live_login():
    token = start_session(UserFactory()).refresh
    refreshed, *_ = run_at_once(
        [partial(post, path, {"refresh": token}) for path in ("token/refresh/", "logout/")]
    )
    assert refreshed.status_code in (200, 401)
    assert LoginSession.objects.get().ended_at is not None


# ---- One e-mail


def test_control_rivals_for_an_email_hit_the_constraint():
    create = partial(User.objects.create_user, "asha@example.org", PASSWORD)
    results = run_at_once([create] * RIVALS)
    assert sum(isinstance(result, IntegrityError) for result in results) == RIVALS - 1
    assert User.objects.count() == 1


def test_one_of_many_simultaneous_registrations_of_an_email_succeeds():
    bodies = [
        {"email": email, "password": PASSWORD}
        for email in ("asha@example.org", "Asha@example.org", "ASHA@EXAMPLE.ORG") * 2
    ]
    answers = at_once("register/", bodies)
    assert statuses(answers) == [201] + [400] * (RIVALS - 1)
    for answer in answers:
        if answer.status_code == 400:
            error = answer.json()["errors"][0]
            assert (error["field"], error["code"]) == ("email", "unique")
    assert User.objects.count() == 1


# ---- One account


def test_control_without_the_check_of_the_token_a_link_sets_many_passwords(monkeypatch):
    monkeypatch.setattr(default_token_generator, "check_token", lambda user, token: True)
    assert statuses(_confirm_at_once(UserFactory())) == [204] * RIVALS


def test_a_reset_link_used_many_times_at_once_works_once():
    user = UserFactory()
    answers = _confirm_at_once(user)
    assert statuses(answers) == [204] + [400] * (RIVALS - 1)
    winner = next(n for n, answer in enumerate(answers) if answer.status_code == 204)
    user.refresh_from_db()
    assert user.check_password(f"passphrase number {winner}")


def _confirm_at_once(user):
    link = {
        "uid": urlsafe_base64_encode(force_bytes(user.pk)),
        "token": default_token_generator.make_token(user),
    }
    return at_once(
        "password/reset/confirm/",
        [{**link, "new_password": f"passphrase number {n}"} for n in range(RIVALS)],
    )


def test_one_of_many_simultaneous_password_changes_succeeds():
    user = UserFactory()
    headers = {"HTTP_AUTHORIZATION": f"Bearer {start_session(user).access}"}
    answers = run_at_once(
        [
            partial(
                post,
                "password/change/",
                {"current_password": PASSWORD, "new_password": f"passphrase number {n}"},
                **headers,
            )
            for n in range(RIVALS)
        ]
    )
    assert statuses(answers) == [204] + [400] * (RIVALS - 1)
    winner = next(n for n, answer in enumerate(answers) if answer.status_code == 204)
    user.refresh_from_db()
    assert user.check_password(f"passphrase number {winner}")
    assert user.login_sessions.get().ended_at is None


def test_erasure_during_logins_and_refreshes_leaves_no_usable_login():
    user = UserFactory(email="asha@example.org")
    tokens = [start_session(user) for _ in range(3)]
    erase = partial(
        APIClient(raise_request_exception=False).delete,
        "/api/users/me/",
        {"password": PASSWORD},
        HTTP_AUTHORIZATION=f"Bearer {tokens[0].access}",
    )
    log_in = partial(post, "login/", {"email": "asha@example.org", "password": PASSWORD})
    refreshes = [partial(post, "token/refresh/", {"refresh": t.refresh}) for t in tokens[1:]]
    erased, *others = run_at_once([erase, log_in, log_in, *refreshes])
    assert erased.status_code == 204
    assert {answer.status_code for answer in others} <= {200, 401}
    user.refresh_from_db()
    assert user.email == f"erased-{user.pk}@erased.invalid"
    for answer in others:
        if answer.status_code == 200:
            access = {"HTTP_AUTHORIZATION": f"Bearer {answer.json()['access']}"}
            assert APIClient().get("/api/users/me/", **access).status_code == 401


def _erase_slowly(user):
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(
            email="erased-1@erased.invalid", first_name="", password="!", is_active=False,
            erased_at=Now(),
        )  # fmt: skip
        time.sleep(1)


@pytest.mark.parametrize("page", ["change", "password"])
def test_the_admin_restores_nothing_of_an_account_that_is_erased_meanwhile(client, page):
    client.force_login(StaffFactory())
    user = UserFactory()
    passwords = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    body = form_of(user) if page == "change" else {"usable_password": "true", **passwords}

    def change():
        time.sleep(0.3)
        return client.post(f"/admin/users/user/{user.pk}/{page}/", body)

    _, answer = run_at_once([partial(_erase_slowly, user), change])
    assert answer.status_code == 403
    user.refresh_from_db()
    assert (user.email, user.first_name) == ("erased-1@erased.invalid", "")
    assert (user.password, user.is_active) == ("!", False)
    assert user.erased_at is not None


def test_simultaneous_guesses_get_no_more_answers_than_successive_ones(settings):
    settings.THROTTLE_LOGIN = "3/min"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    answers = at_once("login/", [{"email": "a@example.org", "password": f"{n}"} for n in range(10)])
    assert set(statuses(answers)) <= {401, 429}
    assert statuses(answers).count(401) <= 3
