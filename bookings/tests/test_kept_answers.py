"""
Kept answers are outdated at once by any change.

After each kind of change every public answer is what it is when nothing is kept. The clock of the
process stands still, so that nothing is read anew merely because time has passed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from rest_framework.test import APIClient

from bookings import checkout, services
from bookings.models import Booking
from bookings.tests.factories import held
from eventbooking_system.cache.versioned import clear_local
from events.models import Event, Genre
from events.tests.factories import EventFactory, GenreFactory
from shows.models import Show
from shows.tests.factories import scheduled_show, seat_ids
from users.models import User
from users.tests.factories import StaffFactory
from venues.models import Screen, Venue
from venues.tests.factories import ScreenFactory, VenueFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(datetime.now(UTC), tick=False) as traveller:
        yield traveller


@dataclass
class World:
    show: Show
    spare_event: Event
    spare_venue: Venue
    spare_screen: Screen
    booking: Booking
    staff: APIClient
    admin: Client
    boss: User
    folder: Path

    @property
    def event(self) -> str:
        return f"/api/events/{self.show.event_id}/"

    @property
    def venue(self) -> str:
        return f"/api/venues/{self.show.screen.venue_id}/"

    @property
    def screen(self) -> str:
        return f"{self.venue}screens/{self.show.screen_id}/"

    @property
    def of_show(self) -> str:
        return f"/api/shows/{self.show.pk}/"

    @property
    def of_stock(self) -> list[str]:
        return [self.of_show, f"{self.of_show}seats/", f"{self.of_show}availability/"]

    @property
    def paths(self) -> list[str]:
        return [
            "/api/events/", "/api/events/?search=film", "/api/events/genres/", self.event,
            f"/api/events/{self.spare_event.pk}/",
            "/api/venues/", self.venue, f"/api/venues/{self.spare_venue.pk}/",
            f"{self.venue}screens/", self.screen, f"{self.screen}seats/",
            "/api/shows/", *self.of_stock,
        ]  # fmt: skip


@pytest.fixture
def world(clock, login, tmp_path) -> World:
    show = scheduled_show(rows={"A": 6}, event=EventFactory(title="A film"))
    show.event.genres.add(GenreFactory(name="Drama"))
    boss, admin = StaffFactory(), Client()
    admin.force_login(boss)
    return World(
        show=show,
        spare_event=EventFactory(),
        spare_venue=VenueFactory(),
        spare_screen=ScreenFactory(venue=show.screen.venue),
        booking=held("A1", show=show),
        staff=login(boss),
        admin=admin,
        boss=boss,
        folder=tmp_path,
    )


def ok(response: Any) -> None:
    assert response.status_code in (200, 201, 204, 302), response.content
    if response.status_code == 200 and "text/html" in response["Content-Type"]:
        pytest.fail("the admin shows the form again")


def _in_admin(world: World, path: str, **fields: Any) -> None:
    """Send an admin page's form as served, with these fields changed."""
    page = world.admin.get(path)
    form = page.context["adminform"].form
    formsets = [inline.formset for inline in page.context["inline_admin_formsets"]]
    sent: dict[str, Any] = {}
    for part in (form, *(one.management_form for one in formsets), *(f for one in formsets for f in one.initial_forms)):  # fmt: skip
        for field in part:
            value = field.value()
            if isinstance(value, list):
                value = [getattr(chosen, "pk", chosen) for chosen in value]
            else:
                value = field.field.widget.format_value(value)
            if value is not None and value is not False:
                sent[field.html_name] = value
    ok(world.admin.post(path, {**sent, **fields}))


def _layout(world: World) -> None:
    rows = [{"row": "A", "seats": 6, "category": "Gold"}, {"row": "B", "seats": 2, "category": "Gold"}]  # fmt: skip
    ok(world.staff.put(f"{world.screen}layout/?new_version=true", {"rows": rows}))


def _schedule(world: World) -> None:
    start = (world.show.start_time + timedelta(days=1)).isoformat()
    body = {"event": world.spare_event.pk, "screen": world.show.screen_id, "start_time": start}
    ok(world.staff.post("/api/shows/", {**body, "currency": "INR", "prices": {"Gold": "100.00"}}))


