"""Customers choose seats: by mouse, finger and keyboard, alone and against others."""

from decimal import Decimal
from urllib.parse import unquote

import pytest

from bookings.models import Booking, PromoCode
from bookings.selectors import payload_of
from bookings.tests.factories import confirmed
from bookings.tickets.qr import qr_svg
from shows.models import Show, ShowSeat
from shows.tests.browser.chromium import Page, seat
from shows.tests.factories import scheduled_show, seat_ids
from users.tests.factories import PASSWORD, UserFactory
from venues.models import Seat
from venues.services import replace_layout
from venues.tests.factories import ScreenFactory, hall

pytestmark = pytest.mark.django_db(transaction=True)
IS_READY = "!document.querySelector('aside').inert"
TYPES = {"Gold": {"Adult": Decimal(250), "Child": Decimal(150)}}


def opened(visit, show: Show, **size: int) -> Page:
    page = visit(f"/shows/{show.pk}/", **size)
    page.wait(IS_READY)
    return page


def log_in(page: Page, user=None) -> None:
    page.type("#login [name=email]", (user or UserFactory()).email)
    page.type("#login [name=password]", PASSWORD)
    page.click("#login form button")


def hold(page: Page, *labels: str) -> None:
    """Hold seats, as somebody who logs in when asked to."""
    for label in labels:
        page.click(seat(label))
    page.click("#hold")
    log_in(page)


def is_seen(selector: str) -> str:
    return f"document.querySelector('{selector}').checkVisibility()"


def test_a_customer_chooses_holds_pays_and_is_given_the_tickets(visit) -> None:
    show = scheduled_show(prices=TYPES, fee_per_ticket=Decimal(10))
    PromoCode.objects.create(code="TENOFF", percent=Decimal(10))
    page = opened(visit, show)
    page.click(seat("A2"))
    page.click(seat("A3"))
    page.wait("document.querySelectorAll('#selection li').length === 2")
    page.click("#selection select")
    page.press("ArrowDown")
    page.press("Enter")
    assert "400.00" in page.text("#sum")  # Before any login.
    page.type("[name=promo_code]", "tenoff")
    page.click("#hold")
    log_in(page)
    page.wait(is_seen("#pay"))
    assert all(text in page.text("#pay") for text in ("Child", "Adult", "40.00", "380.00"))
    page.click("#pay .main")
    page.wait("document.querySelectorAll('#tickets img').length === 2")
    page.wait("[...document.images].every(image => image.naturalWidth > 0)")
    booking = Booking.objects.get()
    assert (booking.status, booking.total) == ("confirmed", Decimal(380))
    images = page.run("[...document.querySelectorAll('#tickets img')].map(image => image.src)")
    tickets = booking.tickets.with_show_and_seat().order_by("pk")
    codes = [qr_svg(payload_of(ticket)).decode() for ticket in tickets]
    assert [unquote(source.partition(",")[2]) for source in images] == codes
    assert all(ticket.code in page.text("#tickets") for ticket in tickets)


def test_the_loser_of_a_seat_sees_which_is_gone_and_books_another(visit) -> None:
    show = scheduled_show()
    quick, slow = opened(visit, show), opened(visit, show)
    slow.click(seat("A1"))
    hold(quick, "A1")
    quick.wait(is_seen("#pay"))
    # The page may have told him already; if not, the refusal does.
    if slow.run("!document.getElementById('hold').disabled"):
        slow.click("#hold")
        log_in(slow)
    slow.wait("document.getElementById('problem').innerText.includes('Row A, seat 1')")
    slow.wait(f"document.querySelector('{seat('A1')}').matches('.gone')")
    slow.click("#offers button")
    slow.wait("document.querySelectorAll('#selection li').length === 1")
    slow.click("#hold")
    slow.wait(f"{is_seen('#login')} || {is_seen('#pay')}")
    if slow.run(is_seen("#login")):
        log_in(slow)
    slow.wait(is_seen("#pay"))
    assert Booking.objects.filter(status="pending").count() == 2


def test_seats_that_others_take_are_seen_to_go(visit) -> None:
    show = scheduled_show()
    page = opened(visit, show)
    confirmed("B1", "B2", show=show)
    page.wait(f"document.querySelector('{seat('B1')}').matches('.taken')")
    assert "10 left" in page.text(".legend")


def test_the_best_seats_are_picked_and_other_shows_offered_when_there_are_none(visit) -> None:
    show = scheduled_show(rows={"A": 2})
    other = scheduled_show(
        screen=hall({"A": 4}, venue=show.screen.venue),
        event=show.event, start_time=show.start_time,
    )  # fmt: skip
    page = opened(visit, show)
    page.click("#best button")
    page.wait("document.querySelectorAll('#selection li').length === 2")
    page.type("#best [name=quantity]", "3")
    page.click("#best button")
    page.wait(f"document.querySelector('#offers a').pathname === '/shows/{other.pk}/'")
    assert "3 seats" in page.text("#problem")


def test_a_link_may_name_seats(visit) -> None:
    show = scheduled_show()
    confirmed("A1", show=show)
    first, second = seat_ids(show, "A1", "A2")
    page = visit(f"/shows/{show.pk}/?seats={first},{second},0,x")
    page.wait("document.querySelectorAll('#selection li').length === 1")


