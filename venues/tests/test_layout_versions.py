"""The existing seats of a screen that gets another layout."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from eventbooking_system.errors import InUse, InvalidField
from shows.models import Show, ShowSeat
from shows.selectors import priced_seats
from shows.services import change_show
from shows.tests.factories import scheduled_show
from venues import selectors, services
from venues.models import Screen, Seat
from venues.tests.factories import ScreenFactory
from venues.tests.plans import a_plan, a_row, a_seat, a_zone, theatre

pytestmark = pytest.mark.django_db


def screen_with(document: Any) -> Screen:
    screen = ScreenFactory()
    services.replace_layout(screen_id=screen.pk, document=document)
    return screen


def one_row(*guids_and_numbers: tuple[str, str], category: str = "Stalls") -> dict[str, Any]:
    seats = [
        a_seat(guid, number, 20 * place, category=category)
        for place, (guid, number) in enumerate(guids_and_numbers)
    ]
    return a_plan(a_zone("Stalls", a_row("A", *seats)))


def put(screen: Screen, document: Any, **options: bool) -> services.LayoutReplacement:
    return services.replace_layout(screen_id=screen.pk, document=document, **options)


def ids_by_guid(screen: Screen) -> dict[str, int]:
    return dict(screen.seats.values_list("guid", "pk"))


def labels(screen: Screen) -> dict[str, str]:
    return {seat.guid: f"{seat.row} {seat.number}" for seat in screen.seats.all()}


def everything() -> list[Mapping[str, Any]]:
    return [*Seat.objects.order_by("pk").values(), *ShowSeat.objects.order_by("pk").values()]


def on_the_map(show: Show) -> set[tuple[int, str, str, float]]:
    seats = priced_seats(show.pk).seats
    return {(seat["id"], seat["number"], seat["category"], seat["x"]) for seat in seats}


# ---- Plans become seats


def test_a_plan_with_a_side_list_is_kept_as_it_was_put() -> None:
    document = {"plan": theatre(), "seats": {"s-1": {"restricted_view": True}, "b-1": {}}}
    screen = screen_with(document)
    screen.refresh_from_db()
    assert screen.layout.document == document
    seat = screen.seats.get(guid="s-1")
    assert (seat.section, seat.row, seat.number) == ("Stalls", "Stalls A", "1")
    assert (seat.x, seat.y, seat.category.name, seat.restricted_view) == (120, 50, "Stalls", True)
    assert screen.seats.count() == 5


def test_a_plan_put_again_changes_nothing() -> None:
    screen = screen_with(theatre())
    before = everything()
    assert put(screen, theatre()) == services.LayoutReplacement(5, 0, 0, 0, 0, [])
    assert everything() == before


def test_a_dry_run_tells_and_writes_nothing() -> None:
    screen = screen_with(one_row(("g1", "1"), ("g2", "2")))
    before = everything()
    assert put(screen, one_row(("g2", "3"), ("g4", "4"), ("g5", "5")), dry_run=True) == (
        services.LayoutReplacement(seats=3, added=2, changed=1, removed=1, set_aside=0, warnings=[])
    )
    assert everything() == before
    screen.refresh_from_db()
    assert screen.layout.document == one_row(("g1", "1"), ("g2", "2"))


def test_a_dry_run_refuses_a_layout_that_a_real_run_would_refuse() -> None:
    screen = screen_with(one_row(("g1", "1")))
    scheduled_show(screen=screen)
    with pytest.raises(InUse):
        put(screen, one_row(("g2", "2")), dry_run=True)


# ---- A seat is known by its GUID


def test_a_renamed_seat_stays_the_same_seat() -> None:
    screen = screen_with(one_row(("g1", "1"), ("g2", "2")))
    before = ids_by_guid(screen)
    put(screen, one_row(("g1", "11"), ("g2", "12")))
    assert labels(screen) == {"g1": "A 11", "g2": "A 12"}
    assert ids_by_guid(screen) == before


def test_seats_may_change_names_with_one_another() -> None:
    screen = screen_with(one_row(("g1", "1"), ("g2", "2"), ("g3", "3")))
    before = ids_by_guid(screen)
    put(screen, one_row(("g1", "2"), ("g2", "3"), ("g3", "1")))
    assert labels(screen) == {"g1": "A 2", "g2": "A 3", "g3": "A 1"}
    assert ids_by_guid(screen) == before


def test_a_seat_that_takes_the_name_of_one_that_goes_is_not_that_one() -> None:
    screen = screen_with(one_row(("g1", "1"), ("g2", "2")))
    before = ids_by_guid(screen)
    put(screen, one_row(("g9", "1"), ("g1", "2")))
    assert labels(screen) == {"g9": "A 1", "g1": "A 2"}
    assert ids_by_guid(screen)["g1"] == before["g1"]
    assert not Seat.objects.filter(pk=before["g2"]).exists()


def test_without_its_guid_a_seat_is_known_by_its_row_and_number() -> None:
    screen = screen_with({"rows": [{"row": "A", "seats": 2, "category": "Stalls"}]})
    before = set(screen.seats.values_list("pk", flat=True))
    put(screen, one_row(("g1", "1"), ("g2", "2")))
    assert set(ids_by_guid(screen).values()) == before
    put(screen, one_row(("h1", "1"), ("h2", "2")))
    assert set(ids_by_guid(screen).values()) == before
    assert set(ids_by_guid(screen)) == {"h1", "h2"}


@pytest.mark.parametrize("days", [1, -3])
def test_a_seat_with_stock_is_not_renamed(days: int) -> None:
    screen = screen_with(one_row(("g1", "1"), ("g2", "2")))
    scheduled_show(screen=screen, start_time=timezone.now() + timedelta(days=days))
    before = everything()
    with pytest.raises(InUse) as refusal:
        put(screen, one_row(("g1", "1"), ("g2", "3")))
    assert {"row": "A", "number": "2"} in refusal.value.members["seats"]
    assert everything() == before


def test_a_guid_is_unique_in_a_screen() -> None:
    screen = screen_with(theatre())
    screen_with(theatre())
    seat = screen.seats.get(guid="s-1")
    seat.pk, seat.number = None, "99"
    with pytest.raises(IntegrityError), transaction.atomic():
        seat.save(force_insert=True)


# ---- New versions


def test_a_new_version_is_for_new_shows_and_sold_ones_keep_their_seats() -> None:
    screen = screen_with(one_row(("g1", "1"), ("g2", "2"), ("g3", "3")))
    sold = scheduled_show(screen=screen)
    before, seats_then = ids_by_guid(screen), on_the_map(sold)
    document = one_row(("g1", "1"), ("g2", "22"), ("g4", "3"))
    replacement = put(screen, document, new_version=True)
    assert (replacement.added, replacement.set_aside, replacement.removed) == (2, 2, 0)

    assert on_the_map(sold) == seats_then
    assert labels(screen) == {"g1": "A 1", "g2": "A 22", "g4": "A 3"}
    now = ids_by_guid(screen)
    assert now["g1"] == before["g1"]
    assert now["g2"] != before["g2"]

    coming = scheduled_show(screen=screen, start_time=timezone.now() + timedelta(days=2))
    assert {number for _, number, _, _ in on_the_map(coming)} == {"1", "22", "3"}
    assert {seat["id"] for seat in selectors.seats_of(screen_id=screen.pk)} == set(now.values())
    assert Screen.objects.with_capacity().get(pk=screen.pk).capacity == 3


def test_a_new_version_may_price_and_place_seats_anew() -> None:
    screen = screen_with(one_row(("g1", "1")))
    sold = scheduled_show(screen=screen)
    seats_then = on_the_map(sold)
    document = one_row(("g1", "1"), category="Circle")
    document["zones"][0]["position"]["x"] = 300
    put(screen, document, new_version=True)
    assert on_the_map(sold) == seats_then
    prices = {"Circle": {"": Decimal("90.00")}}
    tomorrow = timezone.now() + timedelta(days=2)
    coming = scheduled_show(screen=screen, start_time=tomorrow, prices=prices)
    assert {(category, x) for _, _, category, x in on_the_map(coming)} == {("Circle", 300)}

    # Each is priced by the categories of its own seats.
    change_show(show_id=sold.pk, prices={"Stalls": {"": Decimal("70.00")}})
    with pytest.raises(InvalidField):
        change_show(show_id=sold.pk, prices=prices)
    assert {seat["price"] for seat in priced_seats(sold.pk).seats} == {"70.00"}


def test_seats_that_nobody_needs_are_changed_and_removed_by_a_new_version_too() -> None:
    screen = screen_with(one_row(("g1", "1"), ("g2", "2")))
    show = scheduled_show(screen=screen)
    Show.objects.filter(pk=show.pk).update(status="cancelled", cancelled_at=timezone.now())
    before = ids_by_guid(screen)
    replacement = put(screen, one_row(("g1", "11")), new_version=True)
    assert (replacement.changed, replacement.removed, replacement.set_aside) == (1, 1, 0)
    assert ids_by_guid(screen) == {"g1": before["g1"]}
    assert Seat.objects.count() == 1


def test_versions_follow_one_another() -> None:
    screen = screen_with(one_row(("g1", "1")))
    shows, maps = [], []
    for day in range(1, 4):
        shows.append(scheduled_show(screen=screen, start_time=timezone.now() + timedelta(days=day)))
        maps.append(on_the_map(shows[-1]))
        document = one_row(("g1", "1"))
        document["zones"][0]["position"]["x"] = 10 * day
        put(screen, document, new_version=True)
    assert [on_the_map(show) for show in shows] == maps
    assert len({seat for seats in maps for seat in seats}) == 3
    assert screen.seats.count() == 1


def test_back_to_an_earlier_version_gives_seats_of_their_own() -> None:
    first, second = one_row(("g1", "1")), one_row(("g1", "2"))
    screen = screen_with(first)
    sold = scheduled_show(screen=screen)
    put(screen, second, new_version=True)
    put(screen, first, new_version=True)
    ((kept, number, _, _),) = on_the_map(sold)
    assert number == "1"
    assert ids_by_guid(screen)["g1"] != kept


def test_a_screen_whose_shows_are_gone_takes_seats_set_aside_with_it() -> None:
    screen = screen_with(one_row(("g1", "1")))
    show = scheduled_show(screen=screen)
    put(screen, one_row(("g2", "2")), new_version=True)
    with pytest.raises(InUse):
        services.delete_screen(screen_id=screen.pk)
    assert Seat.objects.count() == 2
    show.delete()
    services.delete_screen(screen_id=screen.pk)
    assert not Seat.objects.exists()
    assert not Screen.objects.exists()


def test_a_large_hall_is_renamed_in_few_statements(django_assert_max_num_queries: Any) -> None:
    def hall_with_free_seats(first: int) -> Any:
        rows = [
            a_row(str(r), *(a_seat(f"{r}-{n}", f"{n + first}", n) for n in range(100)), y=r)
            for r in range(20)
        ]
        return a_plan(a_zone("Stalls", *rows))

    screen = screen_with(hall_with_free_seats(0))
    before = ids_by_guid(screen)
    with django_assert_max_num_queries(80):
        put(screen, hall_with_free_seats(1))
    assert ids_by_guid(screen) == before
    assert screen.seats.filter(number="100").count() == 20
