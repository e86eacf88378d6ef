"""Bookings and money at the admin site: lists, pages and permissions."""

from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings import services
from bookings.models import Payment, ProviderEvent, Refund
from bookings.tests.admin_pages import (
    BOOKINGS,
    EVENTS,
    PAYMENTS,
    REFUNDS,
    SHOWS,
    act,
    confirm,
    event_of,
    refunded,
    state,
)
from bookings.tests.factories import confirmed, held, run_out
from events.tests.factories import EventFactory
from shows.models import Show
from shows.tests.factories import scheduled_show
from venues.tests.factories import VenueFactory, hall

pytestmark = pytest.mark.django_db


def test_the_list_says_who_booked_what_when_and_for_how_much(boss):
    booking = confirmed("A1", "A2", show=scheduled_show(event=EventFactory(title="Quiet Rain")))
    page = boss.get(BOOKINGS).content.decode()
    email = booking.user.email.replace("@", "<wbr>@")
    for text in (booking.reference, email, "Quiet Rain", "Asia/Kolkata", "500.00 INR"):
        assert text in page
    booked_at = booking.booked_at.astimezone(ZoneInfo("Asia/Kolkata"))
    assert f"{booked_at:%a %d %b %Y, %H:%M} Asia/Kolkata" in page
    assert "UTC" not in page.partition("<footer")[0]


@pytest.mark.parametrize("path", [BOOKINGS, PAYMENTS, REFUNDS, EVENTS])
def test_lists_need_as_many_queries_for_many_rows_as_for_a_few(boss, path):
    def fill(numbers):
        for number in numbers:
            refunded()
            event_of(number)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            page = boss.get(path)
        return len(page.context["cl"].result_list), len(captured)

    fill(range(3))
    boss.get(path)
    rows, few = queries()
    assert rows == 3
    fill(range(3, 12))
    assert queries() == (12, few)
    assert few <= 10


def test_a_booking_is_found_by_reference_email_and_title(boss):
    booking = held(show=scheduled_show(event=EventFactory(title="Quiet Rain")))
    held()
    bare = booking.reference.replace("-", "")
    for text in (booking.reference, bare, f" {bare.lower()} ", booking.user.email, "quiet rain"):
        found = boss.get(BOOKINGS, {"q": text}).context["cl"].result_list
        assert list(found) == [booking], text


def test_bookings_are_filtered_by_what_they_are_now_by_show_and_by_venue(boss):
    late = held(show=scheduled_show(start_time=timezone.now() + timedelta(hours=1)))
    run_out(late)
    venue = VenueFactory()
    paid = confirmed(show=scheduled_show(screen=hall(venue=venue)))
    over = held()
    past = timezone.now() - timedelta(days=1)
    Show.objects.filter(pk=over.show_id).update(start_time=past - timedelta(hours=2), end_time=past)

    def found(**query):
        return set(boss.get(BOOKINGS, query).context["cl"].result_list)

    assert found(status="expired") == {late}
    assert found(status="pending") == {over}
    assert found(status="confirmed") == {paid}
    assert found(when="upcoming") == {late, paid}
    assert found(when="past") == {over}
    assert found(show=paid.show_id) == {paid}
    assert found(show__screen__venue__id__exact=venue.pk) == {paid}
    for nothing in ("0", "x", "9" * 30):
        assert found(show=nothing) == set()


def test_money_has_the_digits_of_its_currency_everywhere(boss):
    prices = {"Gold": {"": Decimal(1200)}}
    booking = confirmed("A1", show=scheduled_show(currency="JPY", prices=prices))
    services.cancel_booking(booking_id=booking.pk, cancelled_by=booking.user)
    payment, refund = Payment.objects.get(), Refund.objects.get()
    for path in (
        BOOKINGS, PAYMENTS, REFUNDS, f"{BOOKINGS}{booking.pk}/change/",
        f"{PAYMENTS}{payment.pk}/change/", f"{REFUNDS}{refund.pk}/change/",
    ):  # fmt: skip
        page = boss.get(path).content.decode()
        assert "1200 JPY" in page, path
        assert "<td>1200.0" not in page, path


def test_payments_refunds_and_events_are_found(boss):
    booking = refunded()
    refunded()
    event_of(7)
    for path, text in (
        (PAYMENTS, booking.reference),
        (PAYMENTS, Payment.objects.get(booking=booking).provider_id),
        (REFUNDS, booking.user.email),
        (EVENTS, "evt-7"),
    ):
        assert len(boss.get(path, {"q": text}).context["cl"].result_list) == 1


