"""The first page of the admin, for staff with each permission."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.models import Ticket
from bookings.tests.factories import confirmed, held
from reports.tests.factories import show_of_today, trouble
from shows.models import Show

pytestmark = pytest.mark.django_db
INDEX = "/admin/"


@pytest.fixture
def tonight() -> Show:
    """Return a show today with a booking, a hold and a visitor. The visitor is inside."""
    show = show_of_today()
    confirmed("A1", "A2", show=show)
    held("A3", show=show)
    Ticket.objects.filter(pk=Ticket.objects.first().pk).update(checked_in_at=timezone.now())
    return show


def page_of(client, **query) -> str:
    response = client.get(INDEX, query)
    assert response.status_code == 200
    return response.content.decode()


def test_the_first_page_shows_tonight_and_the_takings(boss, tonight) -> None:
    page = page_of(boss)
    assert tonight.event.title in page and tonight.screen.venue.timezone in page
    for name, count in (("Sold", 2), ("Held", 1), ("In", 1)):
        assert f'data-name="{name}">{count}</td>' in page
    assert "500.00 INR" in page and "<polyline" in page and 'class="sold"' in page


@pytest.mark.parametrize(
    ("permission", "seen", "unseen"),
    [
        ("view_show", "Shows of today", "Takings of today"),
        ("view", "Takings of today", "Shows of today"),
    ],
)
def test_each_panel_needs_its_permission(staff, tonight, permission, seen, unseen) -> None:
    page = page_of(staff(permission))
    assert seen in page and unseen not in page
    assert "attention" not in page


def test_staff_without_permissions_see_no_panel(staff, tonight) -> None:
    page = page_of(staff())
    assert "panel" not in page.replace('class="panels"', "") and tonight.event.title not in page


ALERTS = {
    "view_cashsession": ("drawers not closed", "/admin/box_office/cashsession/"),
    "view_refund": ("refunds failed", "/admin/bookings/refund/"),
    "view_straypayment": ("stray payments to settle", "/admin/bookings/straypayment/"),
    "view_message": ("messages given up", "/admin/bookings/message/"),
    "view_periodicjob": ("periodic jobs with an error", "/admin/bookings/periodicjob/"),
}


@pytest.mark.parametrize("permission", ALERTS)
def test_staff_are_told_of_what_they_may_see_with_a_link_to_exactly_that(staff, permission) -> None:
    trouble()
    client = staff(permission)
    [(url, count, text)] = re.findall(
        r'<li><a href="([^"]+)"><strong>(\d+)</strong> ([^<]+)</a></li>', page_of(client)
    )
    assert (text, unescape(url).partition("?")[0]) == ALERTS[permission]
    assert client.get(unescape(url)).context["cl"].result_count == int(count) == 1


def test_a_list_without_trouble_is_not_named(boss) -> None:
    assert "Nothing needs attention." in page_of(boss)


def test_the_first_page_can_be_of_one_venue(boss, tonight) -> None:
    other = show_of_today()
    page = page_of(boss, venue=other.screen.venue_id)
    assert other.event.title in page and tonight.event.title not in page
    assert "500.00 INR" not in page


@pytest.mark.parametrize("venue", ["x", "0", "99999999999999999999", "-1", "1.5", "\0"])
def test_an_unknown_venue_cannot_be_chosen(boss, tonight, venue) -> None:
    assert tonight.event.title in page_of(boss, venue=venue)


def test_the_first_page_needs_as_many_queries_for_many_shows_as_for_one(boss, tonight) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            page_of(boss)
        return len(captured)

    page_of(boss)
    before = queries()
    for number in range(4):
        confirmed("A1", show=show_of_today(currency=["EUR", "GBP"][number % 2]))
    trouble()
    assert queries() == before <= 20
