"""Tests of the admin site: its name, sections and times."""

from datetime import UTC, datetime

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext

from eventbooking_system.admin.sections import SECTIONS
from users.models import User
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db
LISTED = {label: section for section, lists in SECTIONS.items() for label in lists}


def sections(client) -> dict[str, list[str]]:
    """Return the names that each section of the first page lists."""
    listed = client.get("/admin/").context["app_list"]
    return {each["name"]: [model["name"] for model in each["models"]] for each in listed}


def test_every_registered_model_has_a_section() -> None:
    registered = {model._meta.label_lower for model in admin.site._registry}
    assert registered - set(LISTED) == set()


def test_every_listed_model_is_registered_once() -> None:
    registered = {model._meta.label_lower for model in admin.site._registry}
    assert set(LISTED) - registered == set()
    assert len(LISTED) == sum(len(lists) for lists in SECTIONS.values())


@pytest.mark.parametrize(
    "label",
    [
        "token_blacklist.outstandingtoken", "token_blacklist.blacklistedtoken",
        "bookings.providerevent", "bookings.periodicjob", "bookings.webhookdelivery",
        "bookings.accountmail",
    ],
)  # fmt: skip
def test_plumbing_is_listed_under_system(label) -> None:
    assert LISTED[label] == "System"


def test_the_site_has_the_name_of_the_house(boss, settings) -> None:
    settings.SHOP_NAME = "Odeon & Sons"
    for path in ("/admin/", "/admin/bookings/refund/"):
        page = boss.get(path).content.decode()
        assert "Odeon &amp; Sons" in page and "Django" not in page


def test_the_sections_are_in_the_order_of_the_work(boss) -> None:
    assert list(sections(boss)) == list(SECTIONS)
    # Pages come before the lists.
    assert sections(boss)["Programme"][:2] == ["Week", "Shows"]


def test_staff_see_only_sections_with_something_for_them(staff) -> None:
    found = sections(staff("view_refund", "check_in_ticket"))
    assert found == {
        "Today": ["Today", "Check-in"],
        "Money": ["Refunds"],
        "People": ["Your second factor"],
    }


def test_a_list_names_its_section_and_itself(boss) -> None:
    page = boss.get("/admin/bookings/ledgerentry/")
    assert (page.context["section"], page.context["title"]) == ("Money", "Ledger")


@pytest.mark.parametrize(
    "path",
    ["password_change/", "second-factor/", "users/user/{pk}/delete/", "users/user/{pk}/history/",
     "users/user/{pk}/password/", "users/user/", "users/user/{pk}/change/", "shows/show/import/"],
)  # fmt: skip
def test_breadcrumbs_begin_at_the_page_of_today(boss, path) -> None:
    page = boss.get(f"/admin/{path.format(pk=UserFactory().pk)}").content.decode()
    crumbs = page.partition('<div class="breadcrumbs">')[2].partition("</div>")[0]
    assert crumbs.split()[:3] == ["<a", 'href="/admin/">Today</a>', "&rsaquo;"]


def test_the_page_of_an_app_has_only_its_own_lists(boss) -> None:
    found = boss.get("/admin/box_office/").context["app_list"]
    assert [model["name"] for each in found for model in each["models"]] == ["Cash sessions"]


def test_times_without_a_venue_are_in_the_zone_of_the_admin_and_name_it(boss, settings) -> None:
    settings.ADMIN_TIME_ZONE = "Asia/Kolkata"
    user = UserFactory()
    joined = datetime(2026, 11, 30, 20, 15, tzinfo=UTC)
    User.objects.filter(pk=user.pk).update(date_joined=joined)
    page = boss.get("/admin/users/user/").content.decode()
    assert "Tue 1 Dec 2026, 01:45 IST" in page
    assert "Times without a venue are in the zone Asia/Kolkata." in page


def test_pages_ask_no_other_host_and_run_no_inline_script(boss) -> None:
    response = boss.get("/admin/")
    page = response.content.decode()
    assert "script-src 'self';" in response["Content-Security-Policy"]
    assert "<script>" not in page and "http://" not in page.replace(
        "http://www.w3.org/2000/svg", ""
    )
    assert "https://" not in page


def test_a_field_with_choices_offers_the_standard_list(boss) -> None:
    page = boss.get("/admin/venues/venue/add/").content.decode()
    assert '<option value="IN">IN, India</option>' in page
    assert '<option value="Asia/Kolkata">Asia/Kolkata</option>' in page
    for path in ("/admin/shows/show/add/", "/admin/bookings/promocode/add/"):
        assert '<option value="JPY">JPY, Japanese yen</option>' in boss.get(path).content.decode()


def test_the_first_page_needs_as_many_queries_for_every_caller(boss) -> None:
    boss.get("/admin/")
    with CaptureQueriesContext(connection) as captured:
        boss.get("/admin/")
    assert len(captured) <= 25
