"""Random weeks of sales: each grouping equals totals and ledger."""

import copy
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum
from rest_framework.test import APIClient

from bookings import checkout
from bookings.models import Booking, LedgerEntry, Ticket
from bookings.tests.factories import confirmed
from eventbooking_system.testing.shared_rows import check_shared_rows, shared_rows
from reports.tests.factories import backdate
from shows.archiving import archive_shows
from shows.models import Show
from shows.tests.factories import scheduled_show, seat_ids
from users.tests.factories import StaffFactory
from users.tokens import start_session
from venues.tests.factories import VenueFactory, hall

pytestmark = pytest.mark.django_db
PRICES = {"Gold": {"Adult": Decimal("12.35"), "Child": Decimal("7.05")}}
TERMS = {
    "fee_per_ticket": Decimal("1.10"), "fee_per_booking": Decimal("0.75"), "tax_rate": Decimal(20),
}  # fmt: skip
# The Fridays of film weeks in London in which the clocks change: a day of 23 and one of 25 hours.
WEEKS = [datetime(2026, 3, 27, 6, tzinfo=UTC), datetime(2026, 10, 23, 5, tzinfo=UTC)]
SALES = "/api/box-office/sales/"


@pytest.fixture(scope="module", params=[1, 2])
def sold(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any
) -> Iterator[random.Random]:
    """Make the sales once for all weeks, as that takes long. Yield the source of chance."""
    chance = random.Random(request.param)
    with shared_rows(django_db_blocker):
        boss_api = APIClient()
        access = start_session(StaffFactory()).access
        boss_api.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")
        venue = VenueFactory(timezone="Europe/London")
        screens = [hall(venue=venue, name=name) for name in ("One", "Two")]
        for day in range(2, 7):
            for screen in screens:
                show = scheduled_show(
                    screen=screen, currency="GBP", prices=PRICES, **TERMS,
                    start_time=datetime(2031, 1, day, 20, tzinfo=UTC),
                )  # fmt: skip
                for label in chance.sample([f"{row}{n}" for row in "AB" for n in range(1, 7)], 6):
                    _sell(boss_api, show, label, chance)
        check_shared_rows()
        yield chance


@pytest.mark.parametrize("first", WEEKS)
def test_sums_agree_for_sales_of_every_kind_in_weeks_of_167_and_169_hours(
    boss_api, sold, first
) -> None:
    shows = list(Show.objects.order_by("pk"))
    venue = shows[0].screen.venue
    _move_into_week(shows, first, copy.copy(sold))
    archive_shows(days=1)
    assert Show.objects.filter(final_counts__isnull=False).exists()
    span = {"date_from": f"{first:%Y-%m-%d}", "date_to": f"{first + timedelta(days=6):%Y-%m-%d}"}
    query = {"venue": venue.pk, "currency": "GBP", **span}
    moved = LedgerEntry.objects.filter(kind__in=["captured", "refunded"])
    sold = Booking.objects.filter(status="confirmed")
    expected = {
        "takings": ("net", moved.aggregate(sum=Sum("amount"))["sum"]),
        "refunds": (
            "amount",
            -(moved.filter(kind="refunded").aggregate(sum=Sum("amount"))["sum"] or 0),
        ),
        "admissions": ("admissions", Ticket.objects.in_force().filter(booking__in=sold).count()),
        "tax": ("gross", None),
    }
    groups = {
        "takings": ["day", "week", "show", "event", "screen", "category", "ticket_type", "sales_channel", "tender", "staff", "day,tender", "ticket_type,screen"],
        "refunds": ["day", "screen", "category", "tender", "day,sales_channel"],
        "admissions": ["day", "week", "show", "event", "screen", "category", "ticket_type", "sales_channel", "staff", "day,ticket_type"],
        "tax": ["day", "week", "show", "screen", "sales_channel", "day,screen"],
    }  # fmt: skip
    gross = {}
    for name, (measure, total) in expected.items():
        for group_by in groups[name]:
            answer = boss_api.get(f"/api/reports/{name}/", {**query, "group_by": group_by})
            assert answer.status_code == 200, answer.content
            figures = answer.json()
            for column, value in figures["totals"].items():
                summed = sum(Decimal(group[column]) for group in figures["groups"])
                assert summed == Decimal(value), (name, group_by, column)
            if total is not None:
                assert Decimal(figures["totals"][measure]) == total, (name, group_by)
            gross.setdefault(figures["totals"].get("gross"), name)
    # Admissions and tax agree on the gross amount.
    assert len({value for value in gross if value}) == 1


def _sell(boss_api, show, label, chance) -> None:
    """Sell a seat on the web, at the counter, or for nothing. Some are given back afterwards."""
    [seat] = seat_ids(show, label)
    kind = chance.choice(["Adult", "Child"])
    body = {"show_id": show.pk, "seat_ids": [seat], "ticket_types": {str(seat): kind}}
    way = chance.choice(["web", "web", "counter", "complimentary"])
    if way == "web":
        booking = confirmed(label, show=show)
        if chance.random() < 0.4:
            checkout.cancel(booking_id=booking.pk, cancelled_by=booking.user)
        return
    if way == "complimentary":
        answer = boss_api.post(SALES, {**body, "complimentary_reason": "Press"})
    else:
        asked = {**body, "sales_channel": "box_office"}
        due = boss_api.post("/api/bookings/quote/", asked).json()["total"]
        tender = {"method": "card_terminal", "amount": due, "reference": f"{show.pk}{label}"}
        answer = boss_api.post(SALES, {**body, "tender": tender})
    assert answer.status_code == 201, answer.content


def _move_into_week(shows, first, chance) -> None:
    """Move shows and money into a past week by quarter hours."""
    hours = 167 if first.month == 3 else 169
    starts = chance.sample(range(hours), len(shows))
    for show, hour in zip(shows, starts, strict=True):
        start = first + timedelta(hours=hour)
        times = {"start_time": start, "end_time": start + timedelta(minutes=30)}
        Show.objects.filter(pk=show.pk).update(**times, occupied_until=times["end_time"])
    for booking in Booking.objects.all():
        backdate(booking, first + timedelta(minutes=15 * chance.randrange(4 * hours)))
