"""The admin page of the second factor, and its recovery."""

import re
import time
from datetime import datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from users.models import LoginSession
from users.tests.factories import PASSWORD, StaffFactory, UserFactory
from users.tokens import start_session

pytestmark = pytest.mark.django_db
URL = "/admin/second-factor/"


def code_of(user):
    totp = TOTP(TOTPDevice.objects.get(user=user).bin_key)
    totp.time = time.time()
    return f"{totp.token():06}"


@pytest.fixture
def staff(client):
    staff = StaffFactory(is_superuser=True)
    client.force_login(staff)
    return staff


def test_staff_set_up_a_second_factor_with_a_qr_code(client, staff):
    assert URL in client.get("/admin/").content.decode()
    page = client.post(URL, {"step": "enrol", "password": PASSWORD})
    assert "data:image/svg+xml" in page.content.decode()
    assert page["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    page = client.post(URL, {"step": "confirm", "code": code_of(staff)})
    codes = re.findall(r"<li><code>(\w+)</code>", page.content.decode())
    assert len(set(codes)) == 10
    staff.refresh_from_db()
    assert staff.second_factor_enabled_at is not None
    assert client.get("/admin/users/user/").status_code == 200


def test_a_wrong_password_or_code_turns_nothing_on(client, staff):
    assert (
        "not the password" in client.post(URL, {"step": "enrol", "password": "x"}).content.decode()
    )
    assert not TOTPDevice.objects.exists()
    client.post(URL, {"step": "enrol", "password": PASSWORD})
    page = client.post(URL, {"step": "confirm", "code": "000000"}).content.decode()
    assert "The code is wrong" in page
    staff.refresh_from_db()
    assert staff.second_factor_enabled_at is None


def test_a_code_gives_a_login_its_rights_for_money(client, staff):
    client.post(URL, {"step": "enrol", "password": PASSWORD})
    client.post(URL, {"step": "confirm", "code": code_of(staff)})
    session = client.session
    session["second_factor_used_at"] = (timezone.now() - timedelta(hours=1)).isoformat()
    session.save()
    TOTPDevice.objects.update(last_t=-1)
    assert client.post(URL, {"step": "use", "code": code_of(staff)}).status_code == 302
    used_at = datetime.fromisoformat(client.session["second_factor_used_at"])
    assert (timezone.now() - used_at).total_seconds() < 60


def test_the_page_is_for_staff(client):
    client.force_login(UserFactory())
    assert client.get(URL).status_code == 302
    assert client.post(URL, {"step": "enrol", "password": PASSWORD}).status_code == 302
    assert not TOTPDevice.objects.exists()


def test_a_command_lets_the_last_superuser_back_in(client, staff):
    client.post(URL, {"step": "enrol", "password": PASSWORD})
    client.post(URL, {"step": "confirm", "code": code_of(staff)})
    start_session(staff)
    call_command("remove_second_factor", staff.email.upper())
    staff.refresh_from_db()
    assert staff.second_factor_enabled_at is None
    assert not TOTPDevice.objects.exists()
    assert not LoginSession.objects.filter(ended_at=None).exists()
    with pytest.raises(CommandError):
        call_command("remove_second_factor", "nobody@example.org")
