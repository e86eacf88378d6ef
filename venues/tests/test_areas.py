"""Areas of general admission in seating plans, and the focal point."""

from typing import Any

import pytest

from eventbooking_system.errors import InUse
from shows.models import ShowSeat
from shows.selectors import areas_of
from shows.tests.factories import scheduled_show
from venues import selectors, services
from venues.errors import InvalidLayout
from venues.layouts import read_layout
from venues.models import Layout, Screen, Seat
from venues.tests.factories import ScreenFactory
from venues.tests.plans import a_plan, a_zone, theatre

pytestmark = pytest.mark.django_db

RECTANGLE = {"x": 1, "y": 2, "width": 3, "height": 4}


def an_area(name: str = "Floor", capacity: int = 5, **more: Any) -> dict[str, Any]:
    return {"name": name, "capacity": capacity, "category": "Standing", **more}


def club(capacity: int = 5, *, rows: bool = True, **more: Any) -> dict[str, Any]:
    row = {"row": "A", "seats": 4, "category": "Gold"}
    return {"rows": [row] if rows else [], "areas": [an_area(capacity=capacity)], **more}


def screen_with(document: Any) -> Screen:
    screen = ScreenFactory()
    services.replace_layout(screen_id=screen.pk, document=document)
    screen.refresh_from_db()
    return screen


def faults(document: Any) -> dict[str, str]:
    with pytest.raises(InvalidLayout) as refusal:
        read_layout(document)
    return {fault["field"]: fault["code"] for fault in refusal.value.members["errors"]}


def numbers(screen: Screen) -> list[str]:
    return [seat.number for seat in screen.seats.filter(area="Floor").order_by("pk")]


def test_an_area_becomes_so_many_places() -> None:
    document = club(3)
    screen = screen_with(document)
    assert screen.layout.document == document
    assert Screen.objects.with_capacity().get(pk=screen.pk).capacity == 7
    places = screen.seats.filter(area="Floor")
    assert {(str(place), place.row, place.category.name) for place in places} == {
        ("Floor", "Floor", "Standing")
    }
    assert numbers(screen) == ["1", "2", "3"]
    assert len(selectors.seats_of(screen_id=screen.pk)) == 4


def test_an_area_is_drawn_where_it_says_or_else_behind_the_seats() -> None:
    areas = [an_area(), an_area("Terrace", **RECTANGLE), an_area("Lawn")]
    screen = screen_with(club(areas=areas))
    floor, terrace, lawn = screen.layout.areas
    assert terrace == {"name": "Terrace", **RECTANGLE}
    assert (floor["x"], floor["width"]) == (0, 3) and 0 < floor["y"] < lawn["y"]


def test_a_hall_may_have_areas_only() -> None:
    assert screen_with(club(rows=False)).seats.count() == 5
    assert screen_with({"areas": [an_area()]}).seats.count() == 5


def test_a_plan_of_pretix_has_areas_beside_it() -> None:
    area = an_area(category="Circle", **RECTANGLE)
    document = {"plan": theatre(), "areas": [area], "focal_point": {"x": 7, "y": 8}}
    layout = screen_with(document).layout
    assert layout.document == document
    assert layout.areas == [{"name": "Floor", **RECTANGLE}]
    assert (layout.focus_x, layout.focus_y) == (7, 8)
    assert Seat.objects.filter(screen=layout.screen, area="Floor").count() == 5


def test_a_plan_of_pretix_without_seats_needs_an_area() -> None:
    document = {"plan": a_plan(a_zone("Ground")), "areas": [an_area(category="Stalls")]}
    assert read_layout(document).capacity == 5
    assert faults({"plan": document["plan"]}) == {"plan.zones": "required"}


@pytest.mark.parametrize(
    ("area", "place", "code"),
    [
        (7, "areas.0", "invalid"),
        ({"name": "Floor", "category": "Standing"}, "areas.0.capacity", "required"),
        (an_area(capacity=0), "areas.0.capacity", "invalid"),
        (an_area(capacity=100_001), "areas.0.capacity", "invalid"),
        (an_area(capacity="5"), "areas.0.capacity", "invalid"),
        (an_area(name=" Floor"), "areas.0.name", "invalid"),
        (an_area(name="12"), "areas.0.name", "invalid"),
        (an_area(name="A"), "areas.0.name", "duplicate"),
        (an_area(category=""), "areas.0.category", "blank"),
        (an_area(x=1), "areas.0.width", "required"),
        (an_area(**{**RECTANGLE, "height": 0}), "areas.0.height", "out_of_range"),
        (an_area(**{**RECTANGLE, "x": "1"}), "areas.0.x", "invalid"),
        (an_area(shape="round"), "areas.0.shape", "unknown_field"),
    ],
)
def test_faults_of_an_area_are_named(area: Any, place: str, code: str) -> None:
    assert faults(club(areas=[area]))[place] == code
    in_plan = {"plan": theatre(), "areas": [area]}
    if not isinstance(area, dict) or area.get("name") != "A":
        assert faults(in_plan)[place] == code