def _import(world: World) -> None:
    path = world.folder / "shows.csv"
    start = world.show.start_time + timedelta(days=2)
    path.write_text(
        "venue,screen,film,start,minutes,price,currency\n"
        f"{world.spare_venue.slug},1,Playtime,{start:%Y-%m-%dT%H:%M}Z,120,100.00,INR\n"
    )
    call_command("import_shows", str(path), "--seats=12", stdout=StringIO())


def _new_price(world: World) -> None:
    ok(world.staff.patch(world.of_show, {"prices": {"Gold": "275.00"}}))


def _show_in_admin(world: World) -> None:
    path = f"/admin/shows/show/{world.show.pk}/change/"
    _in_admin(world, path, prices="Gold: 260.00", language="Hindi", tax_inclusive="on")


def _publish(world: World) -> None:
    chosen = {"_selected_action": [world.show.event_id], "action": "unpublish"}
    ok(world.admin.post("/admin/events/event/", chosen))


def _delete_in_bulk(world: World) -> None:
    chosen = {"_selected_action": [world.spare_event.pk], "action": "delete_selected"}
    ok(world.admin.post("/admin/events/event/", {**chosen, "post": "yes"}))


def _colour(world: World) -> None:
    path = f"/admin/venues/screen/{world.show.screen_id}/change/"
    _in_admin(world, path, **{"seat_categories-0-color": "#123456"})


# The changes of a group are made in this order in one world. Deletions come last.
STAFF: dict[str, dict[str, Callable[[World], Any]]] = {
    "events": {
        "a genre is renamed in the admin": lambda w: _in_admin(
            w, f"/admin/events/genre/{Genre.objects.get(name='Drama').pk}/change/", name="Tragedy"
        ),
        "an event is added": lambda w: ok(
            w.staff.post(
                "/api/events/",
                {"kind": "play", "title": "A film too", "duration_minutes": 9, "is_published": True},
            )
        ),
        "an event is changed": lambda w: ok(w.staff.patch(w.event, {"title": "The film"})),
        "the genres of an event change": lambda w: ok(w.staff.patch(w.event, {"genres": ["Noir"]})),
        "an event is changed in the admin": lambda w: _in_admin(
            w, f"/admin/events/event/{w.show.event_id}/change/", title="Film", is_published="on"
        ),
        "the genres change in the admin": lambda w: _in_admin(
            w, f"/admin/events/event/{w.show.event_id}/change/",
            genres=[Genre.objects.get(name="Tragedy").pk], is_published="on",
        ),
        "an event is deleted": lambda w: ok(w.staff.delete(f"/api/events/{w.spare_event.pk}/")),
        "events are unpublished in the admin": _publish,
    },
    "venues": {
        "a venue is added": lambda w: ok(
            w.staff.post(
                "/api/venues/",
                {"name": "B", "city": "Pune", "country": "IN", "timezone": "Asia/Kolkata"},
            )
        ),
        "a venue is changed": lambda w: ok(w.staff.patch(w.venue, {"name": "Royal"})),
        "a venue is changed in the admin": lambda w: _in_admin(
            w, f"/admin/venues/venue/{w.show.screen.venue_id}/change/", city="Pune", tax_inclusive="on"
        ),
        "a screen is added": lambda w: ok(w.staff.post(f"{w.venue}screens/", {"name": "New"})),
        "a screen is renamed": lambda w: ok(w.staff.patch(w.screen, {"name": "Old"})),
        "a category gets another colour in the admin": _colour,
        "a layout is replaced": _layout,
        "a screen is deleted": lambda w: ok(w.staff.delete(f"{w.venue}screens/{w.spare_screen.pk}/")),
        "a venue is deleted": lambda w: ok(w.staff.delete(f"/api/venues/{w.spare_venue.pk}/")),
        "events are deleted in the admin": _delete_in_bulk,
    },
    "shows": {
        "a show is scheduled": _schedule,
        "a show is changed": lambda w: ok(w.staff.patch(w.of_show, {"format": "IMAX"})),
        "prices change": _new_price,
        "a show is changed in the admin": _show_in_admin,
        "shows are imported": _import,
        "a show is cancelled": lambda w: ok(w.staff.post(f"{w.of_show}cancel/")),
    },
    "a shell": {
        "a shell gives an event a genre": lambda w: w.spare_event.genres.add(Genre.objects.get()),
        "a shell takes genres away": lambda w: w.show.event.genres.clear(),
        "a shell writes rows": lambda w: Event.objects.filter(pk=w.show.event_id).update(title="X"),
        "a shell writes many rows": lambda w: Event.objects.bulk_update(
            [Event(pk=w.show.event_id, title="Y")], ["title"]
        ),
    },
}  # fmt: skip
STOCK: dict[str, Callable[[World], Any]] = {
    "seats are held": lambda w: held("A3", "A4", show=w.show),
    "seats are paid": lambda w: checkout.pay(
        booking_id=w.booking.pk, payment_method="pm_card_visa"
    ),
    "a booking is cancelled": lambda w: services.cancel_booking(
        booking_id=w.booking.pk, cancelled_by=w.boss
    ),
    "seats are blocked": lambda w: ok(
        w.staff.patch(f"{w.of_show}seats/", {"block": seat_ids(w.show, "A5")})
    ),
    "seats are blocked in the admin": lambda w: ok(
        w.admin.post(
            "/admin/shows/showseat/",
            {
                "action": "block",
                "_selected_action": [w.show.show_seats.get(seat__number="6").pk],
            },
        )
    ),
}  # fmt: skip