def test_the_page_shows_seats_payments_refunds_and_history(boss):
    booking = refunded()
    page = boss.get(f"{BOOKINGS}{booking.pk}/change/").content.decode()
    for text in ("A1", "A2", "Gold", "pm_card_visa", "released", "250.00 INR", "500.00 INR"):
        assert text in page
    assert "confirmed" in page and "cancelled" in page and booking.user.email in page
    assert "100 % until" in page
    # Only the customer's browser needs these values.
    assert Payment.objects.get().client_secret not in page


def test_the_page_needs_as_many_queries_for_many_seats_as_for_one(boss):
    def queries(booking):
        with CaptureQueriesContext(connection) as captured:
            assert boss.get(f"{BOOKINGS}{booking.pk}/change/").status_code == 200
        return len(captured)

    one, many = confirmed("A1"), confirmed("A1", "A2", "A3", "A4", "A5", "A6")
    queries(one)
    assert queries(many) == queries(one) <= 16


@pytest.mark.parametrize("path", [BOOKINGS, PAYMENTS, REFUNDS, EVENTS])
def test_nothing_is_written_by_hand(boss, path):
    refunded()
    event_of(1)
    before = state()
    row = boss.get(path).context["cl"].result_list[0]
    page = boss.get(f"{path}{row.pk}/change/")
    assert page.status_code == 200
    assert b'name="_save"' not in page.content
    body = {"status": "confirmed", "total": "0", "amount": "0", "reference": "X"}
    assert boss.post(f"{path}{row.pk}/change/", body).status_code == 403
    assert boss.get(f"{path}add/").status_code == 403
    assert boss.post(f"{path}add/", body).status_code == 403
    assert boss.post(f"{path}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    confirm(boss, path, "delete_selected", row)
    assert state() == before
    assert ProviderEvent.objects.count() == 1


def test_idempotency_keys_have_no_admin_page(boss):
    assert boss.get("/admin/bookings/idempotencykey/").status_code == 404


def test_staff_who_may_only_look_act_on_nothing(staff):
    booking = confirmed()
    run_out(held())
    services.cancel_booking(
        booking_id=confirmed().pk, cancelled_by=booking.user
    )  # Its refund is still to be sent.
    client = staff("view_booking", "view_show", "view_refund", "view_payment")
    before = state()
    for path, actions, row in (
        (BOOKINGS, ["cancel_by_policy", "cancel_in_full", "tidy_expired"], booking),
        (f"{SHOWS}?when=all", ["cancel_shows"], booking.show),
        (REFUNDS, ["send"], Refund.objects.get()),
    ):
        page = client.get(path).content.decode()
        for action in actions:
            assert f'value="{action}"' not in page
            confirm(client, path, action, row)
    for path in (f"{BOOKINGS}{booking.pk}/change/", f"{SHOWS}{booking.show_id}/change/"):
        assert b"page-action" not in client.get(path).content.replace(b".page-action", b"")
    assert state() == before


@pytest.mark.parametrize(
    ("permissions", "path", "action"),
    [
        (["view_booking", "change_show", "change_refund"], BOOKINGS, "cancel_in_full"),
        (["view_show", "change_booking"], f"{SHOWS}?when=all", "cancel_shows"),
        (["view_refund", "change_booking"], REFUNDS, "send"),
    ],
)
def test_a_permission_for_something_else_is_not_enough(staff, permissions, path, action):
    booking = confirmed()
    services.cancel_booking(booking_id=confirmed().pk, cancelled_by=booking.user)
    client = staff(*permissions)
    before = state()
    rows = {BOOKINGS: booking, REFUNDS: Refund.objects.get()}
    confirm(client, path, action, rows.get(path, booking.show))
    assert state() == before


def test_the_permission_that_an_action_names_is_enough(staff):
    booking = confirmed()
    confirm(staff("change_booking"), BOOKINGS, "cancel_in_full", booking)
    booking.refresh_from_db()
    assert booking.status == "cancelled"
    confirm(staff("change_show"), f"{SHOWS}?when=all", "cancel_shows", booking.show)
    assert Show.objects.get().status == "cancelled"
    waiting = confirmed()
    services.cancel_booking(booking_id=waiting.pk, cancelled_by=waiting.user)
    act(staff("change_refund", "view_refund"), REFUNDS, "send", waiting.refunds.get())
    assert waiting.refunds.get().status == "succeeded"


def test_staff_without_permissions_see_nothing(staff):
    booking = confirmed()
    client = staff()
    for path in (BOOKINGS, f"{BOOKINGS}{booking.pk}/change/", PAYMENTS, REFUNDS, EVENTS):
        assert client.get(path).status_code == 403


def test_permission_to_view_bookings_shows_their_seats_without_payments(staff):
    booking = confirmed()
    page = staff("view_booking").get(f"{BOOKINGS}{booking.pk}/change/").content.decode()
    assert "Gold" in page and "pm_card_visa" not in page
