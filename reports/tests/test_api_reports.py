"""Figures at the API."""

import csv
import io
import random
import zipfile
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise, permutations

import pytest
from django.db import IntegrityError, transaction

from bookings import checkout, services
from bookings.models import Booking, LedgerEntry
from bookings.payments.states import DisputeState
from bookings.tests.factories import confirmed, held, hold
from eventbooking_system.testing.problems import assert_problem
from events.tests.factories import EventFactory
from reports.models import DayClosing
from reports.services import closing_digest
from reports.tests.factories import backdate
from shows.models import Show
from shows.tests.factories import scheduled_show, write_state
from users.tests.factories import UserFactory
from venues.models import Seat, SeatCategory
from venues.tests.factories import VenueFactory, hall

pytestmark = pytest.mark.django_db
START = datetime(2030, 5, 3, 19, 0, tzinfo=UTC)  # A Friday.
WEEK = {"date_from": "2030-05-03", "date_to": "2030-05-09"}
TERMS = {
    "fee_per_ticket": Decimal("1.10"),
    "fee_per_booking": Decimal("0.75"),
    "tax_rate": Decimal(20),
}


@pytest.fixture
def reports(staff_api):
    """`reports("takings", group_by="day")`: the answer to staff who may view reports."""
    client = staff_api("view")

    def _get(name, *, accept="application/json", **query):
        return client.get(f"/api/reports/{name}/", {**WEEK, **query}, HTTP_ACCEPT=accept)

    return _get


@pytest.fixture
def london():
    return hall(venue=VenueFactory(timezone="Europe/London"))


def show_at(screen, start, **fields):
    prices = {
        name: {"Adult": Decimal("12.35"), "Child": Decimal("7.05")}
        for name in SeatCategory.objects.filter(screen=screen).values_list("name", flat=True)
    }
    return scheduled_show(
        screen=screen, start_time=start, currency="GBP", prices=prices, **{**TERMS, **fields}
    )


def sold(show, label, kind):
    """A confirmed booking of one seat for a ticket type."""
    pk = seat(show.screen, label)
    booking = hold(customer=UserFactory(), show_id=show.pk, seat_ids=[pk], ticket_types={pk: kind})
    checkout.pay(booking_id=booking.pk, payment_method="pm_card_visa")
    booking.refresh_from_db()
    return booking


@pytest.mark.sqlite
def test_a_week_by_hand(reports, london):
    """Two adults on Friday, a child after midnight, a refund on Sunday."""
    friday, night = show_at(london, START), show_at(london, START + timedelta(hours=4, minutes=45))
    two = confirmed("A1", "A2", show=friday)
    child = sold(night, "B1", "Child")
    gone = confirmed("A3", show=friday)
    services.cancel_booking(booking_id=gone.pk, cancelled_by=gone.user)
    for booking, at in ((two, START), (child, START), (gone, START + timedelta(days=2))):
        backdate(booking, at)
    # 2 × 12.35 + 2 × 1.10 + 0.75 = 27.65; 7.05 + 1.10 + 0.75 = 8.90; 12.35 + 1.10 + 0.75 = 14.20
    assert (two.total, child.total, gone.total) == (
        Decimal("27.65"), Decimal("8.90"), Decimal("14.20"),
    )  # fmt: skip
    answer = reports("admissions").json()
    [day] = answer["groups"]
    assert (day["key"], day["day"], day["admissions"]) == ("2030-05-03", "2030-05-03", 3)
    assert (day["gross"], day["fees"]) == ("36.55", "4.80")
    # The tax in 27.65 is 4.61, in 8.90 it is 1.48.
    assert (day["tax"], day["net"]) == ("6.09", "30.46")
    assert answer["totals"]["gross"] == "36.55" and answer["currency"] == "GBP"
    takings = reports("takings").json()
    assert [(each["day"], each["taken"]) for each in takings["groups"]] == [
        ("2030-05-03", "36.55"),
        ("2030-05-05", "14.20"),
    ]
    assert takings["totals"]["payments"] == 3


def seat(screen, label):
    return Seat.objects.get(screen=screen, row=label[0], number=label[1:]).pk


@pytest.mark.sqlite
def test_refunds_belong_to_the_day_on_which_they_happen(reports, london):
    booking = confirmed("A1", show=show_at(london, START))
    backdate(booking, START)
    checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
    refunded = LedgerEntry.objects.filter(booking=booking, kind="refunded").get()
    day = refunded.at.date()
    own = {"date_from": str(day - timedelta(days=1)), "date_to": str(day + timedelta(days=1))}
    totals = reports("refunds", **own).json()["totals"]
    assert totals == {"refunds": 1, "amount": "14.20"}
    assert reports("refunds").json()["totals"] == {"refunds": 0, "amount": "0.00"}
    assert reports("takings").json()["totals"]["net"] == "14.20"