def test_faults_of_areas_are_told_all_at_once() -> None:
    wrong = club(
        areas=[an_area(), an_area(), an_area("Lawn", 100_000)],
        categories=[{"name": "Gold"}],
        focal_point={"x": 1, "z": 2},
    )
    assert faults(wrong) == {
        "areas": "max_length",
        "areas.0.category": "invalid",
        "areas.1.category": "invalid",
        "areas.1.name": "duplicate",
        "areas.2.category": "invalid",
        "focal_point.y": "required",
        "focal_point.z": "unknown_field",
    }
    assert faults({"plan": theatre(), "areas": [an_area()]}) == {"areas.0.category": "invalid"}


# ---- The focal point


def test_a_plan_that_draws_a_stage_says_where_the_front_is_and_names_no_focal_point() -> None:
    # The zone is at 100, 50; the stage at 10, -40, and 100 by 20.
    layout = read_layout(theatre())
    assert (layout.stage, layout.focus) == ((160, 20), None)


@pytest.mark.parametrize("label", ["Main Stage", "SCREEN 1", "Stage / Bühne", "मंच", "écran"])
def test_a_stage_is_known_by_its_label(label) -> None:
    plan = theatre()
    plan["zones"][0]["areas"][0]["text"]["text"] = label
    assert read_layout(plan).stage == (160, 20)


@pytest.mark.parametrize("label", ["Backstage", "Stage bar", "1", "Screening room", ""])
def test_other_shapes_are_not_drawn_as_a_stage(label) -> None:
    plan = theatre()
    plan["zones"][0]["areas"][0]["text"]["text"] = label
    assert read_layout(plan).stage is None


def test_a_stage_that_is_turned_keeps_its_corner() -> None:
    plan = theatre()
    plan["zones"][0]["areas"][0]["rotation"] = 90
    assert read_layout(plan).stage == pytest.approx((100, 60))


# ---- Another capacity


def test_a_capacity_grows_and_shrinks() -> None:
    screen = screen_with(club(2))
    services.replace_layout(screen_id=screen.pk, document=club(4))
    assert numbers(screen) == ["1", "2", "3", "4"]
    services.replace_layout(screen_id=screen.pk, document=club(1))
    assert numbers(screen) == ["1"]


def test_places_that_shows_need_stay_when_a_capacity_changes() -> None:
    screen = screen_with(club(3))
    show = scheduled_show(screen=screen)
    stock = set(ShowSeat.objects.filter(show=show).values_list("seat", flat=True))
    for capacity in (5, 2):
        with pytest.raises(InUse):
            services.replace_layout(screen_id=screen.pk, document=club(capacity))
        services.replace_layout(screen_id=screen.pk, document=club(capacity), new_version=True)
        assert screen.seats.filter(area="Floor").count() == capacity
        assert set(ShowSeat.objects.filter(show=show).values_list("seat", flat=True)) == stock
        assert [area["total"] for area in areas_of(show)] == [3]
    # Places of an area are alike, so new shows also use the places of old ones.
    assert set(screen.seats.filter(area="Floor").values_list("pk", flat=True)) < stock


def test_an_area_may_move_while_it_sells() -> None:
    screen = screen_with(club())
    show = scheduled_show(screen=screen)
    services.replace_layout(screen_id=screen.pk, document=club(areas=[an_area(**RECTANGLE)]))
    assert [(area["x"], area["total"]) for area in areas_of(show)] == [(1, 5)]


# ---- Versions


def test_a_show_keeps_the_version_that_it_was_scheduled_with() -> None:
    screen = screen_with(club(3))
    old = scheduled_show(screen=screen)
    services.replace_layout(
        screen_id=screen.pk, document=club(areas=[an_area(**RECTANGLE)]), new_version=True
    )
    screen.refresh_from_db()
    assert old.layout.document == club(3)
    assert screen.layout.document["areas"] == [an_area(**RECTANGLE)]
    assert [area["total"] for area in areas_of(old)] == [3]


def test_versions_that_no_show_has_are_forgotten() -> None:
    screen = screen_with(club(3))
    for capacity in (4, 5):
        services.replace_layout(screen_id=screen.pk, document=club(capacity), new_version=True)
    assert Layout.objects.get().document == club(5)


def test_a_change_of_seats_is_a_new_revision_of_all_versions() -> None:
    screen = screen_with(club(3))
    show = scheduled_show(screen=screen)
    before = show.layout.revision
    services.replace_layout(screen_id=screen.pk, document=club(4), new_version=True)
    show.layout.refresh_from_db()
    assert show.layout.revision != before
