"""Reading the seating plans of pretix."""

import math
from typing import Any

import pytest

from venues.errors import InvalidLayout
from venues.layouts import PALETTE, LayoutCategory, LayoutSeat, read_layout
from venues.tests.plans import a_plan, a_row, a_seat, a_zone, theatre

NESTED: list[Any] = []
for _ in range(80):
    NESTED = [NESTED]


def faults_of(document: Any) -> dict[str, str]:
    with pytest.raises(InvalidLayout) as refusal:
        read_layout(document)
    return {fault["field"]: fault["detail"] for fault in refusal.value.members["errors"]}


def warnings_of(document: Any) -> dict[str, str]:
    return {warning["field"]: warning["detail"] for warning in read_layout(document).warnings}


# ---- The seats of a plan


def test_positions_add_up_zone_row_and_seat() -> None:
    plan = read_layout(theatre())
    assert [(seat.x, seat.y) for seat in plan.seats] == [
        (100, 50), (120, 50), (160, 50), (120.5, 80), (5, 200),
    ]  # fmt: skip
    assert plan.warnings == []


def test_a_row_without_a_position_is_where_its_zone_is() -> None:
    document = theatre()
    del document["zones"][0]["rows"][0]["position"]
    assert [(seat.x, seat.y) for seat in read_layout(document).seats[:2]] == [(100, 50), (120, 50)]


def test_a_row_that_several_zones_have_is_told_with_its_zone() -> None:
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
def test_a_zone_without_a_name_is_told_by_its_place(unnamed: dict[str, str]) -> None:
    document = theatre()
    del document["zones"][1]["name"]
    document["zones"][1] |= unnamed
    seat = read_layout(document).seats[-1]
    assert (seat.section, seat.row) == ("", "Zone 2 A")


def test_a_row_may_come_in_parts() -> None:
    halves = [a_row("A", a_seat("1", "1")), a_row("A", a_seat("2", "2", 50))]
    plan = read_layout(a_plan(a_zone("Stalls", *halves)))
    assert [(seat.row, seat.number) for seat in plan.seats] == [("A", "1"), ("A", "2")]


def test_zones_of_one_name_are_told_apart_by_their_numbers() -> None:
    zones = [a_zone("Box", a_row("A", a_seat(n, n, 30 * int(n)))) for n in ("1", "2")]
    assert [seat.row for seat in read_layout(a_plan(*zones)).seats] == ["Box A", "Box A"]


def test_categories_are_those_that_seats_use_in_the_order_of_the_list() -> None:
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


# ---- Warnings


def test_unknown_members_are_told_once_for_all_alike() -> None:
    document = theatre() | {"version": 3}
    for zone in document["zones"]:
        zone["areas"] = [{"shape": "star", "glow": True}]
        for row in zone["rows"]:
            for seat in row["seats"]:
                seat["note"] = {"x": 1}
    assert warnings_of(document) == {
        "version": "Not a field of seating plans: kept, but not used.",
        "zones.0.areas.0.glow": "Not a field of seating plans: kept, but not used. 1 more alike.",
        "zones.0.areas.0.shape": "Not a shape of seating plans: it will not be drawn. 1 more alike.",
        "zones.0.rows.0.seats.0.note": "Not a field of seating plans: kept, but not used. "
        "4 more alike.",
    }


def test_odd_positions_are_told() -> None:
    document = theatre()
    document["zones"][0]["rows"][0]["seats"][1]["position"]["x"] = 0
    document["zones"][1]["position"]["y"] = 400.5
    assert list(warnings_of(document)) == [
        "zones.0.rows.0.seats.1.position", "zones.1.rows.0.seats.0.position",
    ]  # fmt: skip


def test_optional_members_may_be_null_where_the_schema_says_so() -> None:
    document = theatre()
    document["zones"][0]["rows"][0] |= {
        "row_label": None, "seat_label": None, "row_number_position": None,
    }  # fmt: skip
    document["zones"][0]["rows"][0]["seats"][0]["start_direction"] = None
    assert read_layout(document).warnings == []


# ---- Refusals


