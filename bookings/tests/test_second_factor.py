"""Staff actions that move money need a fresh second factor."""

from datetime import timedelta

import pytest
from django.test import Client
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


def set_age_of_code(client: Client, age: timedelta) -> None:
    session = client.session
    session["second_factor_used_at"] = (timezone.now() - age).isoformat()
    session.save()


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
    set_age_of_code(client, STALE)
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


@pytest.mark.parametrize("name", ["cancel-tickets", "exchange", "reseat", "refund-amount"])
def test_actions_on_one_booking_need_a_fresh_code(client, staff, show, name):
    client.force_login(staff)
    booking = Booking.objects.get(status="confirmed")
    path = f"/admin/bookings/booking/{booking.pk}/do/{name}/"
    set_age_of_code(client, FRESH)
    assert client.get(path).status_code == 200
    set_age_of_code(client, STALE)
    body = {"amount": "1", "reason": "Storm", "post": "yes", "tickets": booking.tickets.get().pk}
    assert client.post(path, body).status_code == 403
    assert_unchanged(show)


def test_staff_need_a_fresh_code_to_cancel_a_booking_of_a_customer(show, staff, login):
    client = login(staff)
    booking = Booking.objects.get(status="confirmed")
    path = f"/api/bookings/{booking.pk}/cancel/?all=true"
    LoginSession.objects.update(second_factor_used_at=timezone.now() - STALE)
    assert_problem(client.post(path), 403, "second_factor_required")
    assert_unchanged(show)
    LoginSession.objects.update(second_factor_used_at=timezone.now() - FRESH)
    assert client.post(path).status_code == 200


def test_staff_need_a_fresh_code_to_reseat_with_a_refund(show, staff, login):
    client = login(staff)
    ticket = Booking.objects.get(status="confirmed").tickets.get()
    seat = show.show_seats.get(seat__row="A", seat__number="3").seat_id
    path = f"/api/bookings/{ticket.booking_id}/tickets/{ticket.pk}/reseat/"
    LoginSession.objects.update(second_factor_used_at=timezone.now() - STALE)
    refused = client.post(path, {"seat_id": seat, "reprice": True})
    assert_problem(refused, 403, "second_factor_required")
    assert_unchanged(show)
    assert client.post(path, {"seat_id": seat}).status_code == 200


def refund_of(booking: Booking) -> Refund:
    return Refund.objects.create(
        payment=booking.payments.get(), booking=booking, amount=booking.total, reason="cancelled"
    )
