"""The seat picker: large halls, areas, and prices."""

from decimal import Decimal

import pytest

from shows.models import ShowSeat
from shows.tests.browser.chromium import seat
from shows.tests.browser.picker import IS_READY, hold, is_seen, opened
from shows.tests.factories import scheduled_show
from venues.services import replace_layout
from venues.tests.factories import ScreenFactory
from venues.tests.plans import a_plan, a_row, a_seat, a_zone

pytestmark = pytest.mark.django_db(transaction=True)


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
