"""Closings of business days at the API."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import IntegrityError, transaction

from eventbooking_system.testing.problems import assert_problem
from reports.models import DayClosing
from reports.services import closing_digest

pytestmark = pytest.mark.django_db


def close(client, venue, day):
    return client.post("/api/reports/closings/", {"venue": venue.pk, "business_date": str(day)})


@pytest.mark.sqlite
def test_closings_are_numbered_and_chained_and_keep_their_figures(boss_api, london, yesterday):
    _, at = yesterday
    # A sale of the small hours belongs to the business day before. Later days may not be over yet.
    days = [at.date() - timedelta(days=n) for n in range(3)]
    answers = [close(boss_api, london.venue, day) for day in days]
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
