"""A customer's admin page, and searches for people."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings import services
from bookings.models import Booking
from bookings.tests.factories import confirmed
from shows.tests.factories import scheduled_show
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db
USERS = "/admin/users/user/"
PANELS = ("view_booking", "view_ledgerentry", "view_message")


@pytest.fixture
def regular():
    """Return a customer with a booking in each of two currencies. One is cancelled."""
    user = UserFactory(first_name="Zoë", last_name="Nowak", phone="+919876543210")
    kept = confirmed("A1", "A2", customer=user)
    euro = confirmed("A1", customer=user, show=scheduled_show(currency="EUR"))
    cancelled = confirmed("A1", customer=user)
    services.cancel_booking(booking_id=cancelled.pk, cancelled_by=user)
    return user, kept, euro, cancelled


def page_of(client, user) -> str:
    response = client.get(f"{USERS}{user.pk}/change/")
    assert response.status_code == 200
    return response.content.decode()


def test_the_page_of_a_customer_has_bookings_spending_and_messages(boss, regular) -> None:
    user, *bookings = regular
    page = page_of(boss, user)
    for booking in bookings:
        assert f'<a href="/admin/bookings/booking/{booking.pk}/change/">{booking}</a>' in page
    # The refund of the cancelled booking has not arrived.
    assert "<td>750.00 INR</td><td>2</td>" in page and "<td>250.00 EUR</td><td>1</td>" in page
    assert "Asia/Kolkata" in page and ">Confirmed</a>" in page
    assert boss.get(f"/admin/bookings/booking/?user={user.pk}").context["cl"].result_count == 3


@pytest.mark.parametrize("permission", PANELS)
def test_each_panel_of_a_customer_needs_its_permission(staff, regular, permission) -> None:
    user, kept, *_ = regular
    page = page_of(staff("view_user", permission), user)
    seen = {
        "view_booking": "All bookings (3)",
        "view_ledgerentry": "250.00 EUR</td><td>1",
        "view_message": ">Confirmed</a>",
    }
    assert [name for name, text in seen.items() if text in page] == [permission]
    assert kept.reference not in page_of(staff("view_user"), user)


def test_the_page_of_a_customer_needs_as_many_queries_for_many_bookings(boss, regular) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            page_of(boss, regular[0])
        return len(captured)

    queries()
    before = queries()
    confirmed("A1", customer=regular[0])
    confirmed("A1", customer=regular[0])
    assert queries() == before <= 25


TYPED = (
    "zoe nowak", "NOWAK", "+91 98765-43210", "(098765) 43210", "98765 43210", "919876543210",
)  # fmt: skip


@pytest.mark.parametrize("path", [USERS, "/admin/bookings/booking/", "/admin/bookings/message/"])
def test_a_customer_is_found_by_name_and_phone_in_several_notations(boss, regular, path) -> None:
    UserFactory(first_name="Someone", phone="+919999999999")
    confirmed("A1")
    for typed in TYPED:
        found = boss.get(path, {"q": typed}).context["cl"].queryset
        people = {row.pk if path == USERS else row.booking.user_id if hasattr(row, "booking") else row.user_id for row in found}  # fmt: skip
        assert people == {regular[0].pk}, typed


def test_a_booking_of_the_counter_is_found_by_the_typed_name_and_phone(boss) -> None:
    booking = confirmed("A1")
    Booking.objects.filter(pk=booking.pk).update(
        customer_name="Ada Fischer", customer_phone="+4930123456"
    )
    for typed in ("Fischer", "030 123456", "+49 (30) 12 34 56"):
        found = boss.get("/admin/bookings/booking/", {"q": typed}).context["cl"].queryset
        assert list(found) == [booking]


def test_the_lists_of_money_and_messages_have_the_time_of_the_venue(boss, regular) -> None:
    for name in ("payment", "refund", "ledgerentry", "message"):
        page = boss.get(f"/admin/bookings/{name}/").content.decode()
        assert "Asia/Kolkata</td>" in page
