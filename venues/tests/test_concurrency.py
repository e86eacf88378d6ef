"""Changes of a hall at the same moment, on real commits."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection

from eventbooking_system.errors import InUse
from eventbooking_system.testing.races import run_at_once
from shows.models import Show, ShowSeat
from shows.tests.factories import scheduled_show
from venues import services
from venues.models import Screen, Seat, Venue
from venues.querysets import ScreenQuerySet
from venues.tests.factories import ScreenFactory, VenueFactory, hall

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sqlite]


def plan(row: str, seats: int) -> dict[str, Any]:
    return {"rows": [{"row": row, "seats": seats, "category": "Gold"}]}


def _put_two_layouts_at_once() -> Screen:
    screen = ScreenFactory()
    services.replace_layout(screen_id=screen.pk, document=plan("A", 3))
    run_at_once(
        [
            partial(services.replace_layout, screen_id=screen.pk, document=document)
            for document in (plan("B", 20), plan("C", 30))
        ]
    )
    screen.refresh_from_db()
    return screen


def _seats_are_those_of_the_layout(screen: Screen) -> bool:
    (row,) = screen.layout.document["rows"]
    seats = set(screen.seats.values_list("row", "number"))
    return seats == {(row["row"], str(number)) for number in range(1, row["seats"] + 1)}


@pytest.mark.postgres
def test_control_without_the_lock_two_layouts_mix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ScreenQuerySet, "locked", lambda self: self)
    if not all(_seats_are_those_of_the_layout(_put_two_layouts_at_once()) for _ in range(30)):
        return
    pytest.fail("The harness cannot make layouts collide.")


def test_one_of_two_simultaneous_layouts_is_stored_whole() -> None:
    for _ in range(5):
        assert _seats_are_those_of_the_layout(_put_two_layouts_at_once())


def test_a_show_scheduled_while_the_layout_changes_has_stock_of_every_seat() -> None:
    for _ in range(5):
        screen = hall({"A": 20})
        scheduled, replaced = run_at_once(
            [
                partial(scheduled_show, screen=screen),
                partial(services.replace_layout, screen_id=screen.pk, document=plan("B", 30)),
            ]
        )
        assert isinstance(scheduled, Show)
        assert isinstance(replaced, services.LayoutReplacement | InUse)
        stock = ShowSeat.objects.filter(show=scheduled).values_list("seat", flat=True)
        assert set(stock) == set(screen.seats.values_list("pk", flat=True))


def _stock_of(show: Show) -> set[tuple[str, str]]:
    stock = ShowSeat.objects.filter(show=show)
    return set(stock.values_list("seat__row", "seat__number"))


def test_a_show_scheduled_while_a_new_version_comes_has_the_seats_of_one_version() -> None:
    versions = ("A", 20), ("B", 30)
    for _ in range(5):
        screen = hall(dict(versions[:1]))
        earlier = scheduled_show(screen=screen)
        replace = partial(services.replace_layout, screen_id=screen.pk, new_version=True)
        tomorrow = earlier.start_time + timedelta(days=1)
        scheduled, replaced = run_at_once(
            [
                partial(scheduled_show, screen=screen, start_time=tomorrow),
                partial(replace, document=plan(*versions[1])),
            ]
        )
        assert isinstance(replaced, services.LayoutReplacement)
        whole = [{(row, str(n + 1)) for n in range(count)} for row, count in versions]
        assert _stock_of(earlier) == whole[0]
        assert _stock_of(scheduled) in whole
        assert set(screen.seats.values_list("row", "number")) == whole[1]


def test_two_new_versions_at_once_leave_one_whole_and_what_was_sold() -> None:
    for _ in range(5):
        show = scheduled_show(rows={"A": 20})
        replace = partial(services.replace_layout, screen_id=show.screen_id, new_version=True)
        run_at_once([partial(replace, document=plan(row, 30)) for row in ("A", "B")])
        show.screen.refresh_from_db()
        assert _seats_are_those_of_the_layout(show.screen)
        assert _stock_of(show) == {("A", str(n + 1)) for n in range(20)}


def test_a_venue_deleted_while_a_screen_is_added_leaves_no_orphan() -> None:
    for _ in range(5):
        venue = VenueFactory()
        deleted, _ = run_at_once(
            [
                partial(services.delete_venue, venue_id=venue.pk),
                partial(services.create_screen, venue_id=venue.pk, fields={"name": "Screen 1"}),
            ]
        )
        is_there = Venue.objects.filter(pk=venue.pk).exists()
        assert is_there == Screen.objects.filter(venue=venue.pk).exists()
        assert isinstance(deleted, InUse) if is_there else deleted is None


def test_a_screen_deleted_while_a_show_is_scheduled_leaves_no_orphan() -> None:
    for _ in range(5):
        screen = hall()
        deleted, _ = run_at_once(
            [
                partial(services.delete_screen, screen_id=screen.pk),
                partial(scheduled_show, screen=screen),
            ]
        )
        is_there = Screen.objects.filter(pk=screen.pk).exists()
        assert is_there == Show.objects.filter(screen=screen.pk).exists()
        assert is_there == Seat.objects.filter(screen=screen.pk).exists()
        assert isinstance(deleted, InUse) if is_there else deleted is None


def test_screens_of_one_name_added_at_once_are_one() -> None:
    venue = VenueFactory()
    add = partial(services.create_screen, venue_id=venue.pk, fields={"name": "Screen 1"})
    results = run_at_once([add] * 5)
    assert sum(isinstance(result, Screen) for result in results) == 1
    assert venue.screens.count() == 1


def test_the_screen_is_locked_before_its_seats_are_read(
    django_assert_max_num_queries: Any,
) -> None:
    screen = ScreenFactory()
    with django_assert_max_num_queries(30) as queries:
        services.replace_layout(screen_id=screen.pk, document=plan("A", 1))
    # PostgreSQL gets the BEGIN of the transaction with its first statement.
    statements = [query["sql"].removeprefix("BEGIN; ") for query in queries.captured_queries]
    selected = next(sql for sql in statements if sql.startswith("SELECT"))
    assert 'ORDER BY "venues_screen"."id" ASC' in selected
    if connection.vendor == "postgresql":
        assert selected.endswith('FOR NO KEY UPDATE OF "venues_screen"')