S = "zones.0.rows.0.seats.0"
WRONG_VALUES: list[tuple[str, list[Any]]] = [
    (f"{S}.seat_guid", ["", " ", " s", "s ", "a\0b", 5, None, "x" * 191, ["s"]]),
    (f"{S}.seat_number", ["", "\t", " 3", "3 ", "3\n", "\0", 3, True, None, "x" * 21, {}]),
    (f"{S}.category", ["", "Stalls ", "Gold", "stalls", 5, None, "x" * 101]),
    (f"{S}.position", [None, [], 5, "0,0"]),
    (
        f"{S}.position.x",
        ["0", None, True, math.nan, math.inf, -math.inf, 1e300, 10**400, 1_000_001],
    ),
    (f"{S}.radius", ["9", -1, math.inf, True, None]),
    (f"{S}.uuid", [5, None]),
    (f"{S}.start_direction", [5, []]),
    (S, [None, 5, "A1", []]),
    ("zones.0.rows.0.row_number", ["", " ", "A ", " A", "A\0", 1, None, "x" * 121, []]),
    ("zones.0.rows.0.row_label", [5]),
    ("zones.0.rows.0.row_number_position", [True]),
    ("zones.0.rows.0.position", [None, []]),
    ("zones.0.rows.0.position.y", [math.nan, "1", 1e7]),
    ("zones.0.rows.0.seats", [None, {}, "ABC", 5]),
    ("zones.0.rows.0", [None, "A", 5]),
    ("zones.0.name", [5, None, " ", "Stalls ", "a\0", "x" * 101]),
    ("zones.0.position", [None, 5]),
    ("zones.0.position.x", [math.inf, False]),
    ("zones.0.rows", [None, {}, 5]),
    ("zones.0.areas", [{}, 5, None]),
    ("zones.0.areas.0", [5, None]),
    ("zones.0.areas.0.color", [5, None]),
    ("zones.0.areas.0.rotation", ["0", math.nan]),
    ("zones.0.areas.0.shape", [5]),
    ("zones.0.areas.0.rectangle", [5, None]),
    ("zones.0.areas.0.rectangle.width", [-1, "5", None]),
    ("zones.0.areas.0.text.text", [5, None, "a\0"]),
    ("zones.0.areas.0.text.size", ["5"]),
    ("zones.0", [None, 5, []]),
    ("zones", [None, {}, 5, "x"]),
    ("categories", [None, {}, 5]),
    ("categories.1", [None, 5]),
    ("categories.1.name", ["", " ", 5, None, "x" * 101]),
    ("categories.0.color", [5, None]),
    ("size", [None, 5, []]),
    ("size.width", [0, -1, "5", None, math.nan, 1e9]),
    ("name", [5, None, "a\0"]),
    ("extra", ["\0", "\ud800", math.nan, {"a": math.inf}]),
]


@pytest.mark.parametrize(
    ("path", "value"), [(path, value) for path, values in WRONG_VALUES for value in values]
)
def test_a_wrong_value_is_named_by_its_exact_place(path: str, value: Any) -> None:
    document = theatre() | {"extra": 1}
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    target: Any = document
    for part in parents:
        target = target[part]
    target[last] = value
    places = list(faults_of(document))
    if path == "extra" and isinstance(value, dict):
        path = "extra.a"
    assert places[0] == path
    # Categories whose name is wrong are missed by the seats that have the right one.
    others = [place for place in places[1:] if not place.endswith(".category")]
    assert others == []


@pytest.mark.parametrize(
    "path",
    ["name", "size", "categories", "size.height", "categories.0.name", "zones.0.position",
     "zones.0.rows", "zones.0.position.y", "zones.0.rows.0.row_number", "zones.0.rows.0.seats",
     "zones.0.areas.0.rectangle.height", "zones.0.areas.0.text.text",
     "zones.0.areas.0.text.position", f"{S}.seat_guid", f"{S}.seat_number", f"{S}.position",
     f"{S}.category", f"{S}.position.x"],
)  # fmt: skip
def test_what_a_plan_lacks_is_named(path: str) -> None:
    document = theatre()
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    target: Any = document
    for part in parents:
        target = target[part]
    del target[last]
    assert faults_of(document)[path] == "This field is required."


def test_a_plan_without_zones_is_not_taken_for_a_plain_hall() -> None:
    document = theatre()
    del document["zones"]
    assert list(faults_of(document)) == ["zones"]


@pytest.mark.parametrize("zones", [[], [a_zone("Stalls")], [a_zone("Stalls", a_row("A"))]])
def test_a_plan_without_seats_is_refused(zones: list[Any]) -> None:
    assert faults_of(a_plan(*zones)) == {"zones": "There are no seats in this plan."}


def test_a_guid_that_appears_twice_is_named_in_both_places() -> None:
    document = theatre()
    document["zones"][1]["rows"][0]["seats"][0]["seat_guid"] = "s-1"
    assert faults_of(document) == {
        "zones.1.rows.0.seats.0.seat_guid": "s-1 is the GUID of zones.0.rows.0.seats.1.seat_guid "
        "as well."
    }


