"""Faults of seating plans, each refused by its place."""

import math
from typing import Any

import pytest

from venues.tests.plans import (
    a_plan,
    a_row,
    a_seat,
    a_zone,
    faults_of,
    theatre,
)

NESTED: list[Any] = []
for _ in range(80):
    NESTED = [NESTED]


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
def test_wrong_value_in_a_plan_is_refused_by_its_exact_place(path: str, value: Any) -> None:
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
def test_missing_members_of_a_plan_are_named(path: str) -> None:
    document = theatre()
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    target: Any = document
    for part in parents:
        target = target[part]
    del target[last]
    assert faults_of(document)[path] == "This field is required."


def test_plan_without_zones_is_refused() -> None:
    document = theatre()
    del document["zones"]
    assert list(faults_of(document)) == ["zones"]


@pytest.mark.parametrize("zones", [[], [a_zone("Stalls")], [a_zone("Stalls", a_row("A"))]])
def test_plan_without_seats_is_refused(zones: list[Any]) -> None:
    assert faults_of(a_plan(*zones)) == {"zones": "There are no seats in this plan."}


def test_repeated_guid_in_a_plan_is_refused_at_both_places() -> None:
    document = theatre()
    document["zones"][1]["rows"][0]["seats"][0]["seat_guid"] = "s-1"
    assert faults_of(document) == {
        "zones.1.rows.0.seats.0.seat_guid": "s-1 is the GUID of zones.0.rows.0.seats.1.seat_guid "
        "as well."
    }


def test_repeated_label_in_a_row_is_refused_at_both_places() -> None:
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
def test_plan_with_seats_of_equal_labels_is_refused(zones: list[Any]) -> None:
    (detail,) = faults_of(a_plan(*zones)).values()
    assert "Row Box A has a seat 1 already" in detail or "Row A has a seat 1 already" in detail


def test_row_label_that_is_too_long_with_its_zone_is_refused_once() -> None:
    document = theatre()
    document["zones"][0]["name"] = "x" * 100
    for zone in document["zones"]:
        zone["rows"][0]["row_number"] = "y" * 20
    assert list(faults_of(document)) == ["zones.0.rows.0.row_number"]


def test_category_listed_twice_is_refused() -> None:
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


def test_deeply_nested_plan_is_refused() -> None:
    assert "More than 64 levels deep." in faults_of(theatre() | {"extra": NESTED}).values()


@pytest.mark.parametrize("number", [1e20, -1e300, 2**63, 10**400, math.inf, math.nan])
def test_plan_with_numbers_that_json_cannot_hold_is_refused(number: float) -> None:
    assert list(faults_of(theatre() | {"extra": [number]})) == ["extra.0"]


def test_plan_with_names_that_cannot_be_stored_is_refused() -> None:
    assert faults_of(theatre() | {"a\0": 1, "size": {"width": 1, "height": 1, "\ud800": 1}}) == {
        "": "A name holds characters that cannot be stored.",
        "size": "A name holds characters that cannot be stored.",
    }
