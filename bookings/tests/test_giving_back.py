"""Full refunds for a moved show until staff's deadline."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from bookings import services
from bookings.errors import AlreadyCheckedIn, InvalidTransition
from bookings.models import Booking, Refund
from bookings.selectors import payload_of
from bookings.services import Shown
from bookings.tests.factories import confirmed, show_soon, ticket_of
from bookings.tests.soundness import broken
from eventbooking_system.testing.problems import assert_problem
from shows.models import Show
from shows.services import change_show
from shows.tests.factories import scheduled_show
from users.tests.factories import StaffFactory
from venues.tests.factories import hall

pytestmark = pytest.mark.django_db


def sold(**terms) -> Booking:
    """Return a booking with fees. Half comes back a day before the start, and nothing later."""
    terms = {"refund_percent": "50", "refund_cutoff_hours": 48, "fee_per_booking": "30", **terms}
    terms.setdefault("start_time", timezone.now() + timedelta(days=3))
    return confirmed("A1", "A2", show=scheduled_show(fees_refundable=False, **terms))


def postpone(show: Show, **fields) -> Show:
    """
    Move a show by a day, with an earlier deadline.

    The deadline is two hours before the new start.
    """
    start = show.start_time + timedelta(days=1)
    fields.setdefault("give_back_until", start - timedelta(hours=2))
    return change_show(show_id=show.pk, start_time=start, **fields)


def at_the_deadline(show: Show, *, seconds: int) -> None:
    """Leave this many seconds until the deadline. The database's clock counts."""
    Show.objects.filter(pk=show.pk).update(
        give_back_until=timezone.now() + timedelta(seconds=seconds)
    )


def cancel(booking: Booking) -> Booking:
    return services.cancel_booking(booking_id=booking.pk, cancelled_by=booking.user)


def refunded() -> Decimal:
    return sum(Refund.objects.values_list("amount", flat=True), Decimal(0))


@pytest.mark.sqlite
def test_within_the_deadline_everything_comes_back_with_the_fees() -> None:
    booking = sold()
    postpone(booking.show)
    at_the_deadline(booking.show, seconds=30)
    cancel(booking)
    assert refunded() == booking.total == Decimal("530.000")
    assert list(broken()) == []


@pytest.mark.sqlite
def test_after_the_deadline_the_frozen_rules_hold() -> None:
    booking = sold()
    postpone(booking.show)
    at_the_deadline(booking.show, seconds=-1)
    cancel(booking)
    assert refunded() == Decimal("250.000")
    assert list(broken()) == []


def test_after_the_deadline_and_the_last_rule_nothing_is_cancelled() -> None:
    booking = sold(start_time=timezone.now() + timedelta(hours=20))
    postpone(booking.show)
    at_the_deadline(booking.show, seconds=-1)
    with pytest.raises(InvalidTransition):
        cancel(booking)
    assert refunded() == 0
    at_the_deadline(booking.show, seconds=30)
    cancel(booking)
    assert refunded() == booking.total


def test_the_right_ends_at_the_start_even_with_a_later_deadline() -> None:
    booking = sold(start_time=timezone.now() + timedelta(hours=20))
    change_show(show_id=booking.show_id, start_time=timezone.now() + timedelta(minutes=5))
    now = timezone.now()
    Show.objects.filter(pk=booking.show_id).update(
        start_time=now - timedelta(seconds=1), give_back_until=now + timedelta(hours=1)
    )
    with pytest.raises(InvalidTransition):
        cancel(booking)


def test_a_customer_who_booked_the_new_time_has_the_frozen_rules() -> None:
    show = sold().show
    postpone(show)
    later = confirmed("B1", show=show)
    Refund.objects.all().delete()
    cancel(later)
    assert refunded() == Decimal("125.000")


def test_a_show_that_is_back_at_its_time_gives_no_right() -> None:
    booking = sold()
    first = booking.show.start_time
    postpone(booking.show)
    change_show(show_id=booking.show_id, start_time=first)
    cancel(booking)
    assert refunded() == Decimal("250.000")


def test_a_move_to_another_hall_gives_the_right() -> None:
    booking = sold()
    screen = hall(venue=booking.show.screen.venue)
    services.move_show(show_id=booking.show_id, screen=screen.pk)
    cancel(booking)
    assert refunded() == booking.total


def test_a_change_without_a_deadline_gives_no_right() -> None:
    booking = sold()
    postpone(booking.show, give_back_until=None)
    cancel(booking)
    assert refunded() == Decimal("250.000")


def test_nobody_gives_back_a_ticket_with_which_somebody_came_in() -> None:
    show = show_soon()
    booking = confirmed("A1", show=show)
    start = show.start_time + timedelta(minutes=5)
    change_show(show_id=show.pk, start_time=start, give_back_until=start)
    services.check_in(shown=Shown(payload_of(ticket_of(booking))), by=StaffFactory())
    with pytest.raises((InvalidTransition, AlreadyCheckedIn)):
        cancel(booking)
    assert refunded() == 0


def test_a_dry_run_says_until_when_everything_comes_back(login) -> None:
    booking = sold()
    client = login(booking.user)
    path = f"/api/bookings/{booking.pk}/cancel/?dry_run=true"
    assert client.post(path).json()["give_back_until"] is None
    show = postpone(booking.show)
    body = client.post(path).json()
    assert body["refund"] == "530.00" and body["percent"] == "100"
    assert body["give_back_until"] == show.give_back_until.isoformat().replace("+00:00", "Z")
    assert booking.refunds.count() == 0


def test_staff_set_the_deadline_with_the_new_time(boss_api) -> None:
    show = sold().show
    path = f"/api/shows/{show.pk}/"
    body = {"start_time": (show.start_time + timedelta(days=1)).isoformat()}
    for wrong in (timezone.now() - timedelta(hours=1), show.start_time + timedelta(days=2)):
        answer = boss_api.patch(path, {**body, "give_back_until": wrong.isoformat()})
        assert_problem(answer, 400, "invalid", "give_back_until")
    show.refresh_from_db()
    assert show.give_back_until is None
    deadline = show.start_time + timedelta(hours=1)
    answer = boss_api.patch(path, {**body, "give_back_until": deadline.isoformat()})
    assert answer.status_code == 200, answer.content
    show.refresh_from_db()
    assert show.give_back_until == deadline


def test_staff_set_the_deadline_in_the_form_of_the_show(boss) -> None:
    show = sold().show
    path = f"/admin/shows/show/{show.pk}/change/"
    form = boss.get(path).context["adminform"].form
    data = {name: "" if (value := form[name].value()) is None else value for name in form.fields}
    start = form["start_time"].value() + timedelta(days=1)
    deadline = start - timedelta(hours=3)
    times = {"start_time": start.isoformat(), "give_back_until": deadline.isoformat()}
    data = {name: value for name, value in data.items() if value is not False}
    answer = boss.post(
        path, {**data, "end_time": (start + timedelta(hours=2)).isoformat(), **times}
    )
    assert answer.status_code == 302, answer.context["errors"]
    first = show.start_time
    show.refresh_from_db()
    assert show.start_time - show.give_back_until == timedelta(hours=3)
    assert show.start_time - first < timedelta(days=1, seconds=1)
