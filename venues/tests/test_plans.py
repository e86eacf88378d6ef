"""Reading the seating plans of pretix."""

from typing import Any

import pytest

from venues.layouts import PALETTE, LayoutCategory, LayoutSeat, read_layout
from venues.tests.plans import (
    a_plan,
    a_row,
    a_seat,
    a_zone,
    faults_of,
    theatre,
    warnings_of,
)


def test_positions_of_zone_row_and_seat_add_up() -> None:
    plan = read_layout(theatre())
    assert [(seat.x, seat.y) for seat in plan.seats] == [
        (100, 50), (120, 50), (160, 50), (120.5, 80), (5, 200),
    ]  # fmt: skip
    assert plan.warnings == []


def test_row_without_a_position_is_at_its_zone() -> None:
    document = theatre()
    del document["zones"][0]["rows"][0]["position"]
    assert [(seat.x, seat.y) for seat in read_layout(document).seats[:2]] == [(100, 50), (120, 50)]


def test_row_in_several_zones_is_labelled_with_its_zone() -> None:
    plan = read_layout(theatre())
    assert [(seat.section, seat.row, seat.number) for seat in plan.seats] == [
        ("Stalls", "Stalls A", "3"),
        ("Stalls", "Stalls A", "1"),
        ("Stalls", "Stalls A", "2"),
        ("Stalls", "B", "1"),
        ("Balcony", "Balcony A", "1"),
    ]
    assert plan.seats[3] == LayoutSeat(
        row="B", number="1", category="Stalls", x=120.5, y=80, section="Stalls", guid="s-4"
    )


@pytest.mark.parametrize("unnamed", [{}, {"name": ""}])
def test_zone_without_a_name_is_labelled_by_its_place(unnamed: dict[str, str]) -> None:
    document = theatre()
    del document["zones"][1]["name"]
    document["zones"][1] |= unnamed
    seat = read_layout(document).seats[-1]
    assert (seat.section, seat.row) == ("", "Zone 2 A")


def test_plan_may_list_a_row_in_parts() -> None:
    halves = [a_row("A", a_seat("1", "1")), a_row("A", a_seat("2", "2", 50))]
    plan = read_layout(a_plan(a_zone("Stalls", *halves)))
    assert [(seat.row, seat.number) for seat in plan.seats] == [("A", "1"), ("A", "2")]


def test_zones_of_one_name_are_numbered() -> None:
    zones = [a_zone("Box", a_row("A", a_seat(n, n, 30 * int(n)))) for n in ("1", "2")]
    assert [seat.row for seat in read_layout(a_plan(*zones)).seats] == ["Box A", "Box A"]


def test_categories_of_a_plan_are_the_used_ones_in_order() -> None:
    assert read_layout(theatre()).categories == [
        LayoutCategory("Stalls", "#7f4a91"),
        LayoutCategory("Circle", PALETTE[1]),
    ]
    document = theatre()
    document["categories"] = [
        {"name": "Unused"}, {"name": "Circle", "color": "#fa0"}, {"name": "Stalls", "color": "red"},
    ]  # fmt: skip
    plan = read_layout(document)
    assert plan.categories == [
        LayoutCategory("Circle", "#ffaa00"),
        LayoutCategory("Stalls", PALETTE[1]),
    ]
    assert [warning["field"] for warning in plan.warnings] == ["categories.2.color"]


def test_zones_without_seats_are_for_drawing() -> None:
    document = theatre()
    shapes = [
        {"shape": "circle", "circle": {"radius": 5}, "position": {"x": 1, "y": 1}},
        {"shape": "ellipse", "ellipse": {"radius": {"x": 5, "y": 6}}, "border_color": "#000"},
        {"shape": "polygon", "polygon": {"points": [{"x": 0, "y": 0}, {"x": 9, "y": 1.5}]}},
        {"shape": "text", "text": {"text": "Bar", "position": {"x": 0, "y": 0}}},
    ]
    document["zones"].append(a_zone("Foyer", areas=shapes))
    assert len(read_layout(document).seats) == 5


def test_unknown_members_of_a_plan_cause_one_warning_for_all_alike() -> None:
    document = theatre() | {"version": 3}
    for zone in document["zones"]:
        zone["areas"] = [{"shape": "star", "glow": True}]
        for row in zone["rows"]:
            for seat in row["seats"]:
                seat["note"] = {"x": 1}
    assert warnings_of(document) == {
        "version": "This is not a field of seating plans. It is kept, but not used.",
        "zones.0.areas.0.glow": "This is not a field of seating plans. It is kept, but not used. 1 more alike.",
        "zones.0.areas.0.shape": "This is not a shape of seating plans. It is not drawn. 1 more alike.",
        "zones.0.rows.0.seats.0.note": "This is not a field of seating plans. It is kept, but not used. "
        "4 more alike.",
    }


