"""Figures of reports at the API."""

import random
from datetime import timedelta
from decimal import Decimal
from itertools import permutations

import pytest

from bookings import checkout, services
from bookings.models import Booking, LedgerEntry
from bookings.payments.states import DisputeState
from bookings.tests.factories import confirmed, hold
from eventbooking_system.testing.problems import assert_problem
from events.tests.factories import EventFactory
from reports.tests.factories import backdate
from reports.tests.figures import START, seat, show_at, sold
from shows.models import Show
from shows.tests.factories import scheduled_show, write_state
from users.tests.factories import UserFactory
from venues.tests.factories import hall

pytestmark = pytest.mark.django_db


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
