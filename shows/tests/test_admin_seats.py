"""Seats of shows at the admin site: the list, and blocking."""

import pytest

from bookings.tests.factories import held, run_out
from shows.models import ShowSeat
from shows.tests.factories import scheduled_show
from shows.tests.show_forms import SEATS, texts

pytestmark = pytest.mark.django_db


def test_seats_are_listed_for_a_show_by_status_and_category(boss):
    show = scheduled_show(rows={"A": 4})
    scheduled_show()
    booking = held("A1", show=show)
    run_out(held("A2", show=show))

    def labels(**query):
        page = boss.get(SEATS, {"show": show.pk, **query})
        return [str(row.seat) for row in page.context["cl"].result_list]

    assert labels() == ["A1", "A2", "A3", "A4"]
    assert labels(status="held") == ["A1"]
    assert labels(status="available") == ["A2", "A3", "A4"]
    assert len(labels(category="Gold")) == 4
    assert booking.reference in boss.get(SEATS, {"show": show.pk}).content.decode()


def test_staff_cannot_write_the_fields_of_a_show_seat(boss):
    seat = scheduled_show().show_seats.first()
    assert boss.get(f"{SEATS}{seat.pk}/change/").status_code == 200
    assert boss.post(f"{SEATS}{seat.pk}/change/", {"status": "blocked"}).status_code == 403
    assert boss.get(f"{SEATS}add/").status_code == 403
    assert boss.post(f"{SEATS}{seat.pk}/delete/", {"post": "yes"}).status_code == 403
    assert ShowSeat.objects.get(pk=seat.pk).status == "available"


def act(client, action, seats, **more):
    body = {"action": action, "_selected_action": [seat.pk for seat in seats], **more}
    return client.post(SEATS, body, follow=True)


def test_staff_block_seats_and_put_them_back(boss):
    show = scheduled_show(rows={"A": 4})
    first, second, *_ = show.show_seats.all()
    response = act(boss, "block", [first, second], reason="Broken")
    assert texts(response) == ["A1, A2: blocked."]
    assert list(show.show_seats.values_list("status", "block_reason"))[:3] == [
        ("blocked", "Broken"), ("blocked", "Broken"), ("available", ""),
    ]  # fmt: skip
    assert texts(act(boss, "unblock", [first])) == ["A1: unblocked."]
    assert show.show_seats.filter(status="blocked").get() == second


@pytest.mark.parametrize("action", ["block", "unblock"])
def test_seats_that_somebody_has_are_named_and_none_is_changed(boss, action):
    show = scheduled_show(rows={"A": 4})
    held("A2", show=show)
    before = list(show.show_seats.values())
    response = act(boss, action, show.show_seats.all())
    assert texts(response) == ["Booked or held: A2. No seat was changed."]
    assert list(show.show_seats.values()) == before


def test_seats_of_two_shows_are_not_blocked_together(boss):
    seats = [scheduled_show().show_seats.first(), scheduled_show().show_seats.first()]
    assert texts(act(boss, "block", seats)) == ["Choose seats of one show only."]
    assert not ShowSeat.objects.exclude(status="available").exists()


@pytest.mark.parametrize("reason", ["x" * 201, "a\0b"])
def test_a_reason_that_cannot_be_stored_blocks_nothing(boss, reason):
    seat = scheduled_show().show_seats.first()
    act(boss, "block", [seat], reason=reason)
    assert not ShowSeat.objects.exclude(status="available").exists()


def test_staff_without_permission_cannot_block_seats(staff):
    show = scheduled_show()
    seat = show.show_seats.first()
    client = staff("view_showseat", "view_show", "change_showseat")
    assert b'value="block"' not in client.get(SEATS).content
    act(client, "block", [seat])
    assert not ShowSeat.objects.exclude(status="available").exists()
    act(staff("view_showseat", "change_show"), "block", [seat])
    assert show.show_seats.get(status="blocked") == seat
