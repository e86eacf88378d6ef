"""The page of a hall at the admin site. Its scripts are tried in the browser's tests."""

import json
import re
from typing import Any

import pytest

from bookings.tests.factories import confirmed
from shows.tests.factories import scheduled_show
from venues.models import Layout, Screen, Seat
from venues.services import replace_layout
from venues.tests.factories import ScreenFactory, hall

pytestmark = pytest.mark.django_db
ROWS = {"rows": [{"row": "A", "seats": 3, "category": "Gold"}]}


def url(screen: Screen, name: str = "") -> str:
    return f"/admin/venues/screen/{screen.pk}/layout/{name}"


def preview(client: Any, screen: Screen, document: Any, **more: Any) -> Any:
    body = json.dumps({"document": document, **more})
    return client.post(url(screen, "preview/"), body, content_type="application/json")


def test_the_page_runs_nothing_inline(boss: Any) -> None:
    answer = boss.get(url(ScreenFactory()))
    assert "script-src 'self';" in answer["Content-Security-Policy"]
    page = answer.content.decode()
    assert not re.search(r"\sstyle=|\son[a-z]+=|javascript:", page)
    assert not "".join(re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL)).strip()


@pytest.mark.sqlite
def test_a_preview_has_the_seats_of_a_layout_and_writes_nothing(boss: Any) -> None:
    screen = ScreenFactory()
    replace_layout(screen_id=screen.pk, document=ROWS)
    row = {"row": "A", "seats": 4, "category": "Gold", "numbered_from": "right", "couples": [1]}
    areas = [{"name": "Floor", "capacity": 50, "category": "Standing"}]
    answer = preview(boss, screen, {"rows": [row], "areas": areas}).json()
    assert [(seat["number"], seat["x"], seat["couple"]) for seat in answer["seats"]] == [
        ("1", 3, "A 1"), ("2", 2, "A 1"), ("3", 1, ""), ("4", 0, ""),
    ]  # fmt: skip
    assert [(area["name"], area["capacity"]) for area in answer["areas"]] == [("Floor", 50)]
    assert [each["name"] for each in answer["categories"]] == ["Gold", "Standing"]
    assert answer["change"] == {
        "coming_shows": 0, "seats": 54, "added": 51, "changed": 3, "removed": 0, "set_aside": 0,
    }  # fmt: skip
    assert (Seat.objects.count(), Layout.objects.get().document) == (3, ROWS)


def test_a_preview_names_the_sold_seats_that_a_layout_would_remove(boss: Any) -> None:
    screen = ScreenFactory()
    replace_layout(screen_id=screen.pk, document=ROWS)
    show = scheduled_show(screen=screen)
    confirmed("A3", show=show)
    fewer = {"rows": [{"row": "A", "seats": 2, "category": "Gold"}]}
    change = preview(boss, screen, fewer).json()["change"]
    assert change["coming_shows"] == 1
    assert change["in_use"]["seats"] == [{"row": "A", "number": "3"}]
    later = preview(boss, screen, fewer, new_version=True).json()["change"]
    assert (later["set_aside"], later["seats"]) == (1, 2)
    assert Seat.objects.filter(screen=screen).count() == 3


def test_a_chart_of_seats_io_is_answered_as_a_seating_plan(boss: Any) -> None:
    chart = {
        "categories": {"list": [{"key": 1, "label": "Stalls"}]},
        "subChart": {
            "rows": [{"label": "A", "seats": [{"label": "1", "x": 5, "y": 5, "categoryKey": 1}]}],
            "booths": [{"label": "B"}],
        },
    }
    screen = ScreenFactory()
    answer = preview(boss, screen, chart).json()
    assert answer["document"]["plan"]["categories"] == [{"name": "Stalls"}]
    assert [each["field"] for each in answer["warnings"]] == ["subChart.booths.0"]
    replace_layout(screen_id=screen.pk, document=answer["document"])
    assert Seat.objects.get().row == "A"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("{", "document"),
        ("[]", "document"),
        ("{}", "document"),
        ('{"document": {"rows": [{"row": "A", "seats": 0, "category": "G"}]}}', "rows.0.seats"),
        ('{"document": {"subChart": {"rows": 5}}}', "subChart"),
        ('{"document": null}', ""),
    ],
)
def test_a_layout_with_faults_is_refused_by_place(boss: Any, body: str, field: str) -> None:
    answer = boss.post(url(ScreenFactory(), "preview/"), body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == field
    assert not Seat.objects.exists()


def test_a_preview_needs_the_permission_to_change_screens(staff: Any) -> None:
    screen = hall()
    client = staff("view_screen")
    assert client.get(url(screen)).status_code == 403
    assert preview(client, screen, ROWS).status_code == 403


@pytest.mark.parametrize(
    ("row", "place"),
    [
        ({"numbered_from": "middle"}, "rows.0.numbered_from"),
        ({"couples": [4]}, "rows.0.couples.0"),
        ({"couples": [1, 2]}, "rows.0.couples.1"),
        ({"restricted_view": [5]}, "rows.0.restricted_view.0"),
        ({"restricted_view": [1, 1]}, "rows.0.restricted_view.1"),
    ],
)
def test_a_plain_row_names_only_seats_that_it_has(
    boss: Any, row: dict[str, Any], place: str
) -> None:
    document = {"rows": [{"row": "A", "seats": 4, "category": "Gold", **row}]}
    answer = preview(boss, ScreenFactory(), document)
    assert [error["field"] for error in answer.json()["errors"]] == [place]
