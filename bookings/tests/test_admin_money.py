import pytest
from django.urls import reverse

from bookings.models import PromoCode, StrayPayment
from bookings.tests.factories import confirmed
from users.models import User

pytestmark = pytest.mark.django_db


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
    # The e-mail would stay here when the account is erased.
    settler = User.objects.get()
    assert stray.note == f"by user {settler.pk}"


LISTS = ["bookings/payment", "bookings/ticket", "bookings/promocode", "users/user"]
QUERIES = [
    {"created_at__year": "9" * 25},
    {"date_joined__year": "9" * 12},
    {"booking__show__start_time__year": "2026", "booking__show__start_time__month": "9" * 25},
    {"id__in": "9" * 25},
    {"email": "\0"},
    {"code": "\0"},
]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("query", QUERIES)
def test_a_query_that_no_page_sends_breaks_no_list(boss, path, query) -> None:
    boss.raise_request_exception = False
    assert boss.get(f"/admin/{path}/", query).status_code in (200, 302, 400)
