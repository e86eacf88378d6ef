"""Actions at the admin site: cancel, expire, and send refunds."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from bookings import services
from bookings.models import Booking, BookingTransition, Refund
from bookings.tests.admin_pages import BOOKINGS, REFUNDS, SHOWS, act, confirm, state, texts
from bookings.tests.factories import confirmed, held, run_out, statuses
from shows.models import Show
from shows.tests.factories import scheduled_show

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("action", "percent", "refund"),
    [("cancel_by_policy", 50, 250), ("cancel_in_full", 50, 500), ("cancel_by_policy", 100, 500)],
)
def test_staff_cancel_a_booking_after_they_see_what_goes_back(boss, action, percent, refund):
    booking = confirmed("A1", "A2", refund_percent=percent)
    before = state()
    page = act(boss, BOOKINGS, action, booking)
    assert f"{refund}.00 INR" in page.content.decode()
    assert state() == before
    answer = confirm(boss, BOOKINGS, action, booking, reason="Asked by phone")
    assert texts(answer) == [f"Cancelled: {booking.reference}."]
    assert answer.redirect_chain == [(f"{BOOKINGS}{booking.pk}/change/", 302)]
    booking.refresh_from_db()
    assert booking.status == "cancelled"
    assert (Refund.objects.get().amount, Refund.objects.get().status) == (refund, "succeeded")
    moved = booking.transitions.last()
    assert (moved.reason, moved.by.is_superuser) == ("Asked by phone", True)
    assert statuses(booking.show) == {"available"}


def test_after_the_cutoff_only_a_full_refund_is_possible(boss):
    booking = confirmed(start_time=timezone.now() + timedelta(hours=1))
    before = state()
    answer = confirm(boss, BOOKINGS, "cancel_by_policy", booking)
    assert texts(answer) == [
        f"{booking.reference}: Bookings can be cancelled until 2 hours before the start."
    ]
    assert state() == before
    confirm(boss, BOOKINGS, "cancel_in_full", booking)
    assert Refund.objects.get().amount == booking.total


def test_admin_action_cancels_the_bookings_that_can_be_cancelled(boss):
    show = scheduled_show()
    first, second, gone = (held(label, show=show) for label in ("A1", "A2", "A3"))
    services.cancel_booking(booking_id=gone.pk, cancelled_by=gone.user)
    answer = confirm(boss, BOOKINGS, "cancel_by_policy", first, second, gone)
    errors, done = sorted(texts(answer), key=lambda text: "Cancelled" in text)
    assert errors == f"{gone.reference}: The booking is cancelled already."
    assert first.reference in done and second.reference in done
    assert BookingTransition.objects.count() == 3


@pytest.mark.parametrize("reason", ["x" * 501, "a\0b"])
def test_a_reason_that_cannot_be_kept_cancels_nothing(boss, reason):
    booking = confirmed()
    before = state()
    page = confirm(boss, BOOKINGS, "cancel_in_full", booking, reason=reason)
    assert page.context["form"].errors["reason"]
    assert state() == before


def test_staff_are_warned_of_refunds_that_wait_and_send_them(boss, settings):
    booking = confirmed()
    settings.PAYMENT_PROVIDER = "none"
    answer = confirm(boss, BOOKINGS, "cancel_in_full", booking)
    assert "1 refunds are still waiting" in texts(answer)[1]
    refund = Refund.objects.get()
    assert refund.status == "pending"
    assert texts(act(boss, REFUNDS, "send", refund))[0] == "0 refunds sent."
    settings.PAYMENT_PROVIDER = "sandbox"
    assert texts(act(boss, REFUNDS, "send", refund)) == ["1 refunds sent."]
    refund.refresh_from_db()
    assert refund.status == "succeeded"


@pytest.mark.parametrize(
    "given_up",
    [{"status": "failed", "tries": 10}, {"next_try_at": datetime(2131, 1, 1, tzinfo=UTC)}],
)
def test_staff_send_a_refund_again_that_was_given_up_or_is_to_wait(boss, given_up):
    booking = confirmed()
    services.cancel_booking(booking_id=booking.pk, cancelled_by=booking.user)
    Refund.objects.update(**given_up)
    assert texts(act(boss, REFUNDS, "send", Refund.objects.get())) == ["1 refunds sent."]
    assert Refund.objects.get().status == "succeeded"
    again = state()
    assert texts(act(boss, REFUNDS, "send", Refund.objects.get())) == ["0 refunds sent."]
    assert state() == again


def test_staff_tidy_what_has_expired(boss):
    late, pending = held(), held()
    run_out(late)
    assert texts(act(boss, BOOKINGS, "tidy_expired", pending)) == ["1 bookings expired."]
    late.refresh_from_db()
    pending.refresh_from_db()
    assert (late.status, pending.status) == ("expired", "pending")


def test_the_page_of_a_booking_offers_to_cancel_it_while_that_can_be(boss):
    booking = held()
    path = f"{BOOKINGS}{booking.pk}/change/"
    assert b'value="cancel_in_full"' in boss.get(path).content
    run_out(booking)
    assert b'value="cancel_in_full"' not in boss.get(path).content


def test_staff_cancel_shows_after_they_see_what_that_means(boss):
    show, other = scheduled_show(), scheduled_show(currency="JPY")
    paid, pending = confirmed("A1", "A2", show=show), held("A3", show=show)
    before = state()
    page = act(boss, f"{SHOWS}?when=all", "cancel_shows", show, other).content.decode()
    assert "500.00 INR" in page and "0 JPY" in page and show.event.title in page
    assert state() == before
    answer = confirm(boss, f"{SHOWS}?when=all", "cancel_shows", show, other)
    assert "cancelled with 2 bookings. 500.00 INR will be refunded" in texts(answer)[0]
    assert "cancelled with 0 bookings. 0 JPY will be refunded" in texts(answer)[1]
    assert set(Show.objects.values_list("status", flat=True)) == {"cancelled"}
    assert set(Booking.objects.values_list("status", flat=True)) == {"cancelled"}
    assert Refund.objects.get().amount == paid.total
    assert pending.transitions.get().by.is_superuser
    assert statuses(show) == {"blocked"}
    assert show.history.first().history_user.is_superuser
    again = state()
    confirm(boss, f"{SHOWS}?when=all", "cancel_shows", show)
    assert state() == again


def test_the_page_of_a_show_leads_to_its_bookings_and_offers_to_cancel_it(boss):
    show = scheduled_show()
    held(show=show)
    path = f"{SHOWS}{show.pk}/change/"
    page = boss.get(path).content.decode()
    assert f'<a href="{BOOKINGS}?show={show.pk}">1</a>' in page
    assert 'value="cancel_shows"' in page
    answer = confirm(boss, f"{SHOWS}?when=all", "cancel_shows", show)
    assert answer.redirect_chain == [(path, 302)]
    assert 'value="cancel_shows"' not in answer.content.decode()
