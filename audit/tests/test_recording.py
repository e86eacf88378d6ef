"""Everything that staff do leaves one entry, written with its effect."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from audit.models import Entry
from audit.recording import record
from bookings.tests.factories import confirmed, show_soon, ticket_of
from events.tests.factories import EventFactory
from shows.tests.factories import scheduled_show, seat_ids
from users.models import User
from users.tests.factories import StaffFactory
from venues.tests.factories import VenueFactory

pytestmark = pytest.mark.django_db


def only_entry() -> Entry:
    [entry] = Entry.objects.all()
    return entry


def test_change_through_the_api_records_old_and_new_values(boss_api: APIClient) -> None:
    event = EventFactory(title="Lagaan", duration_minutes=224)
    changes = {"title": "Lagaan 2", "duration_minutes": 225}
    response = boss_api.patch(f"/api/events/{event.pk}/", changes)
    assert response.status_code == 200
    entry = only_entry()
    assert (entry.action, entry.object_type) == ("events.change", "events.event")
    assert entry.object_id == str(event.pk)
    assert entry.changes["title"] == ["Lagaan", "Lagaan 2"]
    assert entry.changes["duration_minutes"] == [224, 225]
    assert entry.request_id == response["X-Request-ID"]
    assert entry.actor.is_staff


def test_refused_change_records_nothing(boss_api: APIClient) -> None:
    event = EventFactory()
    assert boss_api.patch(f"/api/events/{event.pk}/", {"title": ""}).status_code == 400
    assert not Entry.objects.exists()


def test_reads_record_nothing(boss_api: APIClient) -> None:
    assert boss_api.get(f"/api/events/{EventFactory().pk}/").status_code == 200
    assert not Entry.objects.exists()


def test_customers_record_nothing(customer_api: APIClient) -> None:
    show = scheduled_show()
    body = {"show_id": show.pk, "seat_ids": seat_ids(show, "A1")}
    assert customer_api.post("/api/bookings/", body).status_code == 201
    assert customer_api.patch("/api/users/me/", {"first_name": "Meera"}).status_code == 200
    assert not Entry.objects.exists()


def test_request_without_a_record_of_its_own_names_its_fields_only(boss_api: APIClient) -> None:
    assert boss_api.patch("/api/users/me/", {"first_name": "Meera"}).status_code == 200
    entry = only_entry()
    assert entry.action == "PATCH /api/users/me/"
    assert entry.changes == {"first_name": None}


def test_dry_run_records_nothing(boss_api: APIClient) -> None:
    show = scheduled_show()
    assert boss_api.post(f"/api/shows/{show.pk}/cancel/", {"dry_run": True}).status_code == 200
    assert not Entry.objects.exists()


def test_cancelling_a_show_records_what_it_did(boss_api: APIClient) -> None:
    booking = confirmed("A1")
    body = {"reason": "A private matter of Mr Rao"}
    assert boss_api.post(f"/api/shows/{booking.show_id}/cancel/", body).status_code == 200
    entry = Entry.objects.get(action="shows.cancel")
    assert entry.changes["status"] == ["scheduled", "cancelled"]
    assert entry.changes["bookings"] == 1
    assert "Rao" not in str(entry.changes)


def test_blocking_seats_is_recorded_without_its_reason(boss_api: APIClient) -> None:
    show = scheduled_show()
    body = {"block": seat_ids(show, "A1"), "reason": "Mrs Rao's mother"}
    assert boss_api.patch(f"/api/shows/{show.pk}/seats/", body).status_code == 200
    entry = only_entry()
    assert entry.action == "shows.block_seats"
    assert len(entry.changes["blocked"]) == 1
    assert "Rao" not in str(entry.changes)


def test_new_prices_are_recorded(boss_api: APIClient) -> None:
    show = scheduled_show(price="250.00")
    category = show.screen.seat_categories.get().name
    prices = {category: "300.00"}
    assert boss_api.patch(f"/api/shows/{show.pk}/", {"prices": prices}).status_code == 200
    [old, new] = only_entry().changes["prices"]
    assert list(old[category].values()) == ["250.00"]
    assert list(new[category].values()) == ["300.00"]


def test_door_is_recorded_in_and_out(boss_api: APIClient) -> None:
    ticket = ticket_of(confirmed("A1", show=show_soon()))
    for path in ("check-in", "check-in/undo"):
        assert boss_api.post(f"/api/bookings/{path}/", {"payload": ticket.code}).status_code == 200
    actions = list(Entry.objects.order_by("pk").values_list("action", "object_id"))
    assert actions == [
        ("tickets.check_in", str(ticket.pk)),
        ("tickets.undo_check_in", str(ticket.pk)),
    ]


def test_reissue_is_recorded_without_the_code(boss_api: APIClient) -> None:
    ticket = ticket_of(confirmed("A1"))
    path = f"/api/bookings/{ticket.booking_id}/tickets/{ticket.pk}/reissue/?all=true"
    assert boss_api.post(path).status_code == 200
    entry = only_entry()
    assert (entry.action, entry.changes) == ("tickets.reissue", {"version": [1, 2]})


def test_cash_session_is_recorded(boss_api: APIClient) -> None:
    opening = {
        "venue": VenueFactory().pk, "station": "Foyer", "currency": "INR", "opening_float": "1.00",
    }  # fmt: skip
    path = "/api/box-office/cash-sessions/"
    session = boss_api.post(path, opening).json()["id"]
    movement = {"kind": "float_in", "amount": "5.00", "reason": "Coins from Mr Rao"}
    assert boss_api.post(f"{path}{session}/movements/", movement).status_code == 201
    assert boss_api.post(f"{path}{session}/close/", {"counted": "6.00"}).status_code == 200
    opened, moved, closed = Entry.objects.order_by("pk")
    assert opened.changes == {"opening_float": "1.00 INR"}
    assert moved.changes == {"kind": "float_in", "amount": "5.00 INR"}
    assert closed.changes["counted"] == [None, "6"]


def test_repeated_request_is_recorded_once(boss_api: APIClient) -> None:
    opening = {
        "venue": VenueFactory().pk, "station": "Foyer", "currency": "INR", "opening_float": "1.00",
    }  # fmt: skip
    for _ in range(2):
        boss_api.post("/api/box-office/cash-sessions/", opening, HTTP_IDEMPOTENCY_KEY="k")
    assert only_entry().action == "cash_sessions.open"


def test_admin_form_records_old_and_new_values(boss: Client) -> None:
    venue = VenueFactory()
    form = boss.get(f"/admin/venues/venue/{venue.pk}/change/").context["adminform"].form
    sent = {name: value for name, value in form.initial.items() if value is not None}
    formsets = boss.get(f"/admin/venues/venue/{venue.pk}/change/").context["inline_admin_formsets"]
    for each in formsets:
        sent |= {
            f"{each.formset.prefix}-{field}": 0
            for field in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")
        }
    response = boss.post(f"/admin/venues/venue/{venue.pk}/change/", sent | {"city": "Pune"})
    assert response.status_code == 302
    entry = only_entry()
    assert (entry.action, entry.object_id) == ("venues.venue.change", str(venue.pk))
    assert entry.changes == {"city": [venue.city, "Pune"]}


def test_admin_action_is_recorded_for_each_row(boss: Client) -> None:
    events = [EventFactory(is_published=False) for _ in range(2)]
    sent = {"action": "publish", "_selected_action": [event.pk for event in events]}
    assert boss.post("/admin/events/event/", sent).status_code == 302
    entries = {(entry.action, int(entry.object_id)) for entry in Entry.objects.all()}
    assert entries == {("events.event.publish", event.pk) for event in events}


def test_names_and_addresses_of_people_are_not_recorded(boss: Client) -> None:
    user = User.objects.create_user("asha@example.org", "a long enough passphrase")
    path = f"/admin/users/user/{user.pk}/change/"
    page = boss.get(path)
    form = page.context["adminform"].form
    sent = {name: value for name, value in form.initial.items() if value and name != "password"}
    for each in page.context["inline_admin_formsets"]:
        sent |= {
            f"{each.formset.prefix}-{field}": 0
            for field in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")
        }
    sent |= {"first_name": "Meera", "email": "meera@example.org", "is_staff": "on"}
    sent.pop("groups", None), sent.pop("user_permissions", None)
    assert boss.post(path, sent).status_code == 302
    changes = only_entry().changes
    assert changes["first_name"] is changes["email"] is None
    assert changes["is_staff"] == [False, True]
    assert "meera" not in str(changes).lower()


def test_entry_goes_with_its_effect_when_the_transaction_fails() -> None:
    with transaction.atomic():
        record("shows.cancel", by=StaffFactory())
        assert Entry.objects.count() == 1
        transaction.set_rollback(True)
    assert not Entry.objects.exists()


# ---- Append-only


@pytest.fixture
def entry() -> Entry:
    return Entry.objects.create(actor=StaffFactory(), action="shows.cancel")


@pytest.mark.sqlite
def test_database_refuses_to_change_or_delete_an_entry(entry: Entry) -> None:
    for statement in (
        "UPDATE audit_entry SET action = 'nothing'",
        "DELETE FROM audit_entry",
    ):
        with (
            pytest.raises(DatabaseError),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
    entry.refresh_from_db()
    assert entry.action == "shows.cancel"


@pytest.mark.sqlite
def test_database_lets_entries_older_than_two_years_go() -> None:
    old = timezone.now() - timedelta(days=731)
    Entry.objects.create(actor=StaffFactory(), action="shows.cancel", at=old)
    assert Entry.objects.all().delete()[0] == 1


def test_admin_shows_entries_and_offers_no_change(staff: Any, entry: Entry) -> None:
    client = staff("view_entry")
    entry_page = f"/admin/audit/entry/{entry.pk}/change/"
    assert b"shows.cancel" in client.get("/admin/audit/entry/").content
    assert client.get(entry_page).status_code == 200
    assert client.post(entry_page, {"action": "nothing"}).status_code == 403
    assert client.get("/admin/audit/entry/add/").status_code == 403
    assert client.post(f"/admin/audit/entry/{entry.pk}/delete/").status_code == 403


def test_admin_hides_entries_from_staff_without_the_permission(staff: Any, entry: Entry) -> None:
    assert staff("view_show").get("/admin/audit/entry/").status_code == 403


def test_the_list_shows_times_in_the_zone_of_the_admin(boss: Client, settings: Any) -> None:
    settings.ADMIN_TIME_ZONE = "Asia/Kolkata"
    late = datetime(2026, 11, 30, 20, 15, 7, tzinfo=UTC)
    changes = {"start_time": ["2026-07-01T18:30:00+00:00", "2026-99-99T00:00:00Z"]}
    what = {"action": "shows.change", "object_type": "shows.show", "changes": changes}
    Entry.objects.create(actor=StaffFactory(), at=late, **what)
    page = boss.get("/admin/audit/entry/").content.decode()
    assert "Tue 1 Dec 2026, 01:45:07 IST" in page
    assert "start_time: Thu 2 Jul 2026, 00:00:00 IST → &quot;2026-99-99T00:00:00Z&quot;" in page
