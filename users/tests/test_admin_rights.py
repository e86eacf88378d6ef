"""Admin rights: only superusers see and change staff accounts."""

import pytest
from django.contrib.auth.models import Group, Permission

from users.models import User
from users.tests.factories import (
    NEW_PASSWORD,
    PASSWORD,
    StaffFactory,
    UserFactory,
    form_of,
    staff_with,
)
from users.tokens import start_session

pytestmark = pytest.mark.django_db
URL = "/admin/users/user/"
USER_RIGHTS = ("view_user", "add_user", "change_user", "delete_user")


@pytest.fixture
def clerk(client):
    """Return a client of staff with all permissions on customers' accounts."""
    client.user = staff_with(*USER_RIGHTS)
    client.force_login(client.user)
    return client


def rights_of(user):
    user = User.objects.get(pk=user.pk)
    groups, permissions = user.groups.all(), user.user_permissions.all()
    return user.is_staff, user.is_superuser, set(groups), set(permissions), user.password


@pytest.mark.parametrize("field", ["is_staff", "is_superuser"])
def test_staff_with_change_user_cannot_give_rights_to_an_account(clerk, field):
    user = UserFactory()
    before = rights_of(user)
    answer = clerk.post(
        f"{URL}{user.pk}/change/", form_of(user, first_name="Mina", **{field: "on"})
    )
    assert answer.status_code == 302
    user.refresh_from_db()
    assert user.first_name == "Mina"
    assert rights_of(user) == before


@pytest.mark.parametrize("field", ["groups", "user_permissions"])
def test_staff_with_change_user_cannot_give_groups_or_permissions(clerk, field):
    user, group = UserFactory(), Group.objects.create(name="Managers")
    chosen = group if field == "groups" else Permission.objects.first()
    before = rights_of(user)
    clerk.post(f"{URL}{user.pk}/change/", form_of(user, **{field: [chosen.pk]}))
    assert rights_of(user) == before


@pytest.mark.parametrize("make", [StaffFactory, lambda: staff_with("view_user")])
@pytest.mark.parametrize("page", ["change", "password", "delete", "history"])
def test_staff_with_change_user_cannot_open_or_change_staff_accounts(clerk, make, page):
    colleague = make()
    before = rights_of(colleague)
    passwords = {"usable_password": "true", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    body = {**form_of(colleague, is_active=""), **passwords, "post": "yes"}
    for answer in (
        clerk.get(f"{URL}{colleague.pk}/{page}/"),
        clerk.post(f"{URL}{colleague.pk}/{page}/", body),
    ):
        assert answer.status_code in (302, 403, 404)
        assert colleague.email.encode() not in answer.content
    colleague.refresh_from_db()
    assert colleague.is_active and colleague.check_password(PASSWORD)
    assert rights_of(colleague) == before


def test_staff_with_change_user_cannot_raise_their_own_rights(clerk):
    before = rights_of(clerk.user)
    clerk.post(f"{URL}{clerk.user.pk}/change/", form_of(clerk.user, is_superuser="on"))
    assert rights_of(clerk.user) == before


def test_the_list_and_its_actions_leave_out_staff_accounts_for_other_staff(clerk):
    customer, colleague = UserFactory(), StaffFactory()
    start_session(colleague)
    page = clerk.get(URL)
    assert [user.pk for user in page.context["cl"].result_list] == [customer.pk]
    for action in ("end_logins", "delete_selected"):
        body = {"action": action, "_selected_action": [colleague.pk], "post": "yes"}
        clerk.post(URL, body)
    assert User.objects.filter(pk=colleague.pk).exists()
    assert colleague.login_sessions.filter(ended_at=None).count() == 1


@pytest.mark.parametrize(
    "lookup", ["is_staff__exact=1", "is_superuser__exact=1", "groups__id__exact=1", "password__startswith=a"]
)  # fmt: skip
def test_the_list_refuses_lookups_by_rights_for_other_staff(clerk, lookup):
    UserFactory()
    answer = clerk.get(f"{URL}?{lookup}")
    assert answer.status_code == 400 or "e=1" in answer.get("Location", "")


def test_pages_of_customers_show_no_rights_to_other_staff(clerk):
    user = UserFactory()
    text = clerk.get(f"{URL}{user.pk}/change/").content.decode()
    for field in ("is_staff", "is_superuser", "groups", "user_permissions"):
        assert field not in text


@pytest.mark.parametrize("right", ["view", "add", "change", "delete"])
def test_groups_are_for_superusers_only(client, right):
    group = Group.objects.create(name="Managers")
    staff = staff_with("view_group", "add_group", "change_group", "delete_group")
    staff.groups.add(group)
    client.force_login(staff)
    path = {"view": "", "add": "add/"}.get(right, f"{group.pk}/{right}/")
    assert client.get(f"/admin/auth/group/{path}").status_code == 403
    body = {"name": "X", "permissions": [Permission.objects.first().pk], "post": "yes"}
    assert client.post(f"/admin/auth/group/{path}", body).status_code == 403
    group.refresh_from_db()
    assert group.name == "Managers"
    assert not group.permissions.exists()


def test_superusers_give_rights(boss):
    user, group = UserFactory(), Group.objects.create(name="Managers")
    assert boss.get("/admin/auth/group/").status_code == 200
    body = form_of(user, is_staff="on", groups=[group.pk])
    assert boss.post(f"{URL}{user.pk}/change/", body).status_code == 302
    assert rights_of(user)[:3] == (True, False, {group})
