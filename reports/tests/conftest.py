"""Fixtures of tests of reports."""

from datetime import UTC, datetime, timedelta

import pytest

from bookings.tests.factories import confirmed
from reports.tests.factories import backdate
from reports.tests.figures import WEEK, show_at
from shows.models import Show
from venues.tests.factories import VenueFactory, hall


@pytest.fixture
def reports(staff_api):
    """Return a function that asks for a report as staff."""
    client = staff_api("view")

    def _get(name, *, accept="application/json", **query):
        return client.get(f"/api/reports/{name}/", {**WEEK, **query}, HTTP_ACCEPT=accept)

    return _get


@pytest.fixture
def london():
    return hall(venue=VenueFactory(timezone="Europe/London"))


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
