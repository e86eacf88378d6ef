"""Charts of seats.io become seating plans."""

from typing import Any

import pytest

from venues.errors import InvalidLayout
from venues.layouts import is_chart, plan_of_chart, read_layout


def a_seat(label: str, x: float, y: float = 100, key: Any = 1, **more: Any) -> dict[str, Any]:
    return {"label": label, "x": x, "y": y, "categoryKey": key, **more}


def a_chart(**part: Any) -> dict[str, Any]:
    return {
        "name": "Club",
        "categories": {
            "list": [
                {"key": 1, "label": "Stalls", "color": "#87A9FF"},
                {"key": "2", "label": "Standing"},
            ]
        },
        "subChart": {"rows": [], **part},
    }


def read(chart: dict[str, Any]) -> Any:
    return read_layout(plan_of_chart(chart)[0])


def test_rows_and_tables_keep_their_labels_categories_and_places() -> None:
    rows = [{"label": "A", "seats": [a_seat("1", 10, uuid="u1"), a_seat("2", 40)]}]
    tables = [{"label": "T1", "seats": [a_seat("1", 10, 200)]}]
    layout = read(a_chart(rows=rows, tables=tables))
    assert [(s.row, s.number, s.category, s.x, s.y, s.guid) for s in layout.seats] == [
        ("A", "1", "Stalls", 10, 100, "u1"),
        ("A", "2", "Stalls", 40, 100, "A-2"),
        ("T1", "1", "Stalls", 10, 200, "T1-1"),
    ]
    assert [(each.name, each.color) for each in layout.categories] == [("Stalls", "#87A9FF")]


def test_marks_of_seats_are_kept() -> None:
    seats = [
        a_seat("1", 10, accessible=True, companionSeat=True),
        a_seat("2", 40, companionSeat=True),
        a_seat("3", 70, restrictedView=True),
    ]
    layout = read(a_chart(rows=[{"label": "A", "seats": seats}]))
    assert [(s.accessible, s.companion, s.restricted_view) for s in layout.seats] == [
        (True, False, False),
        (False, True, False),
        (False, False, True),
    ]


def test_sections_are_placed_in_the_chart_and_name_rows_that_come_twice() -> None:
    balcony = {
        "label": "Balcony",
        "topLeft": {"x": 500, "y": 50},
        "subChart": {
            "rows": [{"label": "A", "seats": [a_seat("1", 10, 20)]}],
            "generalAdmissionAreas": [{"label": "Bar", "capacity": 9, "categoryKey": 2}],
        },
    }
    layout = read(a_chart(rows=[{"label": "A", "seats": [a_seat("1", 10)]}], sections=[balcony]))
    assert [(s.section, s.row, s.x, s.y) for s in layout.seats] == [
        ("Main", "Main A", 10, 100),
        ("Balcony", "Balcony A", 510, 70),
    ]
    assert [(a.name, a.capacity, a.category) for a in layout.areas] == [
        ("Balcony Bar", 9, "Standing")
    ]


def test_an_area_is_the_rectangle_around_its_corners_or_its_middle() -> None:
    corners = [{"x": 100, "y": 200}, {"x": 400, "y": 200}, {"x": 400, "y": 300}]
    areas = [
        {"label": "Floor", "capacity": 150, "categoryKey": 2, "points": corners},
        {
            "label": "Pit", "capacity": 20, "categoryKey": 2, "center": {"x": 50, "y": 60},
            "width": 20, "height": 40,
        },
    ]  # fmt: skip
    chart = a_chart(generalAdmissionAreas=areas, focalPoint={"x": 250, "y": 0})
    layout = read(chart)
    assert [(a.x, a.y, a.width, a.height) for a in layout.areas] == [
        (100, 200, 300, 100),
        (40, 40, 20, 40),
    ]
    assert layout.focus == (250, 0)


def test_skipped_objects_and_seats_without_a_category_are_named() -> None:
    rows = [{"label": "A", "seats": [a_seat("1", 10, key=None)]}]
    layout, warnings = plan_of_chart(a_chart(rows=rows, booths=[{"label": "B7"}]))
    assert [each["field"] for each in warnings] == ["subChart.rows.0", "subChart.booths.0"]
    assert "B7" in warnings[1]["detail"]
    assert read_layout(layout).seats[0].category == "No category"


@pytest.mark.parametrize(
    "part",
    [
        {"rows": 5},
        {"rows": [{"seats": [a_seat("1", 10)]}]},
        {"rows": [{"label": "A", "seats": [{"label": "1"}]}]},
        {"rows": [{"label": "A", "seats": ["1"]}]},
        {"rows": [{"label": "A", "seats": [a_seat("1", "left")]}]},
        {"generalAdmissionAreas": [{"label": "Floor", "capacity": "many", "categoryKey": 2}]},
        {"sections": [{"label": "S", "subChart": []}]},
    ],
)
def test_a_chart_of_another_shape_is_refused(part: dict[str, Any]) -> None:
    with pytest.raises(InvalidLayout) as refusal:
        read(a_chart(**part))
    assert refusal.value.members["errors"][0]["field"]


def test_a_chart_is_told_from_layouts() -> None:
    assert is_chart(a_chart())
    for other in ({}, {"rows": []}, {"zones": []}, {"plan": {}}, [], None, {"subChart": 1}):
        assert not is_chart(other)
    with pytest.raises(InvalidLayout):
        plan_of_chart({"subChart": {}})