def answers(paths: list[str], client: APIClient | None = None) -> dict[str, tuple[int, bytes]]:
    client = client or APIClient()
    return {path: (got := client.get(path)).status_code and (got.status_code, got.content) for path in paths}  # fmt: skip


def afresh(paths: list[str]) -> dict[str, tuple[int, bytes]]:
    """Return the answers without a cache."""
    clear_local()
    cache.clear()
    return answers(paths)


@pytest.mark.parametrize("of", STAFF)
def test_no_cached_answer_outlives_a_change_by_staff(
    world, of: str, django_assert_num_queries
) -> None:
    before = answers(world.paths)
    # Whether the venue of a list of screens is there is always asked.
    with django_assert_num_queries(1):
        assert answers(world.paths) == before
    for what, change in STAFF[of].items():
        change(world)
        after = answers(world.paths)
        assert after != before, what
        before = afresh(world.paths)
        assert after == before, what


@pytest.mark.parametrize("what", STOCK)
def test_no_cached_answer_of_a_show_outlives_a_change_of_its_seats(world, what: str) -> None:
    before = answers(world.of_stock)
    STOCK[what](world)
    after = answers(world.of_stock)
    assert after != before
    assert after == afresh(world.of_stock)


def test_control_who_goes_past_the_orm_is_not_noticed(world) -> None:
    before = answers(world.paths)
    with transaction.atomic(), transaction.get_connection().cursor() as cursor:
        cursor.execute("UPDATE events_event SET title = 'Past it'")
    assert answers(world.paths) == before
    assert afresh(world.paths) != before


def test_rolled_back_change_is_never_answered(world) -> None:
    before = answers(world.paths)
    with transaction.atomic():
        Event.objects.update(title="Never")
        # A reader inside sees it, and keeps it for nobody.
        assert b"Never" in APIClient().get(world.event).content
        transaction.set_rollback(True)
    assert answers(world.paths) == before == afresh(world.paths)


def test_staff_are_never_shown_what_is_kept(world) -> None:
    answers(world.paths)
    with transaction.get_connection().cursor() as cursor:
        cursor.execute("UPDATE events_event SET title = 'As it is'")
    assert world.staff.get(world.event).json()["title"] == "As it is"


def test_a_list_of_shows_counts_seats_as_they_were_a_second_ago(world, clock) -> None:
    def left() -> int:
        return APIClient().get("/api/shows/").json()["results"][0]["available_seats"]

    assert left() == 5
    held("A3", show=world.show)
    assert left() == 5
    clock.shift(1)
    assert left() == 4
