"""The second factor of staff, in the API and in the admin."""

import time
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from eventbooking_system.testing.problems import assert_problem
from users.models import LoginSession, User
from users.permissions import HasFreshSecondFactor
from users.tests.factories import PASSWORD, StaffFactory, UserFactory, may_log_in, staff_with
from users.tokens import start_session

pytestmark = pytest.mark.django_db
URL = "/api/users/second-factor/"
VENUE = {"name": "Regal", "city": "Mumbai", "country": "IN", "timezone": "Asia/Kolkata"}


def code_of(user, steps=0):
    device = TOTPDevice.objects.get(user=user)
    totp = TOTP(device.bin_key)
    totp.time = time.time() + 30 * steps
    return f"{totp.token():06}"


def enable(client, user):
    """Set a second factor up, and return the recovery codes."""
    assert client.post(URL, {"password": PASSWORD}).status_code == 201
    answer = client.post(f"{URL}confirm/", {"code": code_of(user)})
    assert answer.status_code == 200
    return answer.json()["recovery_codes"]


def has_rights(client):
    answer = client.post("/api/venues/", VENUE)
    assert answer.status_code in (201, 403), answer.content
    return answer.status_code == 201


def test_staff_set_up_a_second_factor(login):
    staff = StaffFactory()
    client = login(staff)
    assert client.get(URL).json() == {
        "enabled_at": None, "used_at": None, "due_at": None, "is_missing": False,
    }  # fmt: skip
    answer = client.post(URL, {"password": PASSWORD}).json()
    assert answer["uri"].startswith("otpauth://totp/")
    assert f"secret={answer['secret']}" in answer["uri"]
    staff.refresh_from_db()
    assert staff.second_factor_enabled_at is None and has_rights(client)
    codes = client.post(f"{URL}confirm/", {"code": code_of(staff)}).json()["recovery_codes"]
    assert len(set(codes)) == 10
    assert has_rights(client)
    status = client.get(URL).json()
    assert status["enabled_at"] and status["used_at"] and not status["is_missing"]


def test_a_login_of_staff_has_no_rights_before_a_code(login):
    staff = StaffFactory()
    before = login(staff)
    enable(login(staff), staff)
    client = login(staff)
    assert not has_rights(before) and not has_rights(client)
    assert client.get("/api/users/me/").status_code == 200
    assert client.get(URL).json()["is_missing"]
    assert client.post(f"{URL}verify/", {"code": code_of(staff, 1)}).status_code == 204
    assert has_rights(client)
    assert not has_rights(before)


def test_the_second_factor_lasts_through_refreshes(login, api):
    staff = StaffFactory()
    enable(login(staff), staff)
    tokens = start_session(staff)
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.access}")
    api.post(f"{URL}verify/", {"code": code_of(staff, 1)})
    answer = api.post("/api/users/token/refresh/", {"refresh": tokens.refresh}).json()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {answer['access']}")
    assert has_rights(api)


def test_a_code_works_once(login):
    staff = StaffFactory()
    enable(login(staff), staff)
    code, client = code_of(staff, 1), login(staff)
    assert client.post(f"{URL}verify/", {"code": code}).status_code == 204
    other = login(staff)
    assert_problem(other.post(f"{URL}verify/", {"code": code}), 400, "invalid", "code")
    assert not has_rights(other)


def test_a_recovery_code_works_once(login):
    staff = StaffFactory()
    codes = enable(login(staff), staff)
    client, other = login(staff), login(staff)
    assert client.post(f"{URL}verify/", {"code": codes[0].upper()}).status_code == 204
    assert has_rights(client)
    refused = other.post(f"{URL}verify/", {"code": codes[0]})
    assert_problem(refused, 400, "invalid", "code")
    assert not has_rights(other)
    assert StaticToken.objects.count() == 9


@pytest.mark.parametrize("code", ["000000", "x", "１２３４５６", "1234567890123456", "aaaaaaaa"])
def test_a_wrong_code_is_refused_and_the_next_one_has_to_wait(login, code):
    staff = StaffFactory()
    codes = enable(login(staff), staff)
    client = login(staff)
    assert_problem(client.post(f"{URL}verify/", {"code": code}), 400, "invalid", "code")
    right = code_of(staff, 1) if len(code) == 6 else codes[0]
    assert_problem(client.post(f"{URL}verify/", {"code": right}), 400, "invalid", "code")
    assert not has_rights(client)
    with time_machine.travel(timezone.now() + timedelta(seconds=5)):
        assert client.post(f"{URL}verify/", {"code": right}).status_code == 204


