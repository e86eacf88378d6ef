"""The models of accounts."""

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password
from django.db import IntegrityError, transaction

from users.models import LoginSession, User
from users.tests.factories import NEW_PASSWORD, PASSWORD, UserFactory
from users.tokens import start_session

pytestmark = pytest.mark.django_db


def test_the_manager_stores_the_email_in_lower_case():
    user = User.objects.create_user("Asha@Example.org", "a good passphrase")
    assert user.email == "asha@example.org"
    assert User.objects.get_by_natural_key("ASHA@example.org") == user


def test_a_superuser_is_staff():
    user = User.objects.create_superuser("boss@example.org", "a good passphrase")
    assert user.is_staff and user.is_superuser


def test_the_database_refuses_an_email_in_upper_case():
    with pytest.raises(IntegrityError, match="users_user_email_lower_case"), transaction.atomic():
        UserFactory(email="Asha@example.org")
    assert not User.objects.exists()


def test_the_database_refuses_two_accounts_of_one_email():
    UserFactory(email="asha@example.org")
    with pytest.raises(IntegrityError), transaction.atomic():
        UserFactory(email="asha@example.org")
    assert User.objects.count() == 1


def test_live_logins_exclude_ended_logins_and_inactive_users(django_assert_num_queries):
    ended, inactive, live = UserFactory(), UserFactory(is_active=False), UserFactory()
    for user in (ended, inactive, live):
        start_session(user)
    LoginSession.objects.filter(user=ended).update(ended_at="2026-01-01T00:00:00Z")
    with django_assert_num_queries(1):
        assert LoginSession.objects.live().get().user_id == live.pk


def test_a_login_is_live_until_the_password_changes():
    user = UserFactory()
    start_session(user)
    assert user.login_sessions.live().exists()
    User.objects.update(password=make_password("another good passphrase"))
    assert not user.login_sessions.live().exists()


def test_a_user_is_shown_by_email_and_full_name():
    user = UserFactory.build(email="asha@example.org")
    assert (str(user), user.get_full_name()) == ("asha@example.org", "Asha Rao")
    assert UserFactory.build(first_name="").get_full_name() == "Rao"


def _user_with_an_older_hash():
    user = UserFactory()
    user.password = PBKDF2PasswordHasher().encode(PASSWORD, "salt", iterations=1)
    user.save()
    return user


@pytest.mark.django_db
def test_a_hash_of_an_older_kind_is_renewed_and_its_logins_go_on(login, api):
    user = _user_with_an_older_hash()
    client = login(user)
    body = {"email": user.email, "password": PASSWORD}
    assert api.post("/api/users/login/", body).status_code == 200
    user.refresh_from_db()
    assert user.password.startswith("argon2")
    assert client.get("/api/users/me/").status_code == 200


@pytest.mark.django_db
def test_a_renewed_hash_does_not_undo_a_change_of_the_password_meanwhile():
    stale = _user_with_an_older_hash()
    changed = User.objects.get(pk=stale.pk)
    changed.set_password(NEW_PASSWORD)
    changed.save()
    assert stale.check_password(PASSWORD)
    changed.refresh_from_db()
    assert changed.check_password(NEW_PASSWORD)
    assert not changed.check_password(PASSWORD)
