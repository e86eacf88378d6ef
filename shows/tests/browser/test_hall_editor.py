"""Staff draw a hall, mark its seats, and read a plan."""

import json
from pathlib import Path
from typing import Any

import pytest

from bookings.tests.factories import confirmed
from shows.tests.browser.accessibility import violations
from shows.tests.browser.chromium import Page, seat
from shows.tests.factories import scheduled_show
from users.tests.factories import PASSWORD, StaffFactory
from venues.models import Screen, Seat
from venues.services import replace_layout
from venues.tests.factories import ScreenFactory
from venues.tests.plans import theatre

pytestmark = pytest.mark.django_db(transaction=True)


def opened(visit: Any, screen: Screen, **size: int) -> Page:
    page = visit(f"/admin/login/?next=/admin/venues/screen/{screen.pk}/layout/", **size)
    page.type("[name=username]", StaffFactory().email)
    page.type("[name=password]", PASSWORD)
    page.click("[type=submit]")
    page.wait("document.querySelectorAll('#drawing [role=checkbox]').length > 0")
    return page


def seats_of(screen: Screen) -> list[str]:
    return [f"{one.row}{one.number}" for one in Seat.objects.filter(screen=screen).order_by("pk")]


def saved(page: Page) -> None:
    page.wait("!document.getElementById('save').disabled")
    page.click("#save")
    page.wait("document.getElementById('live').textContent === 'The hall was saved.'")


def upload(page: Page, file: Path) -> None:
    page.send("DOM.enable")
    root = page.send("DOM.getDocument")["root"]["nodeId"]
    field = page.send("DOM.querySelector", nodeId=root, selector="#file")["nodeId"]
    page.send("DOM.setFileInputFiles", nodeId=field, files=[str(file)])


def test_a_hall_is_made_of_rows_without_json(visit) -> None:
    screen = ScreenFactory()
    page = opened(visit, screen)
    for name, value in {"count": "3", "first": "H", "seats": "4", "aisles": "2"}.items():
        page.type(f"#generator [name={name}]", value)
    page.run("document.querySelector('#generator [name=from]').value = 'right'")
    page.click("#generator button")
    page.wait("document.querySelectorAll('#drawing [role=checkbox]').length === 12")
    page.click("#row-table > button")
    page.wait("document.querySelectorAll('#drawing [role=checkbox]').length === 16")
    saved(page)
    # I is skipped. Seat 1 is on the right, and the aisle is after seat 2.
    assert seats_of(screen)[::4] == ["H1", "J1", "K1", "L1"]
    assert list(Seat.objects.filter(row="H").order_by("number").values_list("x", flat=True)) == [
        4, 3, 1, 0,
    ]  # fmt: skip


def test_seats_are_marked_by_click_and_by_keyboard(visit) -> None:
    screen = ScreenFactory()
    replace_layout(
        screen_id=screen.pk, document={"rows": [{"row": "A", "seats": 6, "category": "Gold"}]}
    )
    page = opened(visit, screen)
    for mark, label in {"accessible": "A1", "companion": "A2", "restricted_view": "A6"}.items():
        page.click(f"[name=mark][value={mark}]")
        page.click(seat(label))
        page.wait("document.getElementById('live').textContent.includes(' is a')")
    page.click("[name=mark][value=couple]")
    page.run(f"document.querySelector('{seat('A3')}').focus()")
    page.press(" ")
    page.wait("document.getElementById('live').textContent.includes('sold together')")
    saved(page)
    marks = {
        str(one.number): (one.accessible, one.companion, one.restricted_view, one.couple)
        for one in Seat.objects.filter(screen=screen)
    }
    assert marks == {
        "1": (True, False, False, ""), "2": (False, True, False, ""),
        "3": (False, False, False, "A 3"), "4": (False, False, False, "A 3"),
        "5": (False, False, False, ""), "6": (False, False, True, ""),
    }  # fmt: skip


def test_a_plan_from_a_file_is_drawn_and_not_saved_while_it_removes_sold_seats(
    visit, tmp_path: Path
) -> None:
    show = scheduled_show(screen=with_rows())
    confirmed("A1", show=show)
    page = opened(visit, show.screen)
    (tmp_path / "plan.json").write_text(json.dumps(theatre()))
    upload(page, tmp_path / "plan.json")
    page.wait("document.querySelector('#report .refused')?.textContent.includes('A 1')")
    assert page.run("document.querySelectorAll('#drawing [role=checkbox]').length") == 5
    assert page.run("document.getElementById('save').disabled")
    assert len(seats_of(show.screen)) == 3
    page.click("#new-version")
    saved(page)
    assert len(seats_of(show.screen)) == 5
    page.click("[name=mark][value=accessible]")
    page.run(
        "[...document.querySelectorAll('#drawing [role=checkbox]')].find(e => e.seat.guid === 's-4').focus()"
    )
    page.press(" ")
    page.wait("document.getElementById('live').textContent.includes('is a wheelchair place')")
    saved(page)
    assert Seat.objects.get(screen=show.screen, guid="s-4").accessible


def test_a_file_that_is_not_a_plan_is_refused_and_the_hall_stays(visit, tmp_path: Path) -> None:
    screen = with_rows()
    page = opened(visit, screen)
    for content, text in (("{", "is not JSON"), ('{"films": []}', "films")):
        (tmp_path / "other.json").write_text(content)
        upload(page, tmp_path / "other.json")
        page.wait(f"document.getElementById('problem').textContent.includes('{text}')")
    assert page.run("document.querySelectorAll('#drawing [role=checkbox]').length") == 3
    assert len(seats_of(screen)) == 3


def test_the_page_is_accessible_and_fits_a_phone(visit) -> None:
    page = opened(visit, with_rows())
    assert [rule for rule in violations(page) if ".breadcrumbs" not in rule] == []
    page.resize(390, 844, touch=True)
    assert page.run("document.documentElement.scrollWidth") <= 390


def with_rows() -> Screen:
    screen = ScreenFactory()
    replace_layout(
        screen_id=screen.pk, document={"rows": [{"row": "A", "seats": 3, "category": "Gold"}]}
    )
    return screen


def test_an_area_gets_more_places_for_shows_to_come(visit) -> None:
    screen = ScreenFactory()
    areas = [{"name": "Floor", "capacity": 9, "category": "Standing"}]
    rows = [{"row": "A", "seats": 2, "category": "Gold"}]
    replace_layout(screen_id=screen.pk, document={"rows": rows, "areas": areas})
    screen.refresh_from_db()
    show = scheduled_show(screen=screen)
    page = opened(visit, screen)
    page.type("#area-table input[type=number]", "12")
    page.press("Tab")
    page.wait("document.querySelector('#report .refused')?.textContent.includes('Floor 10')")
    page.click("#area-table [aria-label^='Add for shows to come']")
    page.wait(
        "document.getElementById('live').textContent.includes('3 more places, on sale in 1 show')"
    )
    assert show.show_seats.count() == 14