def test_a_label_that_appears_twice_in_a_row_is_named_in_both_places() -> None:
    document = theatre()
    document["zones"][0]["rows"][0]["seats"][2]["seat_number"] = "3"
    assert faults_of(document) == {
        "zones.0.rows.0.seats.2.seat_number": "Row Stalls A has a seat 3 already: "
        "zones.0.rows.0.seats.0.seat_number."
    }


@pytest.mark.parametrize(
    "zones",
    [
        [a_zone("Box", a_row("A", a_seat("1", "1"))), a_zone("Box", a_row("A", a_seat("2", "1")))],
        [a_zone("Box", a_row("A", a_seat("1", "1")), a_row("A", a_seat("2", "1")))],
        [a_zone("Box", a_row("A", a_seat("1", "1"))), a_zone("B", a_row("A", a_seat("2", "1")),
                                                             a_row("Box A", a_seat("3", "1")))],
    ],
)  # fmt: skip
def test_seats_that_would_be_called_alike_are_refused(zones: list[Any]) -> None:
    (detail,) = faults_of(a_plan(*zones)).values()
    assert "Row Box A has a seat 1 already" in detail or "Row A has a seat 1 already" in detail


def test_a_row_too_long_with_its_zone_is_refused_once() -> None:
    document = theatre()
    document["zones"][0]["name"] = "x" * 100
    for zone in document["zones"]:
        zone["rows"][0]["row_number"] = "y" * 20
    assert list(faults_of(document)) == ["zones.0.rows.0.row_number"]


def test_a_category_listed_twice_is_refused() -> None:
    document = theatre()
    document["categories"].append({"name": "Stalls"})
    assert list(faults_of(document)) == ["categories.2.name"]


def test_all_faults_of_a_plan_are_reported_at_once() -> None:
    document = theatre() | {"size": {"width": 5}, "extra": "\0"}
    document["zones"][0]["rows"][0]["seats"][0] |= {"seat_guid": "b-1", "category": "Gold"}
    document["zones"][0]["rows"][0]["seats"][1]["seat_number"] = "2"
    document["zones"][0]["rows"][1]["row_number"] = " B"
    document["zones"][1]["position"]["x"] = math.nan
    assert sorted(faults_of(document)) == [
        "extra",
        "size.height",
        "zones.0.rows.0.seats.0.category",
        "zones.0.rows.0.seats.2.seat_number",
        "zones.0.rows.1.row_number",
        "zones.1.position.x",
        "zones.1.rows.0.seats.0.seat_guid",
    ]


def test_a_tower_of_lists_is_refused() -> None:
    assert "More than 64 levels deep." in faults_of(theatre() | {"extra": NESTED}).values()


@pytest.mark.parametrize("number", [1e20, -1e300, 2**63, 10**400, math.inf, math.nan])
def test_numbers_that_could_not_be_given_back_are_refused(number: float) -> None:
    assert list(faults_of(theatre() | {"extra": [number]})) == ["extra.0"]


def test_names_that_cannot_be_stored_are_refused() -> None:
    assert faults_of(theatre() | {"a\0": 1, "size": {"width": 1, "height": 1, "\ud800": 1}}) == {
        "": "A name holds characters that cannot be stored.",
        "size": "A name holds characters that cannot be stored.",
    }


# ---- The side list


def with_marks(versions: Any) -> dict[str, Any]:
    return {"plan": theatre(), "seats": versions}


def test_a_side_list_marks_seats_by_their_guids() -> None:
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
def test_a_fault_of_the_side_list_is_named_by_its_place(versions: Any, place: str) -> None:
    assert list(faults_of(with_marks(versions))) == [place]


def test_faults_of_plan_and_side_list_are_reported_at_once() -> None:
    document = with_marks({"s-9": {}}) | {"more": 1}
    document["plan"]["name"] = 5
    assert sorted(faults_of(document)) == ["more", "plan.name", "seats.s-9"]


@pytest.mark.parametrize("plan", [None, 5, [], {}, {"rows": []}])
def test_a_side_list_needs_a_plan_with_guids(plan: Any) -> None:
    assert all(place.startswith("plan") for place in faults_of({"plan": plan, "seats": {}}))


def test_the_place_of_a_twin_is_told_with_the_plan_in_front() -> None:
    document = with_marks({})
    document["plan"]["zones"][1]["rows"][0]["seats"][0]["seat_guid"] = "s-3"
    ((place, detail),) = faults_of(document).items()
    assert place == "plan.zones.1.rows.0.seats.0.seat_guid"
    assert "plan.zones.0.rows.0.seats.0.seat_guid" in detail
