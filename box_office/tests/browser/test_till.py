"""A cashier at the till: few touches, reloads, and an absent server."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from bookings.models import Booking, Ticket
from bookings.tests.factories import confirmed
from box_office.models import CashSession, Tender
from shows.models import Show
from shows.tests.browser.accessibility import small_targets, violations
from shows.tests.browser.chromium import Page, seat
from shows.tests.factories import scheduled_show
from users.tests.factories import PASSWORD, StaffFactory

pytestmark = pytest.mark.django_db(transaction=True)

AWAY = "globalThis.online = fetch; globalThis.fetch = () => Promise.reject(new TypeError('away'))"
BACK = "globalThis.fetch = online"
# The server answers, and the answer is lost.
LOSE_ANSWERS = (
    "globalThis.online = fetch; globalThis.fetch = async (path, init) => {"
    "await online(path, init); throw new TypeError('lost') }"
)


@pytest.fixture
def show() -> Show:
    show = scheduled_show(
        start_time=timezone.now() + timedelta(minutes=50),
        prices={"Gold": {"Adult": Decimal("250.00"), "Child": Decimal("150.00")}},
    )
    return show


def log_in(page: Page) -> None:
    page.type("#login [name=email]", StaffFactory().email)
    page.type("#login [name=password]", PASSWORD)
    page.click("#login button")


def open_till(visit: Any, show: Show, **size: int) -> Page:
    """Open the till with a float of 100, and the shows' panel."""
    page = visit("/box-office/", **(size or {"width": 1280, "height": 800}))
    log_in(page)
    page.type("#setup [name=station]", "Foyer 1")
    page.click("#setup button")
    page.type("#opening [name=opening_float]", "100")
    page.click("#opening button.main")
    page.wait("Boolean(document.querySelector('#screens .show'))")
    return page


def open_sale(visit: Any, show: Show, **size: int) -> Page:
    page = open_till(visit, show, **size)
    page.click("#screens .show")
    page.wait("Boolean(document.querySelector('#types button'))")
    return page


def wait_for_lines(page: Page, count: int) -> None:
    page.wait(f"document.querySelectorAll('#lines li').length === {count}")
    page.wait("!document.querySelector('#lines').innerText.includes('No seat yet')")


def test_two_adults_best_seats_cash_are_three_touches(visit: Any, show: Show) -> None:
    page = open_sale(visit, show)
    page.click("#types button")
    wait_for_lines(page, 1)
    page.click("#types button")
    wait_for_lines(page, 2)
    page.click("[data-pay=exact]")
    page.wait("!document.getElementById('done').hidden")
    booking = Booking.objects.get()
    assert (booking.status, booking.total, booking.sales_channel) == (
        "confirmed", Decimal("500.00"), "box_office",
    )  # fmt: skip
    seats = sorted(int(line.show_seat.seat.number) for line in booking.booked_seats.all())
    assert seats[1] - seats[0] == 1
    assert Tender.objects.get().session == CashSession.objects.get()
    assert Ticket.objects.count() == 2


def test_quote_that_comes_late_does_not_price_the_ticket_added_since(
    visit: Any, show: Show
) -> None:
    page = open_sale(visit, show)
    page.run(
        "globalThis.online = fetch; globalThis.fetch = async (path, init) => {"
        "const answer = await online(path, init);"
        "if (path.includes('quote') && !globalThis.isSlow) {"
        "globalThis.isSlow = true; await new Promise((done) => setTimeout(done, 3000)) }"
        "return answer }"
    )
    page.click("#types button")
    wait_for_lines(page, 1)
    page.wait("Boolean(globalThis.isSlow)")
    page.click("#types button")
    wait_for_lines(page, 2)
    page.run("new Promise((done) => setTimeout(done, 3500))")
    page.click("[data-pay=exact]")
    page.wait("!document.getElementById('done').hidden")
    assert Booking.objects.get().total == 500


def test_change_is_shown_for_cash_that_is_typed(visit: Any, show: Show) -> None:
    page = open_sale(visit, show)
    page.click("#types button")
    wait_for_lines(page, 1)
    page.click("[data-pay=cash]")
    for key in ("5", "0", "0", "00"):
        page.click(f"#keypad [aria-label='{key}']")
    page.wait("document.querySelector('#cash [data-change]').innerText === '₹250.00'")
    page.click("#cash [data-confirm]")
    page.wait("document.getElementById('change').innerText === 'Change: ₹250.00'")
    assert Tender.objects.get().tendered == 500


def test_seat_is_chosen_in_the_hall_and_its_type_changed(visit: Any, show: Show) -> None:
    page = open_sale(visit, show)
    page.click(seat("A1"))
    wait_for_lines(page, 1)
    page.run(
        "{const type = document.querySelector('#lines select');"
        "type.value = 'Child'; type.dispatchEvent(new Event('change'))}"
    )
    page.wait("document.querySelector('#amounts').innerText.includes('150.00')")
    page.click("[data-pay=card]")
    page.type("#asking [name=reference]", "T-1001")
    page.click("#asking button.main")
    page.wait("!document.getElementById('done').hidden")
    tender = Tender.objects.get()
    assert (tender.method, tender.amount, tender.reference) == ("card_terminal", 150, "T-1001")
    assert str(Ticket.objects.get().seat) == "A1"


