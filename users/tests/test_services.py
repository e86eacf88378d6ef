"""The services of accounts."""

from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from eventbooking_system.errors import InvalidField
from users import services
from users.errors import TokenInvalid
from users.models import KnownNetwork, LoginFailure, LoginSession, User
from users.tests.factories import UserFactory
from users.tokens import start_session

pytestmark = pytest.mark.django_db


def test_register_customer_creates_an_account_without_rights():
    user, _ = services.register_customer(
        email="A@example.org", password="a good passphrase", network="10.0.0.1"
    )
    assert (user.email, user.is_staff, user.is_superuser) == ("a@example.org", False, False)


def test_register_customer_refuses_a_taken_email():
    UserFactory(email="a@example.org")
    with pytest.raises(InvalidField) as refusal:
        services.register_customer(
            email="A@example.org", password="a good passphrase", network="10.0.0.1"
        )
    assert refusal.value.members["errors"][0]["code"] == "unique"
    assert User.objects.count() == 1


def test_update_profile_refuses_an_account_that_was_erased_meanwhile():
    user = UserFactory()
    User.objects.update(is_active=False, first_name="")
    with pytest.raises(TokenInvalid):
        services.update_profile(user=user, first_name="Asha")
    assert User.objects.get().first_name == ""


def test_refresh_tokens_records_the_use_under_the_lock_of_the_login():
    tokens = start_session(UserFactory())
    with CaptureQueriesContext(
        connection,
    ) as queries:
        services.refresh_tokens(refresh=tokens.refresh)
    statements = [query["sql"] for query in queries]
    used_up = next(
        i for i, sql in enumerate(statements) if "INSERT" in sql and "blacklistedtoken" in sql
    )
    issued = next(
        i for i, sql in enumerate(statements) if "INSERT" in sql and "outstandingtoken" in sql
    )
    assert used_up < issued
    if connection.features.has_select_for_update:
        locked = next(i for i, sql in enumerate(statements) if "FOR NO KEY UPDATE" in sql)
        assert "users_loginsession" in statements[locked] and locked < used_up


def test_refresh_tokens_extends_the_login():
    with time_machine.travel(timezone.now() - timedelta(days=10)):
        tokens = start_session(UserFactory())
    before = LoginSession.objects.get().expires_at
    services.refresh_tokens(refresh=tokens.refresh)
    after = LoginSession.objects.get().expires_at
    assert timedelta(days=9) < after - before < timedelta(days=11)


def test_end_logins_ends_only_the_logins_of_the_given_users():
    user, other = UserFactory(), UserFactory()
    for person in (user, user, other):
        start_session(person)
    assert services.end_logins(users=User.objects.filter(pk=user.pk)) == 2
    assert services.end_logins(users=User.objects.filter(pk=user.pk)) == 0
    assert LoginSession.objects.get(ended_at=None).user == other


def test_delete_expired_logins_deletes_expired_tokens_failures_and_networks():
    with time_machine.travel(timezone.now() - timedelta(days=15)):
        old = start_session(UserFactory())
        services.refresh_tokens(refresh=old.refresh)
    user = UserFactory()
    start_session(user)
    with time_machine.travel(timezone.now() - timedelta(days=31)):
        LoginFailure.objects.create(account="a", source="10.0.0.1")
        KnownNetwork.objects.record(user=user, network="10.0.0.1")
    LoginFailure.objects.create(account="a", source="10.0.0.2")
    KnownNetwork.objects.record(user=user, network="10.0.0.2")
    assert BlacklistedToken.objects.count() == 1
    said = StringIO()
    call_command("delete_expired_logins", stdout=said)
    assert said.getvalue() == "1 logins deleted.\n"
    assert (LoginSession.objects.count(), OutstandingToken.objects.count()) == (1, 1)
    assert not BlacklistedToken.objects.exists()
    assert LoginFailure.objects.get().source == "10.0.0.2"
    assert KnownNetwork.objects.get().network == "10.0.0.2"
