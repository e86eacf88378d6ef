"""The groups of the migration, and what their members may do."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import connection
from rest_framework.test import APIClient

from bookings.tests.factories import confirmed, show_soon, ticket_of
from users.models import User
from users.tests.factories import UserFactory, staff_with

pytestmark = pytest.mark.django_db
migration = import_module("box_office.migrations.0003_groups")


@pytest.fixture
def groups() -> None:
    """Make the groups as the migration does. Other tests empty the table."""
    migration.add(apps, connection.schema_editor())


@pytest.fixture
def member(groups: None, login: Callable[[User], APIClient]) -> Callable[[str], APIClient]:
    def _member(group: str) -> APIClient:
        user = UserFactory(is_staff=True)
        user.groups.add(Group.objects.get(name=group))
        return login(user)

    return _member


def permissions_of(group: str) -> set[str]:
    return set(Group.objects.get(name=group).permissions.values_list("codename", flat=True))


def test_migration_makes_five_groups(groups: None) -> None:
    names = set(Group.objects.values_list("name", flat=True))
    assert names == {"manager", "programmer", "box office", "front of house", "finance"}


def test_front_of_house_has_the_permissions_of_the_door_only(groups: None) -> None:
    assert permissions_of("front of house") == {"check_in_ticket", "undo_check_in", "view_show"}


def test_manager_has_the_permissions_of_every_other_group(groups: None) -> None:
    for name in ("programmer", "box office", "front of house", "finance"):
        assert permissions_of(name) <= permissions_of("manager")
    assert "give_complimentary" in permissions_of("manager") - permissions_of("box office")


def test_no_group_may_change_rights_or_the_audit(groups: None) -> None:
    for group in Group.objects.all():
        rights = permissions_of(group.name)
        assert not {"change_group", "change_permission", "add_entry", "change_entry"} & rights


def test_migration_keeps_a_group_that_exists(groups: None) -> None:
    Group.objects.all().delete()
    own = Group.objects.create(name="Manager")
    migration.add(apps, connection.schema_editor())
    assert own.permissions.count() == 0
    assert Group.objects.count() == 5


def test_migration_lets_door_logins_of_before_check_in(groups: None) -> None:
    before = staff_with("change_ticket")
    other = staff_with("view_show")
    migration.let_the_door_go_on(apps, connection.schema_editor())
    new = Permission.objects.get(codename="check_in_ticket")
    assert new in before.user_permissions.all()
    assert new not in other.user_permissions.all()


def test_door_checks_in_and_undoes_and_never_issues_a_ticket_again(member: Any) -> None:
    ticket = ticket_of(confirmed("A1", show=show_soon()))
    door = member("front of house")
    code = {"payload": ticket.code}
    assert door.post("/api/bookings/check-in/", code).status_code == 200
    assert door.post("/api/bookings/check-in/undo/", code).status_code == 200
    path = f"/api/bookings/{ticket.booking_id}/tickets/{ticket.pk}/reissue/?all=true"
    assert door.post(path).status_code == 404
    ticket.refresh_from_db()
    assert ticket.version == 1


def test_box_office_issues_a_ticket_again_and_never_checks_in(member: Any) -> None:
    ticket = ticket_of(confirmed("A1", show=show_soon()))
    counter = member("box office")
    code = {"payload": ticket.code}
    assert counter.post("/api/bookings/check-in/", code).status_code == 403
    path = f"/api/bookings/{ticket.booking_id}/tickets/{ticket.pk}/reissue/?all=true"
    assert counter.post(path).status_code == 200


@pytest.mark.parametrize(
    ("group", "status"),
    [("manager", 200), ("box office", 200), ("programmer", 403), ("front of house", 403),
     ("finance", 403)],
)  # fmt: skip
def test_only_sellers_reach_the_till(member: Any, group: str, status: int) -> None:
    assert member(group).get("/api/box-office/cash-sessions/").status_code == status