def test_a_code_of_another_member_of_staff_is_refused(login):
    staff, other = StaffFactory(), StaffFactory()
    enable(login(staff), staff)
    enable(login(other), other)
    client = login(staff)
    refused = client.post(f"{URL}verify/", {"code": code_of(other, 1)})
    assert_problem(refused, 400, "invalid", "code")
    assert not has_rights(client)


def test_setting_up_again_needs_the_password_and_the_removal_of_the_first(login):
    staff = StaffFactory()
    client = login(staff)
    assert_problem(client.post(URL, {"password": "wrong"}), 400, "invalid", "password")
    assert not TOTPDevice.objects.exists()
    enable(client, staff)
    secret = TOTPDevice.objects.get().key
    assert_problem(client.post(URL, {"password": PASSWORD}), 400, "invalid")
    assert TOTPDevice.objects.get().key == secret
    body = {"password": PASSWORD, "code": "000000"}
    assert_problem(client.delete(URL, body), 400, "invalid", "code")
    with time_machine.travel(timezone.now() + timedelta(seconds=5)):
        body = {"password": PASSWORD, "code": code_of(staff, 1)}
        assert client.delete(URL, body).status_code == 204
    assert not TOTPDevice.objects.exists() and not StaticToken.objects.exists()
    assert has_rights(login(staff))


def test_confirmation_refuses_a_wrong_code_and_leaves_the_factor_off(login):
    staff = StaffFactory()
    client = login(staff)
    assert_problem(client.post(f"{URL}confirm/", {"code": "123456"}), 400, "invalid", "code")
    client.post(URL, {"password": PASSWORD})
    assert_problem(client.post(f"{URL}confirm/", {"code": "x"}), 400, "invalid", "code")
    staff.refresh_from_db()
    assert staff.second_factor_enabled_at is None
    assert has_rights(login(staff))


@pytest.mark.parametrize(("method", "path"), [("get", ""), ("post", ""), ("delete", ""), ("post", "confirm/"), ("post", "verify/")])  # fmt: skip
def test_the_second_factor_is_for_staff(login, api, method, path):
    customer = UserFactory()
    body = {"password": PASSWORD, "code": "123456"}
    assert getattr(login(customer), method)(f"{URL}{path}", body).status_code == 403
    assert getattr(api, method)(f"{URL}{path}", body).status_code == 401
    assert not TOTPDevice.objects.exists()


def test_a_required_second_factor_has_a_time_of_grace(login, api, settings):
    settings.REQUIRE_SECOND_FACTOR = True
    settings.SECOND_FACTOR_GRACE = timedelta(days=7)
    staff = StaffFactory()
    assert may_log_in(api, staff, PASSWORD)
    assert has_rights(login(staff))
    staff.refresh_from_db()
    assert staff.second_factor_due_at is not None
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        client = login(staff)
        assert not has_rights(client)
        assert client.get(URL).json()["is_missing"]
        enable(client, staff)
        assert has_rights(client)


def test_customers_never_need_a_second_factor(login, api, settings):
    settings.REQUIRE_SECOND_FACTOR = True
    settings.SECOND_FACTOR_GRACE = timedelta(0)
    customer = UserFactory()
    assert may_log_in(api, customer, PASSWORD)
    customer.refresh_from_db()
    assert customer.second_factor_due_at is None
    assert login(customer).get("/api/bookings/").status_code == 200


# ---- Fresh codes for money


def test_a_code_is_fresh_for_a_quarter_of_an_hour(login, rf):
    staff = StaffFactory()
    enable(login(staff), staff)
    user = User.objects.get()
    user.set_login(timezone.now() - timedelta(minutes=14))
    assert not user.second_factor_is_stale
    user.set_login(timezone.now() - timedelta(minutes=16))
    assert user.second_factor_is_stale and user.has_perm("venues.add_venue")
    user.set_login(None)
    assert user.second_factor_is_stale


def test_staff_without_a_second_factor_and_customers_pass_the_check_for_money(rf):
    for user in (StaffFactory(), UserFactory()):
        user.set_login(None)
        request = rf.post("/")
        request.user = user
        assert HasFreshSecondFactor().has_permission(request, None)


