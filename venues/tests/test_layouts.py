from typing import Any

import pytest

from venues.errors import InvalidLayout
from venues.layouts import PALETTE, LayoutCategory, LayoutSeat, read_layout
from venues.layouts.findings import MAX_EQUAL_FAULTS


def row(**fields: Any) -> dict[str, Any]:
    return {"row": "A", "seats": 4, "category": "Gold", **fields}


def faults_of(document: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidLayout) as refusal:
        read_layout(document)
    return [(fault["field"], fault["code"]) for fault in refusal.value.members["errors"]]


def test_a_row_is_numbered_from_the_left_and_skips_its_aisles() -> None:
    plan = read_layout({"rows": [row(seats=12, aisle_after=[4, 8])]})
    assert [seat.number for seat in plan.seats] == [str(number) for number in range(1, 13)]
    assert [seat.x for seat in plan.seats] == [0, 1, 2, 3, 5, 6, 7, 8, 10, 11, 12, 13]
    assert {seat.y for seat in plan.seats} == {0}


def test_shorter_rows_are_centred() -> None:
    plan = read_layout({"rows": [row(seats=2), row(row="B", seats=4, aisle_after=[2])]})
    assert [seat.x for seat in plan.seats if seat.row == "A"] == [1.5, 2.5]
    assert [seat.y for seat in plan.seats if seat.row == "B"] == [1] * 4


def test_wheelchair_places_and_the_seats_beside_them_are_marked() -> None:
    plan = read_layout({"rows": [row(accessible=[1, 4], companion=[2])]})
    assert [seat.number for seat in plan.seats if seat.accessible] == ["1", "4"]
    assert [seat.number for seat in plan.seats if seat.companion] == ["2"]
    assert plan.seats[2] == LayoutSeat(row="A", number="3", category="Gold", x=2, y=0)


def test_categories_rank_by_their_first_row_and_get_colours() -> None:
    plan = read_layout({"rows": [row(category="Silver"), row(row="B"), row(row="C")]})
    assert plan.categories == [
        LayoutCategory("Silver", PALETTE[0]),
        LayoutCategory("Gold", PALETTE[1]),
    ]


def test_listed_categories_rank_and_look_as_listed() -> None:
    listed = [{"name": "Gold", "color": "#FFD700"}, {"name": "Unused"}, {"name": "Silver"}]
    plan = read_layout({"categories": listed, "rows": [row(category="Silver"), row(row="B")]})
    assert plan.categories == [
        LayoutCategory("Gold", "#FFD700"),
        LayoutCategory("Silver", PALETTE[1]),
    ]


@pytest.mark.parametrize("document", [None, 5, "rows", [], True])
def test_a_document_is_an_object(document: Any) -> None:
    assert faults_of(document) == [("", "invalid")]


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({}, "rows"), ({"rows": []}, "rows"), ({"rows": None}, "rows"), ({"rows": {}}, "rows"),
        ({"rows": "A"}, "rows"), ({"rows": [row()] * 201}, "rows"),
        ({"rows": [row()], "name": "x"}, "name"),
        ({"rows": [5]}, "rows.0"), ({"rows": [row(), None]}, "rows.1"),
        ({"rows": [row(), row()]}, "rows.1.row"),
        ({"rows": [row(), row(row="B", category="Gld")], "categories": [{"name": "Gold"}]},
         "rows.1.category"),
        ({"rows": [row()], "categories": {}}, "categories"),
        ({"rows": [row()], "categories": [{"name": "Gold"}] * 2}, "categories.1.name"),
        ({"rows": [row()], "categories": [{"name": "Gold", "color": "red"}]},
         "categories.0.color"),
        ({"rows": [row()], "categories": [{"name": "Gold", "price": "1"}]},
         "categories.0.price"),
    ],
)  # fmt: skip
def test_a_fault_is_named_by_its_place(document: Any, place: str) -> None:
    assert [field for field, _ in faults_of(document)] == [place]


@pytest.mark.parametrize(
    ("field", "value", "place"),
    [
        ("row", "", "row"), ("row", " ", "row"), ("row", "A ", "row"), ("row", "A\0", "row"),
        ("row", "A\n", "row"), ("row", 1, "row"), ("row", None, "row"), ("row", "x" * 21, "row"),
        ("seats", 0, "seats"), ("seats", -1, "seats"), ("seats", 501, "seats"),
        ("seats", True, "seats"), ("seats", "4", "seats"), ("seats", 4.0, "seats"),
        ("seats", None, "seats"), ("seats", 10**30, "seats"),
        ("category", "", "category"), ("category", 5, "category"),
        ("category", "x" * 101, "category"), ("category", None, "category"),
        ("aisle_after", 2, "aisle_after"), ("aisle_after", None, "aisle_after"),
        ("aisle_after", [0], "aisle_after.0"), ("aisle_after", [2, 4], "aisle_after.1"),
        ("aisle_after", ["2"], "aisle_after.0"), ("aisle_after", [True], "aisle_after.0"),
        ("aisle_after", [2, 2], "aisle_after.1"), ("aisle_after", [[1]], "aisle_after.0"),
        ("accessible", [5], "accessible.0"), ("accessible", [1, 1], "accessible.1"),
        ("companion", [9], "companion.0"), ("companion", {"1": 1}, "companion"),
        ("sets", 5, "sets"),
    ],
)  # fmt: skip
def test_a_wrong_member_of_a_row_is_named(field: str, value: Any, place: str) -> None:
    document = {"rows": [row(), row(row="B") | {field: value}]}
    assert [name for name, _ in faults_of(document)] == [f"rows.1.{place}"]


def test_a_wheelchair_place_is_not_beside_one_as_well() -> None:
    assert faults_of({"rows": [row(accessible=[1], companion=[1])]}) == [
        ("rows.0.companion", "invalid")
    ]


def test_all_faults_are_reported_at_once() -> None:
    document = {
        "rows": [{"row": "A"}, row(row="B", seats=0, aisle_after=["x"]), row(row=5)],
        "x": 1,
    }
    assert sorted(faults_of(document)) == sorted(
        [
            ("x", "unknown_field"),
            ("rows.0.category", "required"),
            ("rows.0.seats", "required"),
            ("rows.1.seats", "invalid"),
            ("rows.1.aisle_after.0", "invalid"),
            ("rows.2.row", "invalid"),
        ]
    )


def test_a_hopeless_document_is_answered_within_reason() -> None:
    document = {"rows": [row(row=str(n), aisle_after=["x"] * 500) for n in range(40)]}
    assert len(faults_of(document)) == MAX_EQUAL_FAULTS