def test_every_grouping_adds_up_to_the_totals_and_to_the_ledger(reports, london):
    chance = random.Random(4)
    other = hall(venue=london.venue, name="Two", category="Silver")
    shows = [
        show_at(screen, START + timedelta(days=day, hours=chance.choice([0, 5])))
        for day in range(7)
        for screen in (london, other)
    ]
    for show in shows:
        for label in chance.sample([f"{row}{n}" for row in "AB" for n in range(1, 7)], 4):
            kind = chance.choice(["Adult", "Child"])
            booking = sold(show, label, kind)
            backdate(booking, START + timedelta(hours=chance.randrange(150)))
            if chance.random() < 0.3:
                services.cancel_booking(booking_id=booking.pk, cancelled_by=booking.user)
    singles = ["day", "week", "show", "event", "screen", "category", "ticket_type", "sales_channel"]
    pairs = [",".join(pair) for pair in permutations(["day", "screen", "ticket_type"], 2)]
    expected = {
        "takings": sum(
            LedgerEntry.objects.filter(kind="captured").values_list("amount", flat=True)
        ),
        "admissions": sum(
            Booking.objects.filter(status="confirmed").values_list("total", flat=True)
        ),
    }
    for name, column in (("takings", "taken"), ("admissions", "gross")):
        totals = reports(name).json()["totals"]
        assert Decimal(totals[column]) == expected[name]
        for group_by in [*singles, *pairs]:
            answer = reports(name, group_by=group_by).json()
            assert answer["totals"] == totals, group_by
            for measure, total in totals.items():
                summed = sum(Decimal(each[measure]) for each in answer["groups"])
                assert summed == Decimal(total), (name, group_by, measure)


def test_disputes_are_takings_of_the_day_on_which_they_move_money(reports, london):
    """Three are disputed: one is lost, one won, one is open. The groups add up to the totals."""
    shows = [show_at(london, START + timedelta(days=day)) for day in (0, 1)]
    bookings = [confirmed(label, show=show) for show in shows for label in ("A1", "A2", "B3")]
    for number, states in enumerate((["lost"], ["needs_response", "won"], ["needs_response"])):
        for state in states:
            dispute(bookings[number], state)
    for day, booking in enumerate(bookings):
        backdate(booking, START + timedelta(days=day))
    totals = reports("takings").json()["totals"]
    assert totals == {
        "payments": 6, "taken": "85.20", "refunded": "0.00", "disputed": "28.40",
        "dispute_fees": "45.00", "net": "11.80",
    }  # fmt: skip
    # 6 × 14.20, of which two are with the banks, and three fees of 15.00.
    assert reports("refunds").json()["totals"] == {"refunds": 0, "amount": "0.00"}
    singles = ["day", "week", "show", "event", "screen", "category", "ticket_type", "tender"]
    for group_by in [*singles, "day,category", "sales_channel,ticket_type"]:
        answer = reports("takings", group_by=group_by).json()
        assert answer["totals"] == totals, group_by
        for measure, total in totals.items():
            summed = sum(Decimal(each[measure]) for each in answer["groups"])
            assert summed == Decimal(total), (group_by, measure)
    by_day = reports("takings", group_by="day").json()["groups"]
    assert [each["disputed"] for each in by_day[:3]] == ["14.20", "0.00", "14.20"]


def dispute(booking, state):
    payment = booking.payments.get()
    services.record_dispute(
        provider=payment.provider,
        state=DisputeState(
            f"dp_{payment.pk}", payment.provider_id, state, "fraudulent", payment.amount,
            payment.currency, START, taken=payment.amount,
            returned=payment.amount if state == "won" else Decimal(0),
            fee=Decimal(15), fee_currency=payment.currency,
        ),
    )  # fmt: skip


@pytest.mark.sqlite
def test_occupancy_leaves_blocked_seats_out_and_counts_archived_shows(reports, london):
    show = show_at(london, START)
    confirmed("A1", "A2", "A3", show=show)
    house = show.show_seats.filter(seat__row="B", seat__number__in="12")
    write_state(house, status="blocked", block_reason="press")
    [group] = reports("occupancy", group_by="show").json()["groups"]
    assert (group["seats"], group["blocked"], group["booked"], group["occupancy"]) == (
        12,
        2,
        3,
        "30.0",
    )
    counts = {"Gold": {"available": 7, "blocked": 2, "booked": 3}}
    Show.objects.filter(pk=show.pk).update(
        final_counts={"available": 7, "total": 12, "categories": counts}
    )
    [archived] = reports("occupancy", group_by="category").json()["groups"]
    assert (archived["category"], archived["occupancy"]) == ("Gold", "30.0")


@pytest.mark.sqlite
def test_tax_is_told_by_rate(reports, london):
    confirmed("A1", show=show_at(london, START))
    confirmed("A1", show=show_at(london, START + timedelta(days=1), tax_rate=Decimal(5)))
    groups = reports("tax", group_by="screen").json()["groups"]
    assert [(group["rate"], group["tax"]) for group in groups] == [("20", "2.37"), ("5", "0.68")]


