"""Reports and day closings at the admin site."""

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.tests.factories import confirmed
from eventbooking_system.testing.shared_rows import check_shared_rows, shared_rows
from reports.models import DayClosing
from reports.tests.factories import backdate, show_of_today
from shows.models import Show
from venues.business_days import calendar_of

pytestmark = pytest.mark.django_db
FIGURES = "/admin/reports/dayclosing/figures/"
CLOSE = "/admin/reports/dayclosing/close/"
CLOSINGS = "/admin/reports/dayclosing/"


@pytest.fixture(scope="module")
def show_id(django_db_setup: None, django_db_blocker: Any) -> Iterator[int]:
    """Sell two seats of a show of today once for all tests."""
    with shared_rows(django_db_blocker):
        show = show_of_today()
        confirmed("A1", "A2", show=show)
        check_shared_rows()
        yield show.pk


@pytest.fixture
def sold(show_id: int, db: None) -> Show:
    """Return a show of today with two seats sold."""
    return Show.objects.get(pk=show_id)


def today_of(show):
    return calendar_of(show.screen.venue).day_of(timezone.now())


@pytest.fixture
def yesterday(sold):
    """Make takings of 500.00 INR yesterday. Return the day and the venue."""
    backdate(confirmed("A3", "A4", show=sold), timezone.now() - timedelta(days=1))
    return sold.screen.venue, today_of(sold) - timedelta(days=1)


def test_the_page_of_reports_shows_the_takings_of_a_week_at_once(boss, sold) -> None:
    response = boss.get(FIGURES)
    table = response.context["table"]
    assert table["head"][:3] == ["label", "payments", "taken"]
    assert [row[:3] for row in table["rows"]] == [[str(today_of(sold)), 1, "500.00"]]
    assert table["totals"][:3] == ["Total", 1, "500.00"]


@pytest.mark.parametrize(
    ("report", "measure", "value"),
    [("takings", "net", "500.00"), ("admissions", "admissions", 2), ("occupancy", "booked", 2),
     ("refunds", "refunds", 0), ("tax", "tax", "0.00")],
)  # fmt: skip
def test_each_report_is_shown_with_its_measures(boss, sold, report, measure, value) -> None:
    table = boss.get(FIGURES, {"report": report, "group_by": "screen"}).context["table"]
    assert dict(zip(table["head"], table["totals"], strict=True))[measure] == value


def test_a_report_of_the_page_is_that_of_the_api(boss, staff_api, sold) -> None:
    day = str(today_of(sold))
    query = {"date_from": day, "date_to": day, "group_by": "event", "venue": sold.screen.venue_id}
    page = boss.get(FIGURES, {"report": "admissions", **query}).context["report"]
    answer = staff_api("view").get("/api/reports/admissions/", query).json()
    assert page["groups"] == answer["groups"] and page["totals"] == answer["totals"]


def test_csv_and_xlsx_have_the_rows_of_the_table(boss, sold) -> None:
    query = {"report": "takings", "group_by": "screen", "then_by": "day"}
    response = boss.get(FIGURES, {**query, "file": "csv"})
    assert response["Content-Disposition"] == 'attachment; filename="takings.csv"'
    assert "no-store" in response["Cache-Control"]
    header, row, totals = csv.reader(io.StringIO(response.content.decode("utf-8-sig")))
    assert dict(zip(header, row, strict=True))["taken"] == "500.00" and totals[2] == "Total"
    workbook = boss.get(FIGURES, {**query, "file": "xlsx"}).content
    assert "xl/worksheets/sheet1.xml" in zipfile.ZipFile(io.BytesIO(workbook)).namelist()


