import pytest
from django.urls import reverse

from bookings.models import PromoCode, StrayPayment
from bookings.tests.factories import confirmed
from users.tests.factories import StaffFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client):
    client.force_login(StaffFactory())
    return client


def code_fields(**fields: str) -> dict[str, str]:
    return {"code": "ten", "percent": "10", "is_active": "on", **fields}


def test_staff_make_a_promo_code(boss) -> None:
    answer = boss.post(reverse("admin:bookings_promocode_add"), code_fields())
    assert answer.status_code == 302
    assert PromoCode.objects.get().code == "TEN"
    assert "TEN" in boss.get(reverse("admin:bookings_promocode_changelist")).content.decode()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"percent": ""}, "percent"),
        ({"amount": "5", "percent": ""}, "currency"),
        ({"percent": "101"}, "percent"),
        ({"code": ""}, "code"),
    ],
)
def test_a_promo_code_that_makes_no_sense_is_refused_at_its_field(boss, fields, field) -> None:
    answer = boss.post(reverse("admin:bookings_promocode_add"), code_fields(**fields))
    assert field in answer.context["adminform"].form.errors
    assert not PromoCode.objects.exists()


def test_the_ledger_is_to_look_at(boss) -> None:
    confirmed()
    url = reverse("admin:bookings_ledgerentry_changelist")
    assert "captured" in boss.get(url).content.decode()
    assert boss.get(reverse("admin:bookings_ledgerentry_add")).status_code == 403


def test_stray_payments_are_marked_as_settled(boss) -> None:
    stray = StrayPayment.objects.create(
        provider="stripe",
        provider_id="pi_1",
        status="succeeded",
        amount=5,
        currency="EUR",
        reason="x",
    )
    url = reverse("admin:bookings_straypayment_changelist")
    boss.post(url, {"action": "settle", "_selected_action": [stray.pk]})
    stray.refresh_from_db()
    assert stray.settled_at
