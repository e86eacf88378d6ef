"""Staff plan a week from nothing, by mouse and keyboard."""

import time
from datetime import datetime, timedelta
from datetime import time as time_of_day
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db.models import Count
from django.utils import timezone

from bookings.tests.factories import confirmed
from shows.models import Show
from shows.services import save_price_list
from shows.tests.browser.accessibility import violations
from shows.tests.browser.chromium import Page
from shows.tests.factories import scheduled_show
from users.tests.factories import PASSWORD, StaffFactory
from venues.tests.factories import hall

pytestmark = pytest.mark.django_db(transaction=True)
WEEK = "/admin/shows/show/week/"
FILMS = {"Lagaan": 224, "Dangal": 161, "RRR": 182, "The Lunchbox": 104}


class Manager:
    """A manager at the page, whose clicks and keys are counted."""

    def __init__(self, page: Page) -> None:
        self.page, self.clicks, self.keys = page, 0, 0

    def click(self, selector: str) -> None:
        self.page.click(selector)
        self.clicks += 1

    def click_time(self, day: int, hall: int, hour: float) -> None:
        """Click a free time in the row of a hall. Days and halls count from 1."""
        x, y = self.page.run(
            f"(row => {{ row.scrollIntoView({{block: 'center'}}); const {{left, top, width, height}} ="
            f" row.getBoundingClientRect(); return [left + width * ({hour} - 10) / 14, top + height / 2] }})"
            f"(document.querySelectorAll('.week-day:nth-of-type({day}) .week-track')[{hall - 1}])"
        )
        self.page.click_at(x, y)
        self.clicks += 1
        self.page.wait("!document.getElementById('panel').hidden")

    def type(self, name: str, text: str) -> None:
        """Type into the field with the focus, reached by Tab."""
        self.page.run(f"document.querySelector('#panel [name={name}]').focus()")
        self.page.run("document.activeElement.select?.()")
        self.page.send("Input.insertText", text=text)
        self.keys += len(text) + 1

    def choose(self, name: str, text: str) -> None:
        """Choose from a list by typing the beginning of a word."""
        self.page.run(
            f"(list => {{ list.focus(); list.value = [...list.options].find(o => o.textContent.startsWith('{text}')).value;"
            " list.dispatchEvent(new Event('change', {bubbles: true})); "
            f"}})(document.querySelector('#panel [name={name}]'))"
        )
        self.keys += 3

    def enter(self) -> None:
        self.page.press("Enter")
        self.keys += 1

    def sees(self, title: str) -> None:
        """Wait for the form with this title and focus."""
        self.page.wait(
            f"document.querySelector('#panel h2')?.textContent === '{title}'"
            " && Boolean(document.activeElement.closest('#panel form'))"
        )

    def hears(self, text: str) -> None:
        self.page.wait(f"document.getElementById('live').textContent.includes('{text}')")


def opened(visit: Any, path: str = WEEK, **size: int) -> Page:
    page = visit(f"/admin/login/?next={path}", **size)
    page.type("[name=username]", StaffFactory().email)
    page.type("[name=password]", PASSWORD)
    page.click("[type=submit]")
    page.wait("Boolean(document.getElementById('live'))")
    return page