@pytest.mark.sqlite
def test_currencies_are_never_summed(reports, london):
    confirmed("A1", show=show_at(london, START))
    rupees = scheduled_show(screen=london, start_time=START + timedelta(days=1))
    confirmed("A1", show=rupees)
    refused = reports("admissions")
    assert_problem(refused, 400, "invalid", "currency")
    assert reports("admissions", currency="INR").json()["totals"]["gross"] == "250.00"


@pytest.mark.sqlite
def test_a_film_week_for_its_distributor(staff_api, london):
    film = EventFactory(title="Dune")
    for days in (-7, 0, 1, 1.2):
        confirmed("A1", show=show_at(london, START + timedelta(days=days), event=film))
    confirmed("A1", show=show_at(london, START + timedelta(days=3)))
    query = {"event": film.pk, "week": "2030-05-06"}
    answer = staff_api("view").get("/api/reports/box-office-returns/", query).json()
    assert (answer["week_from"], answer["week_to"]) == ("2030-05-03", "2030-05-09")
    assert [(day["day"], day["admissions"]) for day in answer["days"]] == [
        ("2030-05-03", 1),
        ("2030-05-04", 2),
    ]
    counts = [answer[name]["admissions"] for name in ("week", "week_before", "to_date")]
    assert counts == [3, 1, 4]
    assert answer["week"]["gross"] == "42.60"


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


# Day closings


@pytest.fixture
def yesterday(london):
    show = show_at(london, datetime.now(UTC) + timedelta(days=1))
    booking = confirmed("A1", show=show)
    at = datetime.now(UTC) - timedelta(days=2)
    Show.objects.filter(pk=show.pk).update(
        start_time=at, end_time=at + timedelta(hours=1), occupied_until=at + timedelta(hours=2)
    )
    backdate(booking, at)
    return booking, at


def close(client, venue, day):
    return client.post("/api/reports/closings/", {"venue": venue.pk, "business_date": str(day)})


@pytest.mark.sqlite
def test_closings_are_numbered_and_chained_and_keep_their_figures(boss_api, london, yesterday):
    _, at = yesterday
    days = [at.date() - timedelta(days=n) for n in (-1, 0, 1)]
    answers = [
        close(boss_api, london.venue, day)
        for day in days
        if day <= datetime.now(UTC).date() - timedelta(days=1)
    ]
    assert {answer.status_code for answer in answers} == {201}
    closings = list(DayClosing.objects.order_by("number"))
    assert [each.number for each in closings] == list(range(1, len(closings) + 1))
    for earlier, later in pairwise(closings):
        assert later.previous_digest == earlier.digest
    assert all(each.digest == closing_digest(each) for each in closings)
    taken = [each.figures["GBP"]["takings"]["taken"] for each in closings if each.figures]
    assert sorted(taken) == ["0.00"] * (len(taken) - 1) + ["14.20"]
    again = close(boss_api, london.venue, closings[0].business_date).json()
    assert (again["digest"], again["figures"]) == (closings[0].digest, closings[0].figures)
    assert DayClosing.objects.count() == len(closings)


def test_a_day_is_closed_after_its_end(boss_api, london):
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    assert_problem(close(boss_api, london.venue, tomorrow), 409, "day_not_over")
    assert not DayClosing.objects.exists()


def test_viewers_of_reports_close_no_day(staff_api, london):
    refused = close(staff_api("view"), london.venue, "2020-01-01")
    assert_problem(refused, 403, "permission_denied")


@pytest.mark.postgres
def test_the_database_refuses_to_change_a_closing(boss_api, london):
    close(boss_api, london.venue, "2020-01-01")
    for change in (lambda rows: rows.update(number=7), lambda rows: rows.delete()):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change(DayClosing.objects.all())


def test_reports_leave_out_tickets_that_were_given_back(reports, london):
    show = show_at(london, START)
    pks = [seat(london, label) for label in ("A1", "A2", "A3")]
    booking = hold(customer=UserFactory(), show_id=show.pk, seat_ids=pks)
    checkout.pay(booking_id=booking.pk, payment_method="pm_card_visa")
    before = reports("admissions").json()["totals"]
    ticket = booking.tickets.first()
    checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user, ticket_ids=[ticket.pk])
    after = reports("admissions").json()["totals"]
    assert (before["admissions"], after["admissions"]) == (3, 2)
    [refund] = booking.refunds.all()
    less = Decimal(before["gross"]) - Decimal(after["gross"])
    assert less == refund.amount == Decimal("12.35")
    assert after["fees"] == before["fees"]
    by_category = reports("admissions", group_by="category").json()
    assert by_category["totals"] == after
    assert reports("occupancy").json()["totals"]["booked"] == 2
