"""Reports that a worker writes into files, and those that it mails."""

import csv
import gzip
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.utils import timezone

from bookings.models import Booking, LedgerEntry
from bookings.tests.factories import confirmed
from eventbooking_system.testing.problems import assert_problem
from eventbooking_system.testing.races import run_at_once
from eventbooking_system.timezones import day_bounds
from events.tests.factories import EventFactory
from reports import services, tasks
from reports.models import ReportMail, ReportRun, ScheduledReport
from shows.tests.factories import scheduled_show
from users.tests.factories import StaffFactory
from venues.business_days import calendar_of
from venues.tests.factories import VenueFactory, hall

pytestmark = pytest.mark.django_db
URL = "/api/reports/runs/"


@pytest.fixture
def venue():
    return VenueFactory(timezone="Europe/London", name="Regal")


@pytest.fixture
def boss_account():
    return StaffFactory(is_superuser=True)


def sold(venue, *labels, title="Heat", **terms):
    show = scheduled_show(
        screen=hall({"A": 6}, venue=venue), event=EventFactory(title=title),
        currency="GBP", price="10.00", **terms,
    )  # fmt: skip
    return confirmed(*(labels or ("A1", "A2")), show=show)


def today(venue):
    return timezone.now().date()


def around(venue, **fields):
    span = {
        "date_from": today(venue) - timedelta(days=3),
        "date_to": today(venue) + timedelta(days=5),
    }
    return {"venue": venue.pk, **{name: str(day) for name, day in span.items()}, **fields}


def rows_of(response):
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))


# ---- Files


def test_a_worker_writes_a_report_into_a_file_with_its_progress(boss_api, venue) -> None:
    sold(venue)
    asked = boss_api.post(URL, around(venue, report="takings", group_by="event,tender"))
    assert asked.status_code == 201, asked.content
    run, url = asked.json(), f"{URL}{asked.json()['id']}/"
    assert (run["state"], run["progress"]) == ("queued", 0)
    assert boss_api.get(f"{url}file/").status_code == 404
    assert tasks.start_run() and not tasks.start_run()
    done = boss_api.get(url).json()
    assert (done["state"], done["progress"], done["row_count"]) == ("done", 100, 2)
    file = boss_api.get(f"{url}file/")
    assert file["Content-Disposition"].startswith("attachment")
    header, group, totals = rows_of(file)
    assert header[:3] == ["event", "tender", "label"]
    assert "20.00" in group and "20.00" in totals
    assert boss_api.get(URL).json()["count"] == 1


def test_the_file_of_tickets_has_the_lines_of_the_download(boss_api, venue) -> None:
    sold(venue, "A1", "A2", title="=cmd()")
    query = around(venue)
    boss_api.post(URL, {**query, "report": "lines"})
    tasks.start_run()
    file = boss_api.get(f"{URL}{ReportRun.objects.get().pk}/file/")
    streamed = b"".join(boss_api.get("/api/reports/lines.csv", query).streaming_content)
    assert rows_of(file) == list(csv.reader(io.StringIO(streamed.decode("utf-8-sig"))))
    assert len(rows_of(file)) == 3 and "'=cmd()" in rows_of(file)[1]


def test_progress_is_recorded_while_lines_are_written(boss_account, venue, monkeypatch) -> None:
    sold(venue, "A1", "A2", "A3", "A4")
    run = services.request_run(
        requested_by=boss_account, report="lines", venue=venue,
        date_from=today(venue) - timedelta(days=3), date_to=today(venue) + timedelta(days=5),
    )  # fmt: skip
    monkeypatch.setattr(tasks.runs, "NOTED_EVERY", 1)
    seen = []
    note = services.note_progress
    monkeypatch.setattr(
        services, "note_progress", lambda run, percent: seen.append(percent) or note(run, percent)
    )
    tasks.start_run()
    assert seen == [0, 25, 50, 75, 99]
    run.refresh_from_db()
    assert run.progress == 100 and gzip.decompress(run.content).count(b"\n") == 5


@pytest.mark.sqlite
def test_a_run_of_a_killed_worker_begins_again(boss_account, venue) -> None:
    day = today(venue)
    services.request_run(requested_by=boss_account, report="occupancy", date_from=day, date_to=day)
    assert services.take_next_run() is not None
    assert services.take_next_run() is None
    ReportRun.objects.update(leased_until=timezone.now() - timedelta(seconds=1), progress=50)
    assert tasks.start_run()
    assert ReportRun.objects.get().state == "done"


