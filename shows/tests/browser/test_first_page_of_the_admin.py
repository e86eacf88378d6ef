"""Staff see at the first page of the admin how tonight goes."""

import pytest
from django.utils import timezone

from bookings.models import Ticket
from bookings.tests.factories import confirmed
from reports.tests.factories import show_of_today, trouble
from shows.tests.browser.accessibility import violations
from shows.tests.browser.chromium import Page
from users.tests.factories import PASSWORD, StaffFactory

pytestmark = pytest.mark.django_db(transaction=True)


def opened(visit, **size: int) -> Page:
    page = visit("/admin/login/?next=/admin/", **size)
    page.type("[name=username]", StaffFactory().email)
    page.type("[name=password]", PASSWORD)
    page.click("[type=submit]")
    page.wait("Boolean(document.querySelector('.panels'))")
    return page


def test_staff_see_tonight_by_show_and_follow_what_needs_attention(visit) -> None:
    show = show_of_today()
    confirmed("A1", "A2", show=show)
    Ticket.objects.filter(pk=Ticket.objects.first().pk).update(checked_in_at=timezone.now())
    trouble()
    page = opened(visit)
    assert show.event.title in page.text("[aria-labelledby=shows-title]")
    assert page.text("[data-name=Sold]") == "2" and page.text("[data-name=In]") == "1"
    sold, inside = page.run(
        "['sold', 'inside'].map(name => document.querySelector(`td .${name}`).getBoundingClientRect().width)"
    )
    assert sold == pytest.approx(2 * inside, rel=0.01) and inside > 0
    assert "INR" in page.text("[aria-labelledby=takings-title]")
    assert page.run("document.querySelector('polyline.now').getTotalLength()") > 0
    assert violations(page) == []
    page.click(".alerts a[href*=refund]")
    page.wait("document.querySelectorAll('#result_list tbody tr').length === 1")
    assert (
        page.run("document.querySelector('#changelist-filter .selected a').innerText") == "Failed"
    )


def test_the_first_page_fits_a_phone_and_leads_to_every_section(visit) -> None:
    show = show_of_today()
    confirmed("A1", show=show)
    page = opened(visit, width=390, height=844)
    assert page.run("document.documentElement.scrollWidth <= innerWidth")
    # Each number has the name of its column beside it.
    assert page.run("getComputedStyle(document.querySelector('[data-name=Sold]'), '::before').content") == '"Sold"'  # fmt: skip
    page.click(".menu-link")
    page.wait("location.hash === '#sections'")
    page.click("#money a[href$='/bookings/refund/']")
    page.wait("location.pathname === '/admin/bookings/refund/'")
    assert page.run("document.documentElement.scrollWidth <= innerWidth")


def test_a_country_is_found_by_its_name(visit) -> None:
    page = opened(visit)
    page.open("/admin/venues/venue/add/")
    page.click("[aria-labelledby=select2-id_country-container]")
    page.wait("Boolean(document.querySelector('.select2-search__field'))")
    page.type(".select2-search__field", "urugu")
    page.wait("document.querySelectorAll('.select2-results__option').length === 1")
    page.press("Enter")
    page.wait("document.getElementById('id_country').value === 'UY'")


def test_a_list_is_cards_on_a_phone_and_a_table_in_a_wide_window(visit) -> None:
    confirmed("A1", show=show_of_today())
    page = opened(visit, width=390, height=844)
    page.open("/admin/bookings/booking/")
    page.wait("Boolean(document.querySelector('#result_list td[data-name=Total]'))")
    fits = "[document.documentElement, document.querySelector('#changelist .results')].every(one => one.scrollWidth <= one.clientWidth)"
    assert page.run(fits)
    total = "document.querySelector('#result_list td[data-name=Total]')"
    assert page.run(f"getComputedStyle({total}, '::before').content") == '"Total"'
    assert page.run("document.querySelector('#result_list thead').offsetHeight") == 0
    assert violations(page) == []
    page.resize(1280, 900)
    assert page.run(f"getComputedStyle({total}).display") == "table-cell"
