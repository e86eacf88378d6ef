"""The confirmation of a phone number by a code."""

import re
from datetime import timedelta

import pytest
from django.db.models.functions import Now

from eventbooking_system.sms import PROVIDERS
from eventbooking_system.testing.problems import assert_problem
from users.models import PhoneCode
from users.tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
PHONE = "+919876543210"
VERIFY, RESEND = "/api/users/phone/verify/", "/api/users/phone/verify/resend/"


@pytest.fixture
def sent(monkeypatch):
    """Return sent text messages as pairs of number and text."""
    texts = []
    monkeypatch.setitem(PROVIDERS, "console", lambda text, to: texts.append((to, text)))
    return texts


@pytest.fixture
def user():
    return UserFactory(phone=PHONE, sms_consent=True)


def code_in(text):
    return re.match(r"[0-9]{6}\b", text)[0]


def other_than(code):
    return f"{(int(code) + 1) % 10**6:06}"


def test_a_code_confirms_the_number_that_it_was_sent_to(login, user, sent):
    client = login(user)
    assert client.post(RESEND).status_code == 202
    [(to, text)] = sent
    assert to == PHONE
    assert code_in(text) not in PhoneCode.objects.get().digest
    assert client.post(VERIFY, {"code": code_in(text)}).status_code == 204
    assert client.get("/api/users/me/").json()["phone_is_verified"] is True
    user.refresh_from_db()
    assert user.takes_sms
    assert not PhoneCode.objects.exists()


def test_a_code_works_once(login, user, sent):
    client = login(user)
    client.post(RESEND)
    code = {"code": code_in(sent[0][1])}
    assert client.post(VERIFY, code).status_code == 204
    assert_problem(client.post(VERIFY, code), 400, "invalid")


def test_a_code_has_five_tries(login, user, sent):
    client = login(user)
    client.post(RESEND)
    code = code_in(sent[0][1])
    for _ in range(5):
        assert_problem(client.post(VERIFY, {"code": other_than(code)}), 400, "invalid")
    assert_problem(client.post(VERIFY, {"code": code}), 400, "invalid")
    user.refresh_from_db()
    assert not user.phone_is_verified


def test_a_code_ends_after_ten_minutes(login, user, sent):
    client = login(user)
    client.post(RESEND)
    PhoneCode.objects.update(expires_at=Now() - timedelta(seconds=1))
    assert_problem(client.post(VERIFY, {"code": code_in(sent[0][1])}), 400, "invalid")


def test_a_code_for_an_earlier_number_confirms_nothing(login, user, sent):
    client = login(user)
    client.post(RESEND)
    client.patch("/api/users/me/", {"phone": "+919876543211"})
    assert_problem(client.post(VERIFY, {"code": code_in(sent[0][1])}), 400, "invalid")
    user.refresh_from_db()
    assert user.verified_phone == ""


def test_a_changed_number_is_no_longer_confirmed(login):
    user = UserFactory(phone=PHONE, verified_phone=PHONE, sms_consent=True)
    answer = login(user).patch("/api/users/me/", {"phone": "+919876543211"})
    assert answer.json()["phone_is_verified"] is False
    user.refresh_from_db()
    assert not user.takes_sms


def test_only_the_newest_code_counts(login, user, sent):
    client = login(user)
    for _ in range(2):
        client.post(RESEND)
    first, second = (code_in(text) for _, text in sent)
    if first != second:
        assert client.post(VERIFY, {"code": first}).status_code == 400
    assert client.post(VERIFY, {"code": second}).status_code == 204


def test_five_codes_a_day_are_sent_to_a_number_and_by_an_account(login, user, sent):
    client = login(user)
    statuses = [client.post(RESEND).status_code for _ in range(6)]
    assert statuses == [202] * 5 + [429]
    other = UserFactory(phone=PHONE)
    assert_problem(login(other).post(RESEND), 429, "throttled")
    client.patch("/api/users/me/", {"phone": "+919876543211"})
    assert client.post(RESEND).status_code == 429
    assert len(sent) == 5


@pytest.mark.parametrize("fields", [{"phone": ""}, {"phone": PHONE, "verified_phone": PHONE}])
def test_no_code_is_sent_without_a_number_or_to_a_confirmed_one(login, sent, fields):
    assert_problem(login(UserFactory(**fields)).post(RESEND), 400, "invalid")
    assert sent == []


def test_a_code_needs_a_login(api):
    assert_problem(api.post(RESEND), 401, "not_authenticated")
    assert_problem(api.post(VERIFY, {"code": "123456"}), 401, "not_authenticated")


def test_erasure_removes_the_confirmed_number_and_its_code(login, sent, user):
    client = login(user)
    client.post(RESEND)
    user.verified_phone = "+919876543211"
    user.save()
    assert client.delete("/api/users/me/", {"password": PASSWORD}).status_code == 204
    user.refresh_from_db()
    assert user.verified_phone == ""
    assert not PhoneCode.objects.exists()