def test_seats_are_chosen_by_keyboard_and_said(visit) -> None:
    show = scheduled_show()
    page = opened(visit, show)
    page.run(f"document.querySelector('{seat('A1')}').focus()")
    for key in ("ArrowRight", " ", "ArrowDown", " ", "End", "Enter", "Home"):
        page.press(key)
    chosen = page.run(
        "[...document.querySelectorAll('.chosen')].map(e => e.seat.row + e.seat.number)"
    )
    assert chosen == ["A2", "B2", "B6"]
    assert page.run("document.activeElement.seat.number") == "1"
    nodes = page.send("Accessibility.getFullAXTree")["nodes"]
    boxes = [node for node in nodes if node["role"]["value"] == "checkbox" and not node["ignored"]]
    names = {node["name"]["value"]: node for node in boxes}
    assert len([name for name in names if name.startswith("Row")]) == 12
    (said,) = (node for name, node in names.items() if name.startswith("Row B, seat 6"))
    checked = {p["name"]: p["value"]["value"] for p in said["properties"]}["checked"]
    assert checked == "true" and "₹250.00 · chosen" in said["name"]["value"]
    assert page.run("document.querySelectorAll('[tabindex=\"0\"]').length") == 1


def test_pairs_come_and_go_together_and_marks_are_told(visit) -> None:
    screen = hall()
    seats = Seat.objects.filter(screen=screen)
    seats.filter(row="A", number__in=["1", "2"]).update(couple="C1")
    seats.filter(row="B", number="1").update(restricted_view=True)
    seats.filter(row="B", number="2").update(accessible=True)
    page = opened(visit, scheduled_show(screen=screen))
    page.click(seat("A1"))
    page.wait("document.querySelectorAll('#selection li').length === 2")
    page.click(seat("A2"))
    page.wait("document.querySelectorAll('#selection li').length === 0")
    assert "Restricted view" in page.text(".legend")
    assert page.run("document.querySelectorAll('[aria-label*=\"Wheelchair place\"]').length") == 1


def test_a_hold_that_runs_out_gives_its_seats_back_to_the_choice(visit, settings) -> None:
    settings.BOOKINGS_HOLD_SECONDS = 3
    page = opened(visit, scheduled_show())
    hold(page, "A1")
    page.wait("document.getElementById('problem').innerText.includes('time to pay is over')")
    page.wait("document.querySelectorAll('#selection li').length === 1")


def test_a_declined_card_leaves_the_hold_and_a_bank_that_asks_is_answered(visit) -> None:
    page = opened(visit, scheduled_show())
    hold(page, "A1")
    page.wait(is_seen("#pay"))
    choose = "document.querySelector('[name=card]').value = "
    page.run(choose + "'pm_card_declined'")
    page.click("#pay .main")
    page.wait("!document.getElementById('problem').hidden")
    assert page.run(is_seen("#pay"))
    page.run(choose + "'pm_card_authentication'")
    page.click("#pay .main")
    page.click("#bank button")
    page.wait(is_seen("#done"))
    assert Booking.objects.get().status == "confirmed"


def test_a_phone_shows_all_without_scrolling_sideways_and_takes_taps(visit) -> None:
    page = opened(visit, scheduled_show(), width=360, height=740)
    page.resize(360, 740, touch=True)
    assert page.run("document.documentElement.scrollWidth") <= 360
    page.run(f"document.querySelector('{seat('A1')}').scrollIntoView({{block: 'center'}})")
    box = f"document.querySelector('{seat('A1')}').getBoundingClientRect()"
    x, y, width, height = page.run(f"(({{x, y, width, height}}) => [x, y, width, height])({box})")
    page.tap(x + width / 2, y + height / 2)
    page.wait("document.querySelectorAll('#selection li').length === 1")


def test_in_a_hall_too_large_to_hit_a_click_looks_closer(visit) -> None:
    page = opened(visit, scheduled_show(rows={f"R{row}": 80 for row in range(80)}))
    assert page.run("document.querySelector('.map svg').matches('.far')")
    page.click(".map")
    page.wait("!document.querySelector('.map svg').matches('.far')")
    assert page.run("document.querySelectorAll('.chosen').length") == 0
    page.click(".map")
    page.wait("document.querySelectorAll('.chosen').length === 1")
    page.click("[data-zoom='0']")
    page.wait("document.querySelector('.map svg').matches('.far')")


def test_places_of_an_area_are_booked_beside_seats(visit) -> None:
    screen = ScreenFactory()
    document = {
        "rows": [{"row": "A", "seats": 4, "category": "Gold"}],
        "areas": [{"name": "Floor", "capacity": 5, "category": "Standing"}],
    }
    replace_layout(screen_id=screen.pk, document=document)
    types = {"Adult": Decimal(100), "Child": Decimal(50)}
    show = scheduled_show(screen=screen, prices={"Gold": {"": Decimal(250)}, "Standing": types})
    page = opened(visit, show)
    assert page.run("document.querySelector('.area text').textContent") == "Floor"
    page.click(".area rect")
    assert page.run("document.activeElement.dataset.area") == "Floor"
    page.type("[data-area=Floor][data-type=Adult]", "2")
    page.type("[data-area=Floor][data-type=Child]", "1")
    hold(page, "A1")
    page.wait(is_seen("#pay"))
    assert "500.00" in page.text("#pay") and "Floor · Standing · Child" in page.text("#pay")
    assert ShowSeat.objects.filter(show=show, seat__area="Floor", status="held").count() == 3
    page.wait("document.querySelector('[data-area=Floor]').max === '2'")
    page.click("#pay .main")
    page.wait("document.querySelectorAll('#tickets img').length === 4")


def test_a_hall_may_have_nothing_but_areas(visit) -> None:
    screen = ScreenFactory()
    document = {"areas": [{"name": "Floor", "capacity": 50, "category": "Standing"}]}
    replace_layout(screen_id=screen.pk, document=document)
    page = visit(f"/shows/{scheduled_show(screen=screen).pk}/")
    page.wait(IS_READY)
    page.type("#best [name=quantity]", "3")
    page.click("#best button")
    page.wait("document.getElementById('sum').innerText.includes('750.00')")
