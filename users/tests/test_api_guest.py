"""Guests, who book without an account."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from rest_framework.throttling import SimpleRateThrottle

from users.models import LoginSession, User
from users.tests.factories import PASSWORD, UserFactory, may_log_in

pytestmark = pytest.mark.django_db
URL = "/api/users/guest/"
ADDRESS = "asha@example.org"


@pytest.fixture
def guest_api(api):
    answer = api.post(URL, {"email": ADDRESS, "first_name": "Asha"}).json()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {answer['access']}")
    return api


def test_a_guest_gets_a_token_of_half_an_hour_and_a_row_of_its_own(api):
    before = timezone.now()
    response = api.post(URL, {"email": "Asha@Example.ORG", "phone": "+919876543210"})
    assert response.status_code == 201
    assert response.json().keys() == {"access", "expires_at"}
    end = parse_datetime(response.json()["expires_at"])
    assert timedelta(minutes=29) < end - before <= timedelta(minutes=31)
    guest = User.objects.get()
    assert guest.is_guest and guest.contact_email == ADDRESS
    assert guest.email.endswith("@guest.invalid") and not guest.has_usable_password()


def test_a_token_of_a_guest_ends_after_half_an_hour(guest_api, monkeypatch):
    later = timezone.now().timestamp() + 1801
    monkeypatch.setattr("time.time", lambda: later)
    assert guest_api.get("/api/users/me/").status_code == 401


def test_a_guest_sees_the_typed_address_in_its_profile(guest_api):
    profile = guest_api.get("/api/users/me/").json()
    assert (profile["email"], profile["email_verified_at"]) == (ADDRESS, None)


def test_the_answer_is_the_same_whether_or_not_an_account_has_the_address(api):
    unknown = api.post(URL, {"email": ADDRESS})
    UserFactory(email=ADDRESS, first_name="Owner")
    known = api.post(URL, {"email": ADDRESS})
    assert (unknown.status_code, known.status_code) == (201, 201)
    assert unknown.json().keys() == known.json().keys()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {known.json()['access']}")
    assert api.get("/api/users/me/").json()["first_name"] == ""
    assert api.get("/api/users/me/export/").json()["bookings"] == []


def test_two_guests_of_one_address_are_two_persons(api):
    for _ in range(2):
        assert api.post(URL, {"email": ADDRESS}).status_code == 201
    assert User.objects.filter(contact_email=ADDRESS).count() == 2


def test_an_account_can_be_registered_with_the_address_of_a_guest(guest_api, api):
    body = {"email": ADDRESS, "password": PASSWORD}
    assert api.post("/api/users/register/", body).status_code == 201
    assert User.objects.filter(is_guest=True).count() == 1


def test_guest_accounts_have_no_login_and_no_password_reset(guest_api, api, mailoutbox):
    guest = User.objects.get()
    assert not may_log_in(api, guest, PASSWORD)
    assert not may_log_in(api, User(email=ADDRESS), PASSWORD)
    for email in (guest.email, ADDRESS):
        api.post("/api/users/password/reset/", {"email": email})
    assert mailoutbox == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("delete", "me/", {"password": PASSWORD}),
        ("post", "password/change/", {"current_password": PASSWORD, "new_password": PASSWORD}),
        ("post", "email/change/", {"password": PASSWORD, "email": "new@example.org"}),
        ("post", "email/verify/resend/", {}),
    ],
)
def test_a_guest_may_not_change_what_only_accounts_have(guest_api, method, path, body):
    response = getattr(guest_api, method)(f"/api/users/{path}", body)
    assert (response.status_code, response.json()["code"]) == (403, "account_required")
    assert User.objects.get().is_active
    assert not LoginSession.objects.exclude(ended_at=None).exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "email"),
        ({"email": "no address"}, "email"),
        ({"email": "someone@guest.invalid"}, "email"),
        ({"email": ADDRESS, "first_name": "see www.example.org"}, "first_name"),
        ({"email": ADDRESS, "phone": "12"}, "phone"),
        ({"email": ADDRESS, "password": PASSWORD}, "password"),
        ({"email": ADDRESS, "is_staff": True}, "is_staff"),
    ],
)
def test_a_bad_guest_is_refused_by_field_and_nothing_is_written(api, body, field):
    response = api.post(URL, body)
    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [field]
    assert not User.objects.exists()


def test_guests_count_with_the_registrations_of_a_network(api, monkeypatch):
    off = dict.fromkeys(SimpleRateThrottle.THROTTLE_RATES)
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", {**off, "registrations": "2/hour"})
    statuses = [api.post(URL, {"email": ADDRESS}).status_code for _ in range(3)]
    assert statuses == [201, 201, 429]
