"""Staff actions that move money need a fresh second factor."""

from datetime import timedelta

import pytest
from django.utils import timezone

from bookings.models import Booking, Refund
from bookings.tests.factories import confirmed, held
from eventbooking_system.testing.problems import assert_problem
from shows.models import Show
from shows.tests.factories import scheduled_show
from users.models import LoginSession
from users.tests.factories import StaffFactory

pytestmark = pytest.mark.django_db
FRESH, STALE = timedelta(minutes=14), timedelta(minutes=16)


@pytest.fixture
def show() -> Show:
    show = scheduled_show()
    held("A1", show=show)
    confirmed("A2", show=show)
    return show


@pytest.fixture
def staff():
    return StaffFactory(second_factor_enabled_at=timezone.now())


def assert_unchanged(show: Show) -> None:
    show.refresh_from_db()
    assert show.status == "scheduled"
    assert set(Booking.objects.values_list("status", flat=True)) == {"pending", "confirmed"}
    assert not Refund.objects.exists()


def test_cancelling_a_show_needs_a_fresh_code(show, staff, login):
    client = login(staff)
    LoginSession.objects.update(second_factor_used_at=timezone.now() - STALE)
    refused = client.post(f"/api/shows/{show.pk}/cancel/")
    assert_problem(refused, 403, "second_factor_required")
    assert_unchanged(show)
    LoginSession.objects.update(second_factor_used_at=timezone.now() - FRESH)
    assert client.post(f"/api/shows/{show.pk}/cancel/").status_code == 200


@pytest.mark.parametrize(
    ("path", "action"),
    [
        ("/admin/shows/show/", "cancel_shows"),
        ("/admin/bookings/booking/", "cancel_in_full"),
        ("/admin/bookings/booking/", "cancel_by_policy"),
        ("/admin/bookings/refund/", "send"),
    ],
)
def test_actions_of_the_admin_that_move_money_need_a_fresh_code(client, staff, show, path, action):
    client.force_login(staff)
    session = client.session
    session["second_factor_used_at"] = (timezone.now() - STALE).isoformat()
    session.save()
    chosen = show.pk if "shows" in path else Booking.objects.get(status="confirmed").pk
    body = {"action": action, "_selected_action": [chosen], "post": "yes", "reason": "Storm"}
    if "refund" in path:
        booking = Booking.objects.get(status="confirmed")
        body["_selected_action"] = [refund_of(booking).pk]
        refused = client.post(path, body)
        assert refused.status_code == 403
        assert Refund.objects.get().status == "pending"
        return
    assert client.get(path).status_code == 200
    assert client.post(path, body).status_code == 403
    assert_unchanged(show)


def refund_of(booking: Booking) -> Refund:
    return Refund.objects.create(
        payment=booking.payments.get(), booking=booking, amount=booking.total, reason="cancelled"
    )
