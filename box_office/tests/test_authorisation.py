"""Every operation of the API against every group, customers and strangers."""

import re
from collections.abc import Callable
from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import connection
from rest_framework.test import APIClient

from eventbooking_system.testing.contract import contract
from users.models import User
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db
migration = import_module("box_office.migrations.0003_groups")

LIST = "bookings.view_booking bookings.check_in_ticket"
# The permission that an operation of staff needs; one of several, where it has several.
NEEDED = {
    "POST /api/events/": "events.add_event",
    "PUT /api/events/{id}/": "events.change_event",
    "PATCH /api/events/{id}/": "events.change_event",
    "DELETE /api/events/{id}/": "events.delete_event",
    "POST /api/venues/": "venues.add_venue",
    "PUT /api/venues/{id}/": "venues.change_venue",
    "PATCH /api/venues/{id}/": "venues.change_venue",
    "DELETE /api/venues/{id}/": "venues.delete_venue",
    "POST /api/shows/": "shows.add_show",
    "POST /api/shows/bulk/": "shows.add_show",
    "POST /api/shows/copy/": "shows.add_show",
    "POST /api/shows/repeat/": "shows.add_show",
    "PATCH /api/shows/{id}/": "shows.change_show",
    "PATCH /api/shows/{id}/seats/": "shows.change_show",
    "POST /api/shows/{id}/cancel/": "shows.change_show",
    "GET /api/bookings/promo-codes/": "bookings.view_promocode",
    "POST /api/bookings/promo-codes/": "bookings.add_promocode",
    "PATCH /api/bookings/promo-codes/{id}/": "bookings.change_promocode",
    "POST /api/bookings/check-in/": "bookings.check_in_ticket",
    "POST /api/bookings/check-in/undo/": "bookings.undo_check_in",
    "GET /api/bookings/check-in/shows/": "bookings.check_in_ticket",
    "GET /api/shows/{id}/check-in-bundle/": "bookings.check_in_ticket",
    "POST /api/shows/{id}/check-in/sync/": "bookings.check_in_ticket",
    "GET /api/shows/{id}/check-in/find/": "bookings.check_in_ticket",
    "GET /api/shows/{id}/door-list.pdf": LIST,
    "GET /api/shows/{id}/door-list.csv": LIST,
    "POST /api/box-office/sales/": "box_office.sell",
    "GET /api/box-office/bookings/": "box_office.sell",
    "GET /api/box-office/bookings/{id}/": "box_office.sell",
    "PATCH /api/box-office/bookings/{id}/": "box_office.sell",
    "POST /api/box-office/bookings/{id}/payments/": "box_office.sell",
    "POST /api/box-office/bookings/{id}/refunds/": "box_office.refund",
    "POST /api/box-office/bookings/{id}/resend/": "box_office.sell",
    "GET /api/box-office/cash-sessions/": "box_office.sell",
    "POST /api/box-office/cash-sessions/": "box_office.sell",
    "GET /api/box-office/cash-sessions/{id}/": "box_office.sell",
    "POST /api/box-office/cash-sessions/{id}/movements/": "box_office.sell",
    "POST /api/box-office/cash-sessions/{id}/close/": "box_office.sell",
    "GET /api/box-office/cash-sessions/{id}/report.pdf": "box_office.sell",
}
_AT_THE_DOOR = re.compile(r"check-in|door-list")


@pytest.fixture
def operations() -> list[str]:
    """Return each operation of the OpenAPI document, with `{id}` for every id."""
    return [
        f"{method.upper()} {re.sub(r'{[a-z_]*}', '{id}', path)}"
        for path, item in contract().paths.items()
        for method in item
        if method in ("get", "post", "put", "patch", "delete")
    ]


@pytest.fixture
def member(login: Callable[[User], APIClient]) -> Callable[[str], APIClient]:
    """Return a function that makes a client of a group's member. The migration made the groups."""
    migration.add(apps, connection.schema_editor())

    def _member(group: str) -> APIClient:
        user = UserFactory(is_staff=True)
        user.groups.add(Group.objects.get(name=group))
        return login(user)

    return _member


def is_let_in(client: APIClient, operation: str) -> bool:
    """
    Tell whether an operation passes the check of permissions.

    The rows that it names do not exist.
    """
    method, path = operation.split(" ")
    response = getattr(client, method.lower())(path.replace("{id}", "999999999"), {})
    assert response.status_code != 429 and response.status_code < 500, operation
    return response.status_code not in (401, 403)


def test_table_names_only_operations_of_the_document(operations: list[str]) -> None:
    assert set(NEEDED) <= set(operations)


@pytest.mark.parametrize("group", migration.GROUPS)
def test_group_may_do_exactly_what_its_permissions_say(
    group: str, member: Callable[[str], APIClient]
) -> None:
    client, own = member(group), set(migration.GROUPS[group])
    allowed = {operation for operation in NEEDED if is_let_in(client, operation)}
    assert allowed == {
        operation for operation, needed in NEEDED.items() if own & set(needed.split(" "))
    }


def test_customers_and_strangers_may_do_nothing_of_staff(
    api: APIClient, customer_api: APIClient
) -> None:
    for client in (api, customer_api):
        assert [operation for operation in NEEDED if is_let_in(client, operation)] == []


def test_door_may_do_nothing_else_that_customers_may_not(
    operations: list[str], customer_api: APIClient, member: Callable[[str], APIClient]
) -> None:
    """Operations outside the table are closed to the least permitted group."""
    door = member("front of house")
    of_staff = [
        operation
        for operation in operations
        if not _AT_THE_DOOR.search(operation)
        and "/api/users/" not in operation
        and not is_let_in(customer_api, operation)
    ]
    assert len(of_staff) > 15
    assert [operation for operation in of_staff if is_let_in(door, operation)] == []