# ---- Twelve hours


def test_a_login_of_staff_ends_after_twelve_hours_despite_refreshes(api):
    staff, start = StaffFactory(), timezone.now()
    tokens = start_session(staff)
    with time_machine.travel(start + timedelta(hours=11, minutes=50)):
        answer = api.post("/api/users/token/refresh/", {"refresh": tokens.refresh})
        assert answer.status_code == 200
        access = {"HTTP_AUTHORIZATION": f"Bearer {answer.json()['access']}"}
        assert api.get("/api/users/me/", **access).status_code == 200
    with time_machine.travel(start + timedelta(hours=12, seconds=5)):
        assert api.get("/api/users/me/", **access).status_code == 401
        refused = api.post("/api/users/token/refresh/", {"refresh": answer.json()["refresh"]})
        assert_problem(refused, 401, "token_invalid")
    assert LoginSession.objects.count() == 1


def test_a_login_from_before_a_promotion_to_staff_ends_after_twelve_hours(api):
    user, start = UserFactory(), timezone.now()
    tokens = start_session(user)
    User.objects.update(is_staff=True)
    with time_machine.travel(start + timedelta(hours=13)):
        refused = api.post("/api/users/token/refresh/", {"refresh": tokens.refresh})
        assert_problem(refused, 401, "token_invalid")


def test_a_login_of_a_customer_lasts_for_days(api):
    start = timezone.now()
    tokens = start_session(UserFactory())
    with time_machine.travel(start + timedelta(days=13)):
        answer = api.post("/api/users/token/refresh/", {"refresh": tokens.refresh})
        assert answer.status_code == 200


# ---- The admin


def admin_login(client, user, **fields):
    body = {"username": user.email, "password": PASSWORD, **fields}
    return client.post("/admin/login/?next=/admin/", body)


def test_the_admin_asks_staff_with_a_second_factor_for_a_code(client, login):
    staff = StaffFactory()
    codes = enable(login(staff), staff)
    assert b'name="code"' in client.get("/admin/login/").content
    page = admin_login(client, staff)
    assert page.status_code == 200 and b"code is wrong" in page.content
    assert client.get("/admin/").status_code == 302
    with time_machine.travel(timezone.now() + timedelta(seconds=5)):
        assert admin_login(client, staff, code=codes[0]).status_code == 302
        assert client.get("/admin/users/user/").status_code == 200
        assert client.get(URL).json()["used_at"]


def test_a_code_in_the_admin_lasts_where_another_user_was_logged_in(client, login):
    staff = StaffFactory()
    codes = enable(login(staff), staff)
    client.force_login(StaffFactory())
    assert admin_login(client, staff, code=codes[0]).status_code == 302
    assert client.get("/admin/users/user/").status_code == 200


def test_a_cookie_from_before_the_second_factor_has_no_rights(client, login):
    staff = StaffFactory()
    assert admin_login(client, staff).status_code == 302
    assert client.get("/admin/users/user/").status_code == 200
    enable(login(staff), staff)
    for path in ("users/user/", "auth/group/"):
        assert client.get(f"/admin/{path}").status_code == 403


def test_a_cookie_of_staff_ends_after_twelve_hours(client):
    staff, start = StaffFactory(), timezone.now()
    admin_login(client, staff)
    with time_machine.travel(start + timedelta(hours=11)):
        assert client.get("/admin/users/user/").status_code == 200
    with time_machine.travel(start + timedelta(hours=12, seconds=5)):
        assert client.get("/admin/users/user/").status_code == 302


def test_a_superuser_removes_a_lost_second_factor(boss, login):
    staff = staff_with("view_user")
    enable(login(staff), staff)
    body = {"action": "remove_second_factors", "_selected_action": [staff.pk]}
    assert boss.post("/admin/users/user/", body).status_code == 302
    staff.refresh_from_db()
    assert staff.second_factor_enabled_at is None
    assert not TOTPDevice.objects.exists()


def test_no_page_of_the_admin_shows_the_secrets_of_staff(boss, login):
    staff = StaffFactory()
    enable(login(staff), staff)
    assert boss.get("/admin/otp_totp/totpdevice/").status_code == 404
    assert boss.get("/admin/otp_static/staticdevice/").status_code == 404