def test_a_week_of_four_films_in_two_halls_is_made_from_nothing_in_five_minutes(visit) -> None:
    page = opened(visit)
    manager, began = Manager(page), time.monotonic()
    manager.hears("There is no venue yet.")

    manager.click("#new-venue")
    for name, text in {"name": "Regal", "city": "Mumbai", "country": "IN"}.items():
        manager.type(name, text)
    manager.type("timezone", "Asia/Kolkata")
    manager.enter()
    manager.sees("New hall")
    manager.enter()  # The form of the first hall is open, and its suggestions fit.
    manager.hears("Hall 1 was added.")
    manager.click("#new-hall")
    manager.sees("New hall")
    manager.enter()
    manager.hears("Hall 2 was added.")
    manager.click("#new-film")
    for title, minutes in FILMS.items():
        manager.type("title", title)
        manager.type("minutes", str(minutes))
        manager.enter()
        manager.hears(f"{title} was added.")
        manager.sees("New film")

    manager.click("#later")
    page.wait("!document.querySelector('#grid').textContent.includes('today')")
    shows = [("Lagaan", 1, 14), ("Dangal", 1, 19), ("RRR", 2, 15), ("The Lunchbox", 2, 20)]
    for number, (title, number_of_hall, hour) in enumerate(shows):
        manager.click_time(1, number_of_hall, hour)
        page.wait("Boolean(document.querySelector('#panel [name=currency]'))")
        manager.choose("event", title)
        if number == 0:
            page.wait("Boolean(document.querySelector('#panel details[open]'))")
            manager.type("price-Standard-", "250.00")
            manager.type("currency", "INR")
        page.wait("document.querySelector('.week-said').textContent.startsWith('Ends at')")
        page.wait("document.querySelector('#panel [name=currency]').value === 'INR'")
        manager.enter() if number == 0 else manager.click("#panel .button")
        manager.hears(f"{title}: scheduled")
    manager.click(".copy-day")
    page.wait("document.querySelector('.week-said p')?.textContent === '6 days: 24 shows'")
    manager.click("#panel .button")
    manager.hears("24 shows scheduled.")

    seconds = time.monotonic() - began + manager.clicks * 1.5 + manager.keys * 0.3
    assert Show.objects.count() == 28
    assert page.run("document.querySelectorAll('.week-show').length") == 28
    assert (manager.clicks <= 20, manager.keys <= 160) == (True, True), (
        manager.clicks,
        manager.keys,
    )
    assert seconds < 180, f"{manager.clicks} clicks, {manager.keys} keys, {seconds:.0f} s"
    for event, count in Show.objects.values_list("event__title").annotate(n=Count("pk")):
        assert count == 7, event


def block(show: Show) -> str:
    return f".week-show[data-show='{show.pk}']"


def middle_of(page: Page, selector: str) -> tuple[float, float]:
    x, y = page.run(
        "(({x, y, width, height}) => [x + width / 2, y + height / 2])"
        f'(document.querySelector("{selector}").getBoundingClientRect())'
    )
    return x, y


def tomorrow_at(hour: int, **fields: Any) -> Show:
    """Return a show tomorrow at a full hour of the venue's clocks. It may be in the next week."""
    day = (timezone.now() + timedelta(days=1)).date()
    return scheduled_show(start_time=datetime.combine(day, time_of_day(hour)), **fields)


def opened_at(visit: Any, show: Show, **size: int) -> Page:
    venue, day = show.screen.venue_id, show.start_time.date()
    page = opened(visit, f"{WEEK}%3Fvenue={venue}%26day={day}", **size)
    page.wait(f'Boolean(document.querySelector("{block(show)}"))')
    return page


def test_a_show_without_bookings_is_dragged_to_another_time_and_hall(visit) -> None:
    show = tomorrow_at(14)
    second = hall(venue=show.screen.venue, name="Second")
    page = opened_at(visit, show)
    x, y = middle_of(page, block(show))
    hour = page.run("document.querySelector('.week-track').getBoundingClientRect().width / 14")
    row = page.run("document.querySelector('.week-row').getBoundingClientRect().height")
    page.drag((x, y), (x + 3 * hour, y))
    page.wait("document.getElementById('live').textContent.includes(', 17:00, ')")
    show.refresh_from_db()
    assert show_hour(show) == 17
    below = page.run(
        f"document.querySelector(\"{block(show)}\").closest('.week-row').nextSibling !== null"
    )
    x, y = middle_of(page, block(show))
    page.drag((x, y), (x, y + row if below else y - row))
    page.wait("document.getElementById('live').textContent.includes(', Second.')")
    show.refresh_from_db()
    assert (show.screen, show_hour(show)) == (second, 17)


def test_a_show_dropped_onto_another_one_is_not_moved_and_the_other_one_is_named(visit) -> None:
    show = tomorrow_at(11)
    other = tomorrow_at(16, screen=show.screen)
    page = opened_at(visit, show)
    page.run(
        "(send => { asked = []; fetch = (path, ...rest) => (asked.push(String(path)), send(path, ...rest)) })(fetch)"
    )
    page.drag(middle_of(page, block(show)), middle_of(page, block(other)))
    page.wait(
        "document.querySelector('.week-said.refused')?.textContent.includes('is there from 16:00')"
    )
    assert page.run("document.querySelector('.week-ghost.clash') !== null")
    assert page.run("asked") == []  # The click that ends the drag asks for no film of a new show.
    page.press("Escape")
    page.wait("document.getElementById('panel').hidden")
    show.refresh_from_db()
    assert show_hour(show) == 11


