"""Staff who plan at once. The first test shows that the harness can fail."""

from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db import IntegrityError
from django.utils import timezone

from eventbooking_system.db.querysets import LockingQuerySet
from eventbooking_system.testing.races import run_at_once
from events.tests.factories import EventFactory
from shows.errors import ShowOverlap
from shows.models import Show, ShowSeat
from shows.services import schedule_show
from users.tests.factories import StaffFactory
from venues.tests.factories import hall

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sqlite]


def rivals(screen, count: int = 6) -> list[partial]:
    """Return calls that schedule overlapping shows with different starts."""
    tomorrow = timezone.now() + timedelta(days=1)
    return [
        partial(
            schedule_show,
            event=EventFactory(),
            screen=screen,
            start_time=tomorrow + timedelta(minutes=10 * index),
            currency="INR",
            prices={"Gold": {"": Decimal(100)}},
        )
        for index in range(count)
    ]


@pytest.mark.postgres
def test_control_without_the_lock_rivals_meet_the_constraint(monkeypatch) -> None:
    monkeypatch.setattr(LockingQuerySet, "locked", lambda self: self.order_by("pk"))
    for _ in range(10):
        screen = hall()
        results = run_at_once(rivals(screen))
        assert Show.objects.filter(screen=screen).count() == 1
        if any(not isinstance(result, Show | ShowOverlap) for result in results):
            return
    pytest.fail("Every rival saw the other, so the harness does not race.")


@pytest.mark.postgres
def test_postgresql_itself_keeps_shows_apart() -> None:
    screen = hall()
    show = rivals(screen)[0]()
    show.pk = None
    show.start_time += timedelta(minutes=5)
    with pytest.raises(IntegrityError, match="shows_show_no_overlap"):
        show.save(force_insert=True)


def test_one_of_six_simultaneous_overlapping_shows_is_scheduled() -> None:
    screen = hall()
    results = run_at_once(rivals(screen))
    assert sum(isinstance(result, Show) for result in results) == 1
    assert sum(isinstance(result, ShowOverlap) for result in results) == 5
    assert Show.objects.filter(screen=screen).count() == 1
    assert ShowSeat.objects.count() == screen.seats.count()


def test_one_of_six_shows_with_the_same_start_is_scheduled_by_the_api(login) -> None:
    screen, event, chief = hall(), EventFactory(), StaffFactory()
    body = {
        "event": event.pk,
        "screen": screen.pk,
        "start_time": (timezone.now() + timedelta(days=1)).isoformat(),
        "currency": "INR",
        "prices": {"Gold": "100.00"},
    }
    clients = [login(chief) for _ in range(6)]
    answers = run_at_once([partial(client.post, "/api/shows/", body) for client in clients])
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    show = Show.objects.get()
    refused = [answer.json() for answer in answers if answer.status_code == 409]
    assert {problem["code"] for problem in refused} == {"show_overlap"}
    assert {problem["conflicting_show_id"] for problem in refused} == {show.pk}