def test_odd_positions_in_a_plan_cause_a_warning() -> None:
    document = theatre()
    document["zones"][0]["rows"][0]["seats"][1]["position"]["x"] = 0
    document["zones"][1]["position"]["y"] = 400.5
    assert list(warnings_of(document)) == [
        "zones.0.rows.0.seats.1.position", "zones.1.rows.0.seats.0.position",
    ]  # fmt: skip


def test_optional_members_of_a_plan_may_be_null_by_the_schema() -> None:
    document = theatre()
    document["zones"][0]["rows"][0] |= {
        "row_label": None, "seat_label": None, "row_number_position": None,
    }  # fmt: skip
    document["zones"][0]["rows"][0]["seats"][0]["start_direction"] = None
    assert read_layout(document).warnings == []


def with_marks(versions: Any) -> dict[str, Any]:
    return {"plan": theatre(), "seats": versions}


def test_side_list_marks_seats_by_their_guids() -> None:
    couple = {"couple": "C1"}
    versions = {
        "s-3": {"accessible": True}, "s-1": {"companion": True, **couple}, "s-2": couple,
        "b-1": {"restricted_view": True, "accessible": False},
    }  # fmt: skip
    seats = {seat.guid: seat for seat in read_layout(with_marks(versions)).seats}
    assert [guid for guid, seat in seats.items() if seat.accessible] == ["s-3"]
    assert [guid for guid, seat in seats.items() if seat.companion] == ["s-1"]
    assert [guid for guid, seat in seats.items() if seat.restricted_view] == ["b-1"]
    assert {guid: seat.couple for guid, seat in seats.items() if seat.couple} == {
        "s-1": "C1", "s-2": "C1",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("versions", "place"),
    [
        (None, "seats"), ([], "seats"), ("x", "seats"), ({"s-9": {}}, "seats.s-9"),
        ({"s-1": 5}, "seats.s-1"), ({"s-1": None}, "seats.s-1"),
        ({"s-1": {"accessible": 1}}, "seats.s-1.accessible"),
        ({"s-1": {"accessible": None}}, "seats.s-1.accessible"),
        ({"s-1": {"companion": "yes"}}, "seats.s-1.companion"),
        ({"s-1": {"accessible": True, "companion": True}}, "seats.s-1.companion"),
        ({"s-1": {"sofa": True}}, "seats.s-1.sofa"),
        ({"s-1": {"couple": 5}}, "seats.s-1.couple"),
        ({"s-1": {"couple": ""}}, "seats.s-1.couple"),
        ({"s-1": {"couple": "C1 "}}, "seats.s-1.couple"),
        ({"s-1": {"couple": "x" * 51}}, "seats.s-1.couple"),
        ({"s-1": {"couple": "C1"}}, "seats.s-1.couple"),
        ({"s-1": {"couple": "C1"}, "s-4": {"couple": "C1"}}, "seats.s-4.couple"),
    ],
)  # fmt: skip
def test_fault_of_the_side_list_is_refused_by_its_place(versions: Any, place: str) -> None:
    assert list(faults_of(with_marks(versions))) == [place]


def test_faults_of_plan_and_side_list_are_reported_at_once() -> None:
    document = with_marks({"s-9": {}}) | {"more": 1}
    document["plan"]["name"] = 5
    assert sorted(faults_of(document)) == ["more", "plan.name", "seats.s-9"]


@pytest.mark.parametrize("plan", [None, 5, [], {}, {"rows": []}])
def test_side_list_needs_a_plan_with_guids(plan: Any) -> None:
    assert all(place.startswith("plan") for place in faults_of({"plan": plan, "seats": {}}))


def test_place_of_a_repeated_guid_begins_with_plan() -> None:
    document = with_marks({})
    document["plan"]["zones"][1]["rows"][0]["seats"][0]["seat_guid"] = "s-3"
    ((place, detail),) = faults_of(document).items()
    assert place == "plan.zones.1.rows.0.seats.0.seat_guid"
    assert "plan.zones.0.rows.0.seats.0.seat_guid" in detail
