"""The queries of reports, their formats and their permission."""

import csv
import io
import zipfile

import pytest

from bookings.tests.factories import confirmed, held
from eventbooking_system.testing.problems import assert_problem
from events.tests.factories import EventFactory
from reports.tests.figures import START, WEEK, show_at

pytestmark = pytest.mark.django_db


def test_csv_and_xlsx_have_the_rows_of_json_and_no_formula(reports, london):
    confirmed("A1", show=show_at(london, START, event=EventFactory(title='=HYPERLINK("x")')))
    answer = reports("admissions", accept="text/csv", group_by="event")
    assert answer["Content-Type"].startswith("text/csv")
    header, group, total = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert header[:2] == ["event", "label"] and total[1] == "Total"
    assert group[1] == '\'=HYPERLINK("x")'
    assert group[header.index("gross")] == total[header.index("gross")] == "14.20"
    sheet = reports(
        "admissions",
        accept="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        group_by="event",
    )
    with zipfile.ZipFile(io.BytesIO(sheet.content)) as book:
        xml = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<v>14.2</v>" in xml and "<f>" not in xml


@pytest.mark.sqlite
def test_lines_have_one_row_a_ticket(staff_api, london):
    show = show_at(london, START)
    booking = confirmed("A1", "A2", show=show)
    held("A3", show=show)
    response = staff_api("view").get("/api/reports/lines.csv", WEEK)
    rows = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))
    assert [(row["reference"], row["row"] + row["number"], row["price"]) for row in rows] == [
        (booking.reference, "A1", "12.35"),
        (booking.reference, "A2", "12.35"),
    ]
    assert rows[0]["start_time"] == "2030-05-03T20:00:00+01:00"


@pytest.mark.parametrize(
    ("name", "query", "field"),
    [
        ("takings", {"group_by": "colour"}, "group_by"),
        ("takings", {"group_by": "day,day"}, "group_by"),
        ("takings", {"group_by": "day,show,event"}, "group_by"),
        ("occupancy", {"group_by": "tender"}, "group_by"),
        ("takings", {"date_to": "2030-05-01"}, "date_to"),
        ("takings", {"date_to": "2033-05-01"}, "date_to"),
        ("takings", {"date_from": "yesterday"}, "date_from"),
        ("takings", {"date_from": "0001-01-01", "date_to": "0001-01-02"}, "date_from"),
        ("admissions", {"date_from": "9999-12-30", "date_to": "9999-12-31"}, "date_from"),
        ("takings", {"venue": "1000000000"}, "venue"),
        ("takings", {"currency": "XYZ"}, "currency"),
        ("takings", {"colour": "red"}, "colour"),
    ],
)
def test_a_bad_query_is_refused_by_field(reports, name, query, field):
    assert_problem(reports(name, **query), 400, "invalid", field)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_days_of_years_without_shows_are_refused_by_field(boss_api, london, day):
    event = EventFactory()
    bad_return = boss_api.get("/api/reports/box-office-returns/", {"event": event.pk, "week": day})
    assert_problem(bad_return, 400, "invalid", "week")
    closing = {"venue": london.venue_id, "business_date": day}
    assert_problem(
        boss_api.post("/api/reports/closings/", closing), 400, "invalid", "business_date"
    )
    run = {"report": "takings", "date_from": day, "date_to": day}
    assert_problem(boss_api.post("/api/reports/runs/", run), 400, "invalid", "date_from")


def test_only_staff_with_the_permission_see_reports(api, customer_api, staff_api):
    names = ("takings/", "refunds/", "admissions/", "tax/", "occupancy/", "lines.csv", "closings/")
    for name in names:
        path = f"/api/reports/{name}"
        assert_problem(api.get(path, WEEK), 401, "not_authenticated")
        assert_problem(customer_api.get(path, WEEK), 403, "permission_denied")
        assert_problem(staff_api("view_booking").get(path, WEEK), 403, "permission_denied")