def test_a_report_that_cannot_be_says_why(boss_api, venue) -> None:
    sold(venue)
    show = scheduled_show(screen=hall(venue=venue), currency="EUR", price="5.00")
    confirmed(show=show)
    boss_api.post(URL, around(venue, report="takings"))
    tasks.start_run()
    run = boss_api.get(f"{URL}{ReportRun.objects.get().pk}/").json()
    assert run["state"] == "failed" and "EUR, GBP" in run["error"]


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("report", {"report": "profit"}),
        ("group_by", {"group_by": "day,day"}),
        ("group_by", {"group_by": "tender", "report": "admissions"}),
        ("date_to", {"date_to": "2020-01-01"}),
        ("date_to", {"date_from": "2020-01-01"}),
        ("venue", {"venue": 10**9}),
        ("currency", {"currency": "XXA"}),
        ("colour", {"colour": "red"}),
    ],
)
def test_a_wrong_run_is_refused_and_nothing_is_written(boss_api, venue, field, change) -> None:
    refused = boss_api.post(URL, {**around(venue, report="takings"), **change})
    assert_problem(refused, 400, "invalid", field=field)
    assert not ReportRun.objects.exists()


def test_an_account_has_ten_files_under_way_at_most(boss_api, venue) -> None:
    for _ in range(10):
        assert boss_api.post(URL, around(venue, report="takings")).status_code == 201
    refused = boss_api.post(URL, around(venue, report="takings"))
    assert_problem(refused, 400, "invalid", field="report")
    assert ReportRun.objects.count() == 10


def test_only_staff_who_view_reports_ask_for_files(api, customer_api, staff_api, venue) -> None:
    for client, status in ((api, 401), (customer_api, 403), (staff_api("view_show"), 403)):
        assert client.post(URL, around(venue, report="takings")).status_code == status
        assert client.get(URL).status_code == status
    assert not ReportRun.objects.exists()


@pytest.mark.sqlite
def test_old_files_are_deleted(boss_account, venue) -> None:
    day = today(venue)
    services.request_run(requested_by=boss_account, report="takings", date_from=day, date_to=day)
    tasks.start_run()
    assert services.forget_old_runs() == 0
    ReportRun.objects.update(finished_at=timezone.now() - timedelta(days=8))
    assert services.forget_old_runs() == 1


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
def test_two_workers_never_write_the_same_file(boss_account, venue) -> None:
    day = today(venue)
    for _ in range(3):
        services.request_run(
            requested_by=boss_account, report="takings", date_from=day, date_to=day
        )
    taken = [run.pk for run in run_at_once([services.take_next_run] * 3) if run]
    assert len(set(taken)) == len(taken)


def test_the_admin_shows_a_bar_and_loads_again_until_the_file_is_there(boss, staff, venue) -> None:
    url = "/admin/reports/reportrun/"
    form = around(venue, report="lines")
    wrong = boss.post(f"{url}add/", {**form, "date_to": "2020-01-01"})
    assert "before date_from" in wrong.content.decode()
    assert boss.post(f"{url}add/", {**form, "group_by": ""}).status_code == 302
    page = boss.get(url)
    assert '<progress max="100" value="0"' in page.content.decode() and page["Refresh"] == "3"
    tasks.start_run()
    page, run = boss.get(url), ReportRun.objects.get()
    assert 'value="100"' in page.content.decode() and "Refresh" not in page
    assert boss.get(f"{url}{run.pk}/file/")["Content-Type"].startswith("text/csv")
    assert staff("view_show").get(f"{url}{run.pk}/file/").status_code == 403


# ---- Mails


def scheduled(venue, kind="daily_takings", made=datetime(2020, 1, 1, tzinfo=UTC), **fields):
    report = ScheduledReport.objects.create(
        kind=kind, venue=venue, recipients=["a@example.org", "b@example.org"], **fields
    )
    ScheduledReport.objects.filter(pk=report.pk).update(created_at=made)
    return report


def send_all():
    while tasks.start_report_mail():
        pass


