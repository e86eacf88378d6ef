"""Fixtures that the tests of every app share."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.template import Context, Template
from django.test import Client, TransactionTestCase, override_settings
from django.test import utils as django_test
from rest_framework.test import APIClient
from rest_framework.throttling import SimpleRateThrottle

from eventbooking_system.api import throttles
from eventbooking_system.cache import versioned
from eventbooking_system.testing import contract  # noqa: F401
from eventbooking_system.testing.flush import empty_tables
from users import new_accounts
from users.models import User
from users.tests.factories import StaffFactory, UserFactory, staff_with
from users.tokens import start_session

TransactionTestCase._fixture_teardown = empty_tables
_render_and_signal = django_test.instrumented_test_render


def _render(template: Template, context: Context) -> str:
    """
    Copy a template's context for `response.context`.

    The contexts of a form's widgets are left out.
    """
    if (template.name or "").startswith("django/forms/"):
        return template.nodelist.render(context)
    return _render_and_signal(template, context)


django_test.instrumented_test_render = _render


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_keepdb: bool, django_db_blocker: Any
) -> Iterator[None]:
    """End sessions that a test has left, so the database can go. No others may begin."""
    yield
    if connection.vendor == "postgresql" and not django_db_keepdb:
        connection.close()
        name = connection.settings_dict["NAME"]
        with django_db_blocker.unblock(), connection._nodb_cursor() as cursor:
            cursor.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )


@pytest.fixture(autouse=True)
def _fresh_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start each test with empty caches and throttles of its own."""
    cache.clear()
    throttles._counts.clear()
    versioned.clear_local()
    new_accounts.clear_local()
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", {**SimpleRateThrottle.THROTTLE_RATES})


@pytest.fixture(autouse=True, scope="session")
def _uploads_in_memory() -> Iterator[None]:
    """Write no uploaded file to the disk."""
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    with override_settings(STORAGES={**settings.STORAGES, "default": memory}):
        yield


# ---- Clients of the API. Errors of the server are answers, as they are over the wire.


@pytest.fixture
def api() -> APIClient:
    """Return an API client without a login."""
    return APIClient(raise_request_exception=False)


@pytest.fixture
def login() -> Callable[[Any], APIClient]:
    """Return a function that makes a user's API client. `login(user)` sends a real access token."""

    def _login(user: Any) -> APIClient:
        client = APIClient(raise_request_exception=False)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {start_session(user).access}")
        return client

    return _login


@pytest.fixture
def customer(db: None) -> User:
    return UserFactory()


@pytest.fixture
def customer_api(customer: User, login: Callable[[User], APIClient]) -> APIClient:
    """Return an API client of `customer`."""
    return login(customer)


@pytest.fixture
def boss_api(db: None, login: Callable[[User], APIClient]) -> APIClient:
    """Return an API client of a superuser."""
    return login(StaffFactory())


@pytest.fixture
def staff_api(db: None, login: Callable[[User], APIClient]) -> Callable[..., APIClient]:
    """
    Return a function that makes an API client of staff.

    Staff have the named permissions and no others.
    """
    return lambda *codenames: login(staff_with(*codenames))


# ---- Clients of the admin


@pytest.fixture
def boss(db: None, client: Client) -> Client:
    """Return a client of the admin, logged in as a superuser."""
    client.force_login(StaffFactory())
    return client


@pytest.fixture
def staff(db: None, client: Client) -> Callable[..., Client]:
    """
    Return a function that makes an admin client.

    `staff("view_show")` has these permissions and no others.
    """

    def _staff(*codenames: str) -> Client:
        client.force_login(staff_with(*codenames))
        return client

    return _staff
