"""Customers cancel and exchange on the page of their booking."""

from datetime import timedelta
from decimal import Decimal
from urllib.parse import urlsplit

import pytest

from bookings.models import Booking
from bookings.services.links import link_to
from bookings.tests.factories import confirmed
from shows.tests.browser.accessibility import violations
from shows.tests.browser.chromium import Page
from shows.tests.browser.journeys import is_seen, log_in
from shows.tests.factories import scheduled_show

pytestmark = pytest.mark.django_db(transaction=True)


def opened(visit, booking: Booking) -> Page:
    parts = urlsplit(link_to(booking))
    page = visit(f"{parts.path}#{parts.fragment}")
    page.wait("document.querySelectorAll('#tickets img').length > 0")
    return page


def test_a_customer_sees_what_comes_back_before_cancelling_one_of_two_tickets(visit) -> None:
    booking = confirmed("A1", "A2", refund_percent=Decimal(80), refund_cutoff_hours=2)
    page = opened(visit, booking)
    assert "80 % back until" in page.text("#terms")
    page.click("#chosen input")
    page.click("#cancel")
    page.wait(is_seen("#cancelling"))
    assert "200.00" in page.text("#cancelling dl")
    assert violations(page) == []
    page.click("#cancelling [data-keep]")
    assert not page.run(is_seen("#cancelling"))
    booking.refresh_from_db()
    assert booking.status == "confirmed" and not booking.amount_refunded
    page.click("#cancel")
    page.click("#confirm-cancel")
    page.wait("document.querySelectorAll('#tickets img').length === 1")
    booking.refresh_from_db()
    refunds = [
        refund.amount for payment in booking.payments.all() for refund in payment.refunds.all()
    ]
    assert (booking.status, refunds) == ("confirmed", [Decimal(200)])
    page.click("#cancel")
    page.click("#confirm-cancel")
    page.wait("document.getElementById('status').textContent === 'Cancelled'")
    assert not page.run(is_seen("#change"))


def test_a_customer_exchanges_for_a_dearer_show_and_pays_the_difference_by_the_link(visit) -> None:
    booking = confirmed("A1", "A2")
    other = scheduled_show(
        event=booking.show.event,
        price="300.00",
        start_time=booking.show.start_time + timedelta(days=1),
    )
    page = opened(visit, booking)
    page.click("#exchange")
    page.wait(is_seen("#exchanging"))
    page.click("#exchanging form button")
    page.wait(is_seen("#confirm-exchange"))
    assert "100.00" in page.text("#exchanging dl") and "500.00" in page.text("#exchanging dl")
    assert violations(page) == []
    page.click("#confirm-exchange")
    page.wait(is_seen("#pay"))
    assert "100.00" in page.text("#amounts")
    booking.refresh_from_db()
    assert booking.status == "confirmed"
    page.click("#pay")
    page.wait("document.querySelectorAll('#tickets img').length === 2")
    new = Booking.objects.get(exchanged_from=booking)
    booking.refresh_from_db()
    assert (new.status, new.show_id, booking.status) == ("confirmed", other.pk, "cancelled")
    assert new.reference in page.text("h1")


def test_without_another_show_nothing_is_offered(visit) -> None:
    booking = confirmed("A1")
    page = visit(f"/bookings/{booking.reference}")
    log_in(page, booking.user)
    page.wait("document.querySelectorAll('#tickets img').length === 1")
    page.click("#exchange")
    page.wait("document.getElementById('problem').textContent.includes('no other show')")
    assert not page.run(is_seen("#confirm-exchange"))
