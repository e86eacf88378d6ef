"""Plans with one fault each: refused with its place, or accepted. None is an error of ours."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from users.tests.factories import StaffFactory
from venues.errors import InvalidLayout
from venues.layouts import read_layout
from venues.layouts.findings import MAX_EQUAL_FAULTS, MAX_FAULTS
from venues.models import Layout, Seat
from venues.tests.factories import ScreenFactory
from venues.tests.plans import a_plan, a_row, a_seat, a_zone, theatre

HOSTILE = [
    None, True, 0, -1, 1.5, 10**400, -(10**9), 1e308, float("nan"), float("inf"), "", " ", "x" * 500,
    "\0", "\ud800", "  A  ", "a\nb", "١٢", "🎭" * 60, [], [None], [[]], {}, {"": 1}, {"x": "1", "y": None},
    [{"name": 3}], {"rows": {}},
]  # fmt: skip
AREA = {
    "name": "Floor",
    "capacity": 5,
    "category": "Circle",
    "x": 1,
    "y": 2,
    "width": 3,
    "height": 4,
}
DOCUMENTS = {
    "plan": theatre(),
    "plan and side list": {
        "plan": theatre(),
        "seats": {
            "s-1": {"accessible": True},
            "s-2": {"companion": True, "restricted_view": True},
            "s-3": {"couple": "C1"},
            "s-4": {"couple": "C2"},
        },
        "areas": [AREA],
        "focal_point": {"x": 3, "y": 4},
    },
    "rows": {
        "rows": [
            {"row": "A", "seats": 4, "category": "Circle", "aisle_after": [2], "accessible": [1]},
            {"row": "B", "seats": 2, "category": "Circle", "companion": [1, 2]},
        ],
        "categories": [{"name": "Circle", "color": "#123456"}],
        "areas": [AREA],
        "focal_point": {"x": 3, "y": 4},
    },
}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of everything in a document, itself included."""
    yield path
    entries = value.items() if isinstance(value, dict) else ()
    for name, child in enumerate(value) if isinstance(value, list) else entries:
        yield from places(child, (*path, name))


def replaced(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    document = copy.deepcopy(document)
    parent = document
    for name in path[:-1]:
        parent = parent[name]
    parent[path[-1]] = value
    return document


def without(document: Any, path: tuple[Any, ...]) -> Any:
    document = copy.deepcopy(document)
    parent = document
    for name in path[:-1]:
        parent = parent[name]
    del parent[path[-1]]
    return document


def faults(document: Any) -> dict[str, str]:
    """Return the faults by place. An accepted document has none."""
    try:
        read_layout(document)
    except InvalidLayout as refusal:
        return {fault["field"]: fault["code"] for fault in refusal.members["errors"]}
    return {}


def details(document: Any) -> dict[str, str]:
    with pytest.raises(InvalidLayout) as refusal:
        read_layout(document)
    return {fault["field"]: fault["detail"] for fault in refusal.value.members["errors"]}


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_a_wrong_value_anywhere_in_a_plan_causes_no_crash(kind: str) -> None:
    document = DOCUMENTS[kind]
    for path in places(document):
        for value in HOSTILE:
            found = faults(replaced(document, path, copy.deepcopy(value)))
            assert all(isinstance(place, str) for place in found), (path, value)
            # So that an answer, and the log, can hold it.
            json.dumps(found).encode()
        if path:
            faults(without(document, path))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((*("zones", 0, "rows", 0, "seats", 1), "position", "x"), float("nan")),
        ((*("zones", 0, "rows", 0, "seats", 1), "position", "y"), 10**400),
        ((*("zones", 0, "rows", 0, "seats", 1), "seat_guid"), {"a": 1}),
        ((*("zones", 0, "rows", 0, "seats", 1), "seat_number"), 12),
        ((*("zones", 0, "rows", 0, "seats", 1), "category"), ["Stalls"]),
        (("zones", 0, "rows", 1), "A"),
        (("zones", 0, "rows"), {"A": []}),
        (("zones", 1), None),
        (("zones", 0, "position"), [1, 2]),
        (("size", "width"), -5),
        (("size",), 7),
        (("categories", 0, "name"), None),
        (("zones", 0, "areas", 0, "rectangle"), []),
        (("zones", 0, "areas", 0, "text"), "Stage"),
    ],
)
def test_a_wrong_type_is_named_by_its_exact_place(path: tuple[Any, ...], value: Any) -> None:
    assert ".".join(map(str, path)) in faults(replaced(theatre(), path, value))


def test_odd_but_right_plans_are_taken() -> None:
    odd = a_plan(
        a_zone("", a_row("परिवार", a_seat("ग-1", "１", -5000.5))),
        a_zone("Empty"),
        a_zone("Rows without seats", a_row("Z")),
        a_zone("Θέατρο", a_row("परिवार", a_seat("🎭", "1", 1e-9)), x=-100, y=-100),
        name="",
    )
    plan = read_layout(odd)
    assert [seat.row for seat in plan.seats] == ["Zone 1 परिवार", "Θέατρο परिवार"]


def test_equal_faults_name_their_first_paths_and_their_count() -> None:
    seats = [a_seat(str(n), str(n), category="None") for n in range(960)]
    found = faults(a_plan(a_zone("Stalls", a_row("A", *seats))))
    assert len(found) == MAX_EQUAL_FAULTS
    first = "zones.0.rows.0.seats.0.category"
    assert details(a_plan(a_zone("Stalls", a_row("A", *seats))))[first] == (
        "None is not one of the categories. 950 more alike."
    )


def test_different_faults_are_all_named_up_to_a_thousand() -> None:
    seats = [a_seat(f"g{n // 2}", f"{n}") for n in range(1800)]
    found = faults(a_plan(a_zone("Stalls", a_row("A", *seats))))
    assert len(found) == 900
    assert found["zones.0.rows.0.seats.1799.seat_guid"] == "duplicate"
    seats = [a_seat("g", f"{n}", category=f"{n}") for n in range(1800)]
    assert len(faults(a_plan(a_zone("Stalls", a_row("A", *seats))))) == MAX_FAULTS


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    [
        b'{"zones": NaN}', b'{"rows": 1e999}', b"[" * 100_000, b'{"a":' * 100_000, b'{"rows": [',
        b'{"rows": [], "rows": [1]}', b"\xff\xfe{", b'"\\ud800"', b"null", b"",
        b'{"plan": {"zones": []}, "seats": {"\\ud800": {}}}',
        json.dumps(replaced(theatre(), ("size", "width"), 10**400)).encode(),
        json.dumps({"areas": [AREA, AREA]}).encode(),
    ],
)  # fmt: skip
def test_a_faulty_body_is_a_400_and_leaves_nothing(login: Any, body: bytes) -> None:
    screen = ScreenFactory()
    path = f"/api/venues/{screen.venue_id}/screens/{screen.pk}/layout/"
    answer = login(StaffFactory()).put(path, body, content_type="application/json")
    assert answer.status_code == 400, answer.content[:300]
    assert answer["Content-Type"] == "application/problem+json"
    assert not Seat.objects.exists() and not Layout.objects.exists()
