"""Customers choose seats: by mouse, finger and keyboard, alone and against others."""

from decimal import Decimal
from urllib.parse import unquote

import pytest

from bookings.models import Booking, PromoCode
from bookings.selectors import payload_of
from bookings.tests.factories import confirmed, held
from bookings.tickets.qr import qr_svg
from shows.models import Show, ShowSeat
from shows.tests.browser.chromium import Page, seat
from shows.tests.factories import scheduled_show, seat_ids
from users.tests.factories import PASSWORD, UserFactory
from venues.models import Seat
from venues.services import replace_layout
from venues.tests.factories import ScreenFactory, hall
from venues.tests.plans import a_plan, a_row, a_seat, a_zone

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
    page.wait("document.getElementById('quote').innerText.includes('20.00')")  # Before any login.
    assert "420.00" in page.text("#sum")
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


def test_a_guest_books_with_an_email_alone(visit) -> None:
    page = opened(visit, scheduled_show())
    page.click(seat("B3"))
    page.click("#hold")
    page.type("#login [name=email]", "asha@example.org")
    page.click("#guest")
    page.wait(is_seen("#pay"))
    page.click("#pay .main")
    page.wait(is_seen("#done"))
    booking = Booking.objects.get(status="confirmed")
    assert booking.user.is_guest and booking.contact_email == "asha@example.org"


def test_the_choice_is_held_after_a_login_and_an_older_hold_is_only_offered(visit) -> None:
    show, customer = scheduled_show(), UserFactory()
    older = held("A1", "A2", show=show, customer=customer)
    page = opened(visit, show)
    page.click(seat("B3"))
    page.click("#hold")
    log_in(page, customer)
    page.wait(is_seen("#pay"))
    assert "Row B, seat 3" in page.text("#pay") and "Row A" not in page.text("#pay")
    page.click("#pay .main")
    page.wait(is_seen("#done"))
    paid = Booking.objects.exclude(pk=older.pk).get()
    assert [line.show_seat.seat_id for line in paid.booked_seats.all()] == seat_ids(show, "B3")
    older.refresh_from_db()
    assert (paid.status, older.status) == ("confirmed", "pending")
    page.click("#again")
    page.wait(is_seen("#held"))
    assert "Row A, seat 1; Row A, seat 2" in page.text("#held")
    page.click(seat("B5"))
    page.click("#held button")
    page.wait(is_seen("#pay"))
    assert "Row A, seat 1" in page.text("#pay")
    page.click("#pay [data-cancel]")  # The choice beside it was kept.
    page.wait("document.querySelectorAll('#selection li').length === 1")
    assert "Row B, seat 5" in page.text("#selection") and not page.run(is_seen("#held"))


def test_after_a_reload_a_hold_goes_on_unless_seats_are_chosen(visit) -> None:
    show = scheduled_show()
    page = opened(visit, show)
    hold(page, "A1")
    page.wait(is_seen("#pay"))
    page.run("location.reload()")
    page.wait(f"{is_seen('#pay')} && document.querySelectorAll('#pay li').length === 1")
    page.run(f"location.search = '?seats={seat_ids(show, 'B2')[0]}'")
    page.wait(is_seen("#held"))
    assert "Row B, seat 2" in page.text("#selection")
    page.click("#hold")
    page.wait(is_seen("#pay"))
    assert "Row B, seat 2" in page.text("#pay")
    assert Booking.objects.filter(status="pending").count() == 2


def test_a_lost_answer_to_a_hold_is_found_and_no_older_hold_instead(visit) -> None:
    show, customer = scheduled_show(), UserFactory()
    held("A1", show=show, customer=customer)
    page = opened(visit, show)
    page.click("#account")
    page.click(seat("B3"))
    log_in(page, customer)
    page.wait(is_seen("#held"))
    lose_posts = """
        globalThis.online ??= fetch;
        globalThis.fetch = async (path, options) => {
          if (options?.method !== "POST" || path !== "/api/bookings/") return online(path, options);
          if (%s) await online(path, options);
          throw new TypeError("lost");
        };
    """
    page.run(lose_posts % "false")
    page.click("#hold")
    page.wait("document.getElementById('problem').innerText.includes('cannot be reached')")
    assert not page.run(is_seen("#pay")) and "Row B, seat 3" in page.text("#selection")
    page.run(lose_posts % "true")
    page.click("#hold")
    page.wait(is_seen("#pay"))
    assert "Row B, seat 3" in page.text("#pay")


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