def test_sale_that_is_typed_survives_a_reload(visit: Any, show: Show) -> None:
    page = open_sale(visit, show)
    page.click("#types button")
    wait_for_lines(page, 1)
    page.click("#customer-button")
    page.type("#asking [name=name]", "Meera Das")
    page.click("#asking button.main")
    page.wait("document.getElementById('customer-name').innerText === 'Meera Das'")
    page.reload()
    wait_for_lines(page, 1)
    assert page.text("#customer-name") == "Meera Das"
    page.click("[data-pay=exact]")
    page.wait("!document.getElementById('done').hidden")
    assert Booking.objects.get().customer_name == "Meera Das"


def test_a_stopped_server_is_reported_and_nothing_is_sold_twice(visit: Any, show: Show) -> None:
    page = open_sale(visit, show)
    page.click("#types button")
    wait_for_lines(page, 1)
    page.wait("Boolean(document.querySelector('#amounts[data-quoted]'))")
    page.run(LOSE_ANSWERS)
    page.click("[data-pay=exact]")
    page.wait("!document.getElementById('away').hidden")
    assert "server does not answer" in page.text("#connection")
    assert Booking.objects.count() == 1
    page.reload()
    page.wait("!document.getElementById('done').hidden")
    assert Booking.objects.count() == Tender.objects.count() == 1
    assert page.run("sessionStorage.getItem('box-office.waiting')") is None


def test_request_that_never_arrived_is_sent_when_the_server_is_back(visit: Any, show: Show) -> None:
    page = open_sale(visit, show)
    page.click("#types button")
    wait_for_lines(page, 1)
    page.wait("Boolean(document.querySelector('#amounts[data-quoted]'))")
    page.run(AWAY)
    page.click("[data-pay=exact]")
    page.wait(
        "!document.getElementById('away').hidden || document.getElementById('problem').innerText"
    )
    assert Booking.objects.count() == 0
    page.run(BACK)
    page.wait("!document.getElementById('done').hidden")
    assert Booking.objects.count() == 1


def test_last_sale_is_undone_and_its_cash_goes_back(visit: Any, show: Show) -> None:
    page = open_sale(visit, show)
    page.click("#types button")
    wait_for_lines(page, 1)
    page.click("[data-pay=exact]")
    page.click("[data-done=next]")
    page.click("#last-sale")
    page.click("[data-done=undo]")
    page.click("#asking button.main")
    page.wait("document.querySelector('#done h1').innerText === 'Undone'")
    assert Booking.objects.get().status == "cancelled"
    assert Tender.objects.get(refund__isnull=False).amount == 250
    page.click("[data-open=shift]")
    page.wait("document.querySelector('#report').innerText.includes('given back')")
    assert "₹100.00" in page.text("#report dd:last-of-type")


def test_booking_is_found_by_a_name_and_opened(visit: Any, show: Show) -> None:
    booking = confirmed("A1", show=show)
    Booking.objects.filter(pk=booking.pk).update(customer_name="Meera Das")
    page = open_till(visit, show)
    page.click("[data-open=counter]")
    page.type("#counter [name=search]", "meera")
    page.press("Enter")
    page.wait("Boolean(document.querySelector('#bookings li'))")
    assert show.event.title in page.text("#bookings")
    page.click("#bookings li button")
    page.wait("!document.getElementById('done').hidden")
    assert booking.reference in page.text("#sold") and "Meera Das" in page.text("#sold")


def test_shift_is_counted_and_closed(visit: Any, show: Show) -> None:
    page = open_till(visit, show)
    page.click("[data-open=shift]")
    page.type("#movement [name=amount]", "30")
    page.type("#movement [name=reason]", "To the safe")
    page.click("#movement button")
    page.wait("document.querySelector('#report').innerText.includes('70.00')")
    page.type("#closing [name=counted]", "69.50")
    page.click("#closing button")
    page.click("#asking button.main")
    page.wait("document.querySelector('#report').innerText.includes('Z report')")
    session = CashSession.objects.get()
    assert (session.number, session.expected, session.counted) == (1, 70, Decimal("69.50"))


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1024, 768)])
def test_till_is_accessible_and_large_enough_for_fingers(
    visit: Any, show: Show, width: int, height: int
) -> None:
    page = open_sale(visit, show, width=width, height=height)
    page.click("#types button")
    wait_for_lines(page, 1)
    assert violations(page) == []
    assert small_targets(page) == []
    assert page.run("document.documentElement.scrollWidth") <= width
    page.click("[data-pay=cash]")
    page.wait("document.getElementById('cash').open")
    assert violations(page) == []
    assert small_targets(page) == []
