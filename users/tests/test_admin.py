"""The admin of accounts."""

import pytest

from users.models import User
from users.tests.factories import NEW_PASSWORD, PASSWORD, UserFactory, form_of, staff_with
from users.tokens import start_session

pytestmark = pytest.mark.django_db
URL = "/admin/users/user/"


def test_the_list_finds_accounts_by_name_with_a_fixed_number_of_queries(
    boss, django_assert_max_num_queries
):
    UserFactory.create_batch(12, phone="+919876543210")
    UserFactory(last_name="Sen")
    UserFactory(is_active=False)
    with django_assert_max_num_queries(9):
        page = boss.get(URL, {"q": "rao", "is_active__exact": "1"})
    # The superuser of the test is a Rao, too.
    assert page.context["cl"].result_count == 13
    assert len(page.context["cl"].result_list) == 13


def test_staff_create_an_account_by_email(boss):
    body = {
        "email": "New@Example.org",
        "usable_password": "true",
        "password1": NEW_PASSWORD,
        "password2": NEW_PASSWORD,
    }
    assert boss.get(f"{URL}add/").status_code == 200
    assert boss.post(f"{URL}add/", body).status_code == 302
    user = User.objects.get(email="new@example.org")
    assert user.check_password(NEW_PASSWORD) and not user.is_staff


def test_the_admin_refuses_a_taken_email_in_any_case(boss):
    UserFactory(email="asha@example.org")
    body = {
        "email": "ASHA@example.org",
        "usable_password": "true",
        "password1": NEW_PASSWORD,
        "password2": NEW_PASSWORD,
    }
    page = boss.post(f"{URL}add/", body)
    assert page.status_code == 200
    assert b"already exists" in page.content
    assert User.objects.count() == 2


def test_staff_change_an_account_and_see_its_logins(boss):
    user = UserFactory()
    start_session(user)
    page = boss.get(f"{URL}{user.pk}/change/")
    assert page.status_code == 200
    assert b"urrent login" in page.content
    response = boss.post(
        f"{URL}{user.pk}/change/", form_of(user, email="Asha@new.org", first_name="Mina")
    )
    assert response.status_code == 302
    user.refresh_from_db()
    assert (user.email, user.first_name) == ("asha@new.org", "Mina")
    assert user.login_sessions.filter(ended_at=None).count() == 1


def test_deactivating_an_account_stops_its_tokens(boss, login):
    user = UserFactory()
    client = login(user)
    assert boss.post(f"{URL}{user.pk}/change/", form_of(user, is_active="")).status_code == 302
    assert client.get("/api/users/me/").status_code == 401


def test_a_password_set_by_staff_ends_every_login(boss, login):
    user = UserFactory()
    client = login(user)
    path = f"{URL}{user.pk}/password/"
    assert boss.get(path).status_code == 200
    body = {"usable_password": "true", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert boss.post(path, body).status_code == 302
    user.refresh_from_db()
    assert user.check_password(NEW_PASSWORD)
    assert client.get("/api/users/me/").status_code == 401


def test_staff_end_all_logins_of_the_selected_users(boss, login):
    user, other = UserFactory(), UserFactory()
    client, others = login(user), login(other)
    response = boss.post(URL, {"action": "end_logins", "_selected_action": [user.pk]})
    assert response.status_code == 302
    assert client.get("/api/users/me/").status_code == 401
    assert others.get("/api/users/me/").status_code == 200


def test_an_erased_account_is_read_only_in_the_admin(boss, login):
    user = UserFactory()
    login(user).delete("/api/users/me/", {"password": PASSWORD})
    user.refresh_from_db()
    assert boss.get(f"{URL}{user.pk}/change/").status_code == 200
    assert boss.post(f"{URL}{user.pk}/change/", form_of(user, first_name="Back")).status_code == 403
    assert boss.post(f"{URL}{user.pk}/delete/", {"post": "yes"}).status_code == 403
    user.refresh_from_db()
    assert user.first_name == ""


def test_staff_without_the_change_permission_cannot_end_logins(client, login):
    staff = staff_with("view_user")
    client.force_login(staff)
    user = UserFactory()
    session = login(user)
    assert client.get(URL).status_code == 200
    client.post(URL, {"action": "end_logins", "_selected_action": [user.pk]})
    assert session.get("/api/users/me/").status_code == 200


@pytest.mark.parametrize("chosen", ["x", "-1", "9" * 30, "\0", ""])
def test_an_admin_action_refuses_a_malformed_id(boss, chosen):
    for action in ("end_logins", "delete_selected"):
        body = {"action": action, "_selected_action": [chosen]}
        assert boss.post(URL, body).status_code == 400


@pytest.mark.parametrize("field", ["groups", "user_permissions"])
def test_the_account_form_names_the_field_with_a_malformed_id(boss, field):
    user = UserFactory()
    page = boss.post(f"{URL}{user.pk}/change/", form_of(user, **{field: ["9" * 30]}))
    assert field in page.context["adminform"].form.errors