def test_the_return_of_a_film_has_its_days_and_its_week(boss, sold) -> None:
    query = {
        "report": "box-office-return",
        "event": sold.event_id,
        "date_from": str(today_of(sold)),
    }
    table = boss.get(FIGURES, query).context["table"]
    assert dict(zip(table["head"], table["totals"], strict=True))["admissions"] == 2
    assert [row[0] for row in table["rows"]][-2:] == ["Week before", "To date"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"date_from": "2030-01-02", "date_to": "2030-01-01"}, "date_to"),
        ({"date_from": "2020-01-01", "date_to": "2030-01-01"}, "date_to"),
        ({"date_from": "tomorrow"}, "date_from"),
        ({"report": "tax", "group_by": "tender"}, "group_by"),
        ({"group_by": "day", "then_by": "day"}, "group_by"),
        ({"group_by": "moon"}, "group_by"),
        ({"report": "secrets"}, "report"),
        ({"venue": "99999999999999999999"}, "venue"),
        ({"venue": "\0"}, "venue"),
        ({"currency": "XXX"}, "currency"),
        ({"report": "box-office-return"}, "event"),
    ],
)
def test_choices_that_do_not_fit_are_refused_at_their_field(boss, sold, query, field) -> None:
    for file in ("", "csv"):
        response = boss.get(FIGURES, {**query, "file": file})
        assert response.status_code == 200 and response.context["table"] is None
        assert field in response.context["form"].errors


def test_several_currencies_are_not_summed_but_asked_for(boss, sold) -> None:
    confirmed("A1", show=show_of_today(currency="EUR"))
    response = boss.get(FIGURES)
    assert "EUR, INR" in str(response.context["form"].errors["currency"])
    assert boss.get(FIGURES, {"currency": "EUR"}).context["table"]["totals"][2] == "250.00"


def test_the_page_of_reports_needs_as_many_queries_for_many_shows(boss, sold) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert boss.get(FIGURES, {"group_by": "show"}).status_code == 200
        return len(captured)

    queries()
    before = queries()
    for _ in range(3):
        confirmed("A1", show=show_of_today())
    assert queries() == before <= 20


@pytest.mark.parametrize("permission", ["view_booking", "close_day"])
def test_reports_are_refused_without_their_permission(staff, sold, permission) -> None:
    client = staff(permission)
    for path in (FIGURES, CLOSINGS):
        assert client.get(path).status_code == 403
    assert FIGURES not in client.get("/admin/").content.decode()


def test_a_manager_sees_the_figures_of_a_day_and_closes_it(boss, yesterday) -> None:
    venue, day = yesterday
    assert CLOSE in boss.get(CLOSINGS).content.decode()
    choice = {"venue": venue.pk, "business_date": str(day)}
    page = boss.get(CLOSE, choice).content.decode()
    assert "500.00" in page and "Close the day" in page and not DayClosing.objects.exists()
    response = boss.post(CLOSE, choice, follow=True)
    closing = DayClosing.objects.get()
    assert (closing.venue, closing.business_date, closing.number) == (venue, day, 1)
    page = response.content.decode()
    assert response.redirect_chain == [(f"{CLOSINGS}{closing.pk}/change/", 302)]
    assert "500.00" in page and closing.digest in page and "Asia/Kolkata" in page
    assert "This day is closed" in boss.get(CLOSE, choice).content.decode()


def test_closing_refuses_a_day_that_is_not_over_and_writes_nothing(boss, sold) -> None:
    choice = {"venue": sold.screen.venue_id, "business_date": str(today_of(sold))}
    assert "not over yet" in boss.get(CLOSE, choice).content.decode()
    response = boss.post(CLOSE, choice, follow=True)
    assert [message.level_tag for message in response.context["messages"]] == ["error"]
    assert not DayClosing.objects.exists()


@pytest.mark.parametrize("choice", [{"venue": "x"}, {"business_date": "yesterday"}, {"venue": ""}])
def test_closing_refuses_an_invalid_day_or_venue_and_writes_nothing(boss, yesterday, choice) -> None:  # fmt: skip
    venue, day = yesterday
    response = boss.post(CLOSE, {"venue": venue.pk, "business_date": str(day), **choice})
    assert response.status_code == 200 and response.context["form"].errors
    assert not DayClosing.objects.exists()


def test_viewers_of_reports_close_no_day(staff, yesterday) -> None:
    venue, day = yesterday
    client = staff("view")
    assert CLOSE not in client.get(CLOSINGS).content.decode()
    choice = {"venue": venue.pk, "business_date": str(day)}
    assert client.get(CLOSE, choice).status_code == client.post(CLOSE, choice).status_code == 403
    assert not DayClosing.objects.exists()
