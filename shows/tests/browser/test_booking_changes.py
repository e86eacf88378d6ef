"""Customers cancel and exchange on the page of their booking."""

from datetime import timedelta
from decimal import Decimal
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from bookings.models import Booking
from bookings.services.links import link_to
from bookings.tests.factories import confirmed
from eventbooking_system.cache.catalogue import CATALOGUE
from eventbooking_system.cache.versioned import invalidate
from shows.models import Show
from shows.tests.browser.accessibility import violations
from shows.tests.browser.chromium import Page, seat
from shows.tests.browser.journeys import is_seen, log_in
from shows.tests.factories import scheduled_show
from venues.tests.factories import SeatCategoryFactory, hall

pytestmark = pytest.mark.django_db(transaction=True)


def opened(visit, booking: Booking) -> Page:
    parts = urlsplit(link_to(booking))
    page = visit(f"{parts.path}#{parts.fragment}")
    page.wait("document.querySelectorAll('#tickets img').length > 0")
    return page


def seats_of(booking: Booking) -> list[str]:
    lines = booking.booked_seats.active().order_by("pk")
    names = lines.values_list("show_seat__seat__row", "show_seat__seat__number")
    return [row + number for row, number in names]


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


def dearer_show(booking: Booking, price: str = "300.00") -> Show:
    start = booking.show.start_time + timedelta(days=1)
    return scheduled_show(event=booking.show.event, price=price, start_time=start)


def choose_show(page: Page, show: Show) -> None:
    """Open the plan of a show from the page of a booking."""
    page.click("#exchange")
    page.click(f"#exchange-shows a[href^='/shows/{show.pk}/']")
    page.wait("document.querySelector('#exchange')?.matches('.card:not([hidden])')")
    page.wait("!document.querySelector('aside').inert")


def test_a_customer_chooses_dearer_seats_on_the_plan_and_pays_the_difference_by_the_link(
    visit,
) -> None:
    booking = confirmed("A1", "A2")
    other = dearer_show(booking)
    page = opened(visit, booking)
    choose_show(page, other)
    assert "Row A, seats 1, 2" in page.text("#older") and "2 seats" in page.text("#to-choose")
    page.click(seat("A2"))
    page.wait("document.querySelectorAll('#selection li').length === 1")
    assert page.run("document.getElementById('hold').disabled")
    page.click(seat("A3"))
    page.wait("document.getElementById('quote').innerText.includes('100.00')")
    assert "500.00" in page.text("#quote") and "100.00" in page.text("#sum")
    assert violations(page) == []
    page.click("#hold")
    page.wait(is_seen("#pay"))
    page.wait("/^[0-9]:[0-9]{2}$/.test(document.getElementById('countdown').textContent)")
    assert "100.00" in page.text("#pay dl")
    booking.refresh_from_db()
    assert booking.status == "confirmed"
    page.click("#pay .main")
    page.wait("document.querySelectorAll('#tickets img').length === 2")
    new = Booking.objects.get(exchanged_from=booking)
    booking.refresh_from_db()
    assert (new.status, new.show_id, booking.status) == ("confirmed", other.pk, "cancelled")
    assert seats_of(new) == ["A2", "A3"]
    page.click("#to-booking")  # The older link leads to the new tickets.
    page.wait("document.querySelectorAll('#tickets img').length === 2")
    assert new.reference in page.text("h1") and "Booked" in page.text("#status")


def test_one_of_two_tickets_is_exchanged_for_a_cheaper_seat_of_the_same_hall_after_a_login(
    visit,
) -> None:
    screen = hall({"A": 3, "B": 3})
    screen.seats.filter(row="B").update(category=SeatCategoryFactory(screen=screen, name="Silver"))
    prices = {"Gold": {"": Decimal(250)}, "Silver": {"": Decimal(150)}}
    booking = confirmed("A1", "A2", screen=screen, prices=prices)
    page = visit(f"/bookings/{booking.reference}")
    log_in(page, booking.user)
    page.wait("document.querySelectorAll('#tickets img').length === 2")
    page.click("#chosen input")
    choose_show(page, booking.show)
    assert "seat 2" in page.text("#older") and "seat 1" not in page.text("#older")
    page.click("#best button")
    page.wait("document.querySelectorAll('#selection li').length === 1")
    page.click("#selection button")
    page.click(seat("B1"))
    page.wait("document.getElementById('quote').innerText.includes('100.00')")
    page.click("#hold")
    page.wait("document.querySelectorAll('#tickets img').length === 1")
    new = Booking.objects.get(exchanged_from=booking)
    booking.refresh_from_db()
    assert (seats_of(new), seats_of(booking)) == (["B1"], ["A1"])
    assert (new.status, booking.status) == ("confirmed", "confirmed")
    page.open(f"/bookings/{booking.reference}")
    page.click("#exchanged button")
    page.wait(f"document.querySelector('h1').textContent.includes('{new.reference}')")


def test_an_exchange_that_was_left_is_continued_on_the_page_of_the_booking(visit) -> None:
    booking = confirmed("A1")
    page = opened(visit, booking)
    choose_show(page, dearer_show(booking))
    page.click("#best button")
    page.wait("!document.getElementById('hold').disabled")
    page.click("#hold")
    page.wait(is_seen("#pay"))
    page.run("history.back()")
    page.click("#exchanged button")
    page.wait(f"{is_seen('#countdown')} && !document.querySelector('#tickets img')")
    page.click("#pay")
    page.wait("document.querySelectorAll('#tickets img').length === 1")
    new = Booking.objects.get(exchanged_from=booking)
    assert new.status == "confirmed" and new.reference in page.text("h1")


def test_the_plan_of_an_exchange_asks_for_a_login_and_offers_no_account(visit) -> None:
    booking = confirmed("A1")
    show = dearer_show(booking)
    page = visit(f"/shows/{show.pk}/?exchange={booking.reference}")
    page.wait(is_seen("#login"))
    assert not page.run(is_seen("#guest")) and page.run("document.getElementById('hold').disabled")
    log_in(page, booking.user)
    page.wait("!document.getElementById('exchange').hidden")
    assert "1 seat" in page.text("#to-choose")


def test_without_another_show_nothing_is_offered(visit) -> None:
    booking = confirmed("A1")
    page = visit(f"/bookings/{booking.reference}")
    log_in(page, booking.user)
    page.wait("document.querySelectorAll('#tickets img').length === 1")
    Show.objects.filter(pk=booking.show_id).update(sales_close_at=timezone.now())
    invalidate(CATALOGUE)
    page.click("#exchange")
    page.wait("document.getElementById('problem').textContent.includes('no other show')")
    assert not page.run(is_seen("#exchanging"))