def test_on_a_phone_the_first_tap_zooms_until_a_finger_hits_a_seat_and_the_second_chooses(
    visit,
) -> None:
    page = opened(visit, scheduled_show(), width=360, height=740)
    page.resize(360, 740, touch=True)
    assert page.run("document.documentElement.scrollWidth") <= 360
    page.run(f"document.querySelector('{seat('A1')}').scrollIntoView({{block: 'center'}})")

    def tap_the_seat() -> float:
        box = f"document.querySelector('{seat('A1')}').getBoundingClientRect()"
        x, y, width, height = page.run(
            f"(({{x, y, width, height}}) => [x, y, width, height])({box})"
        )
        page.tap(x + width / 2, y + height / 2)
        return width

    assert tap_the_seat() < 24
    page.wait(f"document.querySelector('{seat('A1')}').getBoundingClientRect().width >= 24")
    assert page.run("document.querySelectorAll('#selection li').length") == 0
    tap_the_seat()
    page.wait("document.querySelectorAll('#selection li').length === 1")


def test_the_price_box_adds_up_where_tax_is_included(visit) -> None:
    show = scheduled_show(fee_per_booking=Decimal(20), tax_rate=Decimal(18), tax_inclusive=True)
    page = opened(visit, show)
    hold(page, "A1", "A2")
    page.wait(is_seen("#pay"))
    rows = page.run(
        "[...document.querySelectorAll('#pay dt')].map(dt => [dt.innerText.toLowerCase(), dt.nextSibling.innerText])"
    )
    assert rows == [
        ["subtotal", "₹500.00"],
        ["fees", "₹20.00"],
        ["total", "₹520.00"],
        ["of which tax", "₹79.32"],
    ]


def test_tax_on_top_of_prices_is_a_line_before_the_total(visit) -> None:
    show = scheduled_show(tax_rate=Decimal(10), tax_inclusive=False)
    page = opened(visit, show)
    hold(page, "A1")
    page.wait(is_seen("#pay"))
    names = page.run("[...document.querySelectorAll('#pay dt')].map(dt => dt.textContent)")
    assert names == ["subtotal", "tax", "total"] and "₹275.00" in page.text("#pay")


def test_a_large_hall_draws_only_what_is_in_view_and_shows_numbers_when_zoomed_in(visit) -> None:
    page = opened(visit, scheduled_show(rows={f"R{row}": 80 for row in range(80)}))
    drawn = "document.querySelectorAll('.map [role=checkbox]').length"
    assert page.run(drawn) <= 2 and page.run("!document.querySelector('.map canvas').hidden")
    for _ in range(9):
        page.click("[data-zoom='1.5']")
    page.wait("document.querySelector('.map svg').matches('.numbered')")
    page.wait("document.querySelector('.map canvas').hidden")
    assert 20 < page.run(drawn) < 2000
    number = "getComputedStyle(document.querySelector('.map .free + .number')).display"
    assert page.run(number) != "none"


def test_a_large_hall_has_its_seats_as_a_list_by_row(visit) -> None:
    page = opened(visit, scheduled_show(rows={f"R{row}": 80 for row in range(80)}))
    page.click(".list summary")
    page.wait("document.querySelectorAll('.list li').length === 80")
    page.run("(s => { s.value = 3; s.onchange(); })(document.querySelector('.list select'))")
    page.click(".list li:nth-child(5) input")
    page.wait("document.querySelectorAll('#selection li').length === 1")
    assert "Row R3, seat 5" in page.text("#selection")
    nodes = page.send("Accessibility.getFullAXTree")["nodes"]
    boxes = [node for node in nodes if node["role"]["value"] == "checkbox" and not node["ignored"]]
    assert len([node for node in boxes if node["name"]["value"].startswith("Row R3")]) >= 80


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


def test_a_hall_with_one_seat_is_drawn_with_a_label_on_either_side(visit) -> None:
    page = opened(visit, scheduled_show(rows={"A": 1}))
    labels = "[...document.querySelectorAll('#hall g[role=group] .label')].map(label => label.getBoundingClientRect().x)"
    seat_x = f"document.querySelector('{seat('A1')}').getBoundingClientRect().x"
    left, right = page.run(labels)
    assert left < page.run(seat_x) < right
    page.click(seat("A1"))
    page.wait("document.querySelectorAll('#selection li').length === 1")


def test_a_text_outside_of_the_plan_does_not_make_the_hall_small(visit) -> None:
    seats = [a_seat(f"s-{number}", str(number), 20 * number) for number in range(1, 11)]
    stage = {
        "shape": "rectangle", "position": {"x": 0, "y": -40}, "rectangle": {"width": 200, "height": 20},
    }  # fmt: skip
    text = {"text": "Somewhere else", "position": {"x": 20_000, "y": 9_000}, "size": 16}
    widths = []
    for areas in ([stage], [stage, {**stage, "text": text}]):
        screen = ScreenFactory()
        plan = a_plan(a_zone("Stalls", a_row("A", *seats), x=100, y=100, areas=areas))
        replace_layout(screen_id=screen.pk, document=plan)
        page = opened(visit, scheduled_show(screen=screen))
        page.wait("!!document.querySelector('#hall svg g rect[width=\"200\"]')")
        widths.append(page.run("document.querySelector('#hall svg').viewBox.baseVal.width"))
    # The whole plan is 500 wide.
    assert widths[0] <= widths[1] < 700