def test_a_sold_show_is_moved_after_a_look_at_what_happens(visit) -> None:
    show = tomorrow_at(11)
    confirmed("A1", "A2", show=show)
    page = opened_at(visit, show)
    page.click(block(show))
    page.run(
        "(field => { field.value = '15:30'; field.dispatchEvent(new Event('input', {bubbles: true})) })"
        "(document.querySelector('#panel [name=time]'))"
    )
    page.click("#panel .button")
    page.wait("document.querySelector('#panel .button').textContent.includes('tell the customers')")
    show.refresh_from_db()
    assert show_hour(show) == 11
    page.click("#panel .button")
    page.wait("document.getElementById('live').textContent.includes('15:30')")
    show.refresh_from_db()
    assert show_hour(show) == 15


def test_an_overlapping_show_is_named_before_a_show_is_saved(visit) -> None:
    show = tomorrow_at(14)
    page = opened_at(visit, show)
    page.run(
        f"document.querySelector(\"{block(show)}\").closest('.week-row').querySelector('.add').focus()"
    )
    page.press("Enter")
    page.wait("document.querySelector('.week-said').textContent.startsWith('Ends at')")
    page.run(
        "(field => { field.value = '14:30'; field.dispatchEvent(new Event('input', {bubbles: true})) })"
        "(document.querySelector('#panel [name=time]'))"
    )
    page.wait("document.querySelector('.week-said.refused').textContent.includes('from 14:00')")
    page.click("#panel .button")
    page.wait("!document.querySelector('#panel [role=alert]').hidden")
    assert Show.objects.count() == 1


def test_a_show_takes_the_prices_of_a_list(visit) -> None:
    show = tomorrow_at(11)
    listed = save_price_list(
        venue=show.screen.venue, name="Evenings", currency="INR",
        prices={"Gold": {"": Decimal("99.00")}},
    )  # fmt: skip
    page = opened_at(visit, show)
    page.run(
        f"document.querySelector(\"{block(show)}\").closest('.week-row').querySelector('.add').click()"
    )
    page.wait("Boolean(document.querySelector('#panel [name=price_list]'))")
    page.run(
        "(list => { list.closest('details').open = true;"
        f" list.value = '{listed.pk}'; list.dispatchEvent(new Event('change', {{bubbles: true}})) }})"
        "(document.querySelector('#panel [name=price_list]'))"
    )
    page.click("#panel .button")
    page.wait("document.getElementById('live').textContent.includes(': scheduled')")
    assert Show.objects.exclude(pk=show.pk).get().lowest_price == Decimal("99.00")


def test_a_week_is_copied_and_what_overlaps_is_left_out_on_request(visit) -> None:
    show = tomorrow_at(14)
    tomorrow_at(18, screen=show.screen)
    scheduled_show(screen=show.screen, start_time=show.start_time + timedelta(days=7))
    page = opened_at(visit, show)
    page.click("#copy-week")
    page.wait(
        "document.querySelector('.week-said.refused')?.textContent.includes('is on this screen')"
    )
    assert page.run("document.querySelector('#panel .button').disabled")
    page.click("#panel [name=skip]")
    page.wait("document.querySelector('.week-said:not(.refused)')?.textContent.includes('1 show')")
    page.click("#panel .button")
    page.wait("document.getElementById('live').textContent === '1 show scheduled.'")
    assert Show.objects.count() == 4


def test_the_page_is_accessible_and_fits_a_phone(visit) -> None:
    show = tomorrow_at(14)
    page = opened_at(visit, show)
    # Django's own breadcrumbs are no concern of this page.
    assert [rule for rule in violations(page) if ".breadcrumbs" not in rule] == []
    page.resize(390, 844, touch=True)
    page.click(block(show))
    page.wait("!document.getElementById('panel').hidden")
    assert page.run("document.documentElement.scrollWidth") <= 390
    assert [rule for rule in violations(page) if ".breadcrumbs" not in rule] == []


def show_hour(show: Show) -> int:
    return show.start_time.astimezone(ZoneInfo(show.screen.venue.timezone)).hour