def test_the_takings_of_a_business_day_are_mailed_once_when_it_is_over(venue) -> None:
    booking = sold(venue)
    moved_at = LedgerEntry.objects.filter(booking=booking).latest("pk").at
    day = calendar_of(venue).day_of(moved_at)
    scheduled(venue, made=moved_at)
    end = day_bounds(day, venue.timezone, venue.business_day_starts_at)[1]
    services.queue_report_mails(now=end - timedelta(seconds=1))
    assert not ReportMail.objects.exists()
    over = end + timedelta(seconds=1)
    services.queue_report_mails(now=over)
    services.queue_report_mails(now=over + timedelta(minutes=5))
    assert set(ReportMail.objects.values_list("day", flat=True)) == {day}
    send_all()
    services.queue_report_mails(now=over + timedelta(minutes=10))
    send_all()
    mails = [each for each in mail.outbox if "20.00 GBP" in each.body]
    assert sorted(each.to[0] for each in mails) == ["a@example.org", "b@example.org"]
    assert mails[0].subject.startswith("Takings of ") and "Regal" in mails[0].subject
    assert "Admissions" in mails[0].body
    name, _, kind = mails[0].attachments[0]
    assert name.startswith("daily_takings-") and kind == "text/csv"
    assert set(ReportMail.objects.values_list("state", flat=True)) == {"sent"}


def test_the_weekly_return_has_each_film_of_the_week(venue) -> None:
    first = sold(venue, "A1", "A2", "A3", title="Heat", start_time=datetime(2030, 5, 4, 20))
    sold(venue, title="Dune", start_time=datetime(2030, 5, 10, 0, 30))
    sold(venue, title="Later", start_time=datetime(2030, 5, 10, 20))
    assert first.status == Booking.Status.CONFIRMED
    scheduled(venue, "weekly_return", made=datetime(2030, 5, 1, tzinfo=UTC), language="es")
    services.queue_report_mails(now=datetime(2030, 5, 10, 4, 59, tzinfo=UTC))
    assert not ReportMail.objects.filter(day=date(2030, 5, 3)).exists()
    services.queue_report_mails(now=datetime(2030, 5, 10, 5, 1, tzinfo=UTC))
    assert ReportMail.objects.filter(day=date(2030, 5, 3)).count() == 2
    ReportMail.objects.exclude(day=date(2030, 5, 3)).delete()
    send_all()
    sent = [
        each for each in mail.outbox if each.to == ["a@example.org"] and "Regal" in each.subject
    ]
    [told] = sent
    assert "Heat: 3" in told.body and "30.00 GBP" in told.body
    assert "Dune: 2" in told.body and "Later" not in told.body
    table = list(csv.reader(io.StringIO(told.attachments[0][1].lstrip("\ufeff"))))
    assert table[0][:3] == ["film", "day", "admissions"]
    assert ["Heat", "2030-05-04", "3"] in [row[:3] for row in table]
    assert ["Dune", "2030-05-09", "2"] in [row[:3] for row in table]


def test_a_report_that_is_switched_off_is_not_mailed(venue) -> None:
    report = scheduled(venue)
    services.queue_report_mails(now=timezone.now())
    assert ReportMail.objects.count() == 6  # Three days, two recipients.
    ScheduledReport.objects.update(is_active=False)
    send_all()
    services.queue_report_mails(now=timezone.now() + timedelta(days=1))
    assert set(ReportMail.objects.values_list("state", flat=True)) == {"dropped"}
    assert ReportMail.objects.filter(scheduled=report).count() == 6 and not mail.outbox


@pytest.mark.sqlite
def test_the_worker_mails_reports_and_writes_files(venue, boss_account) -> None:
    scheduled(venue)
    day = today(venue)
    services.request_run(requested_by=boss_account, report="takings", date_from=day, date_to=day)
    call_command("worker", "--once")
    assert ReportRun.objects.get().state == "done"
    assert len([each for each in mail.outbox if "Takings" in each.subject]) == 6


def test_the_admin_accepts_recipients_and_refuses_invalid_addresses(boss, venue) -> None:
    url = "/admin/reports/scheduledreport/"
    form = {
        "kind": "daily_takings", "venue": venue.pk, "language": "en", "is_active": "on",
        "recipients": "a@example.org\r\n\r\nb@example.org\r\na@example.org",
    }  # fmt: skip
    wrong = boss.post(f"{url}add/", {**form, "recipients": "a@example.org\r\nnobody"})
    assert wrong.status_code == 200 and not ScheduledReport.objects.exists()
    assert boss.post(f"{url}add/", form).status_code == 302
    report = ScheduledReport.objects.get()
    assert report.recipients == ["a@example.org", "b@example.org"]
    assert "a@example.org" in boss.get(f"{url}{report.pk}/change/").content.decode()
    assert boss.get(url).status_code == 200
