"""Refund rules of venues and shows, in the API and forms."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from shows.models import Show
from shows.tests.factories import scheduled_show
from venues.forms import RefundRulesField
from venues.models import Venue
from venues.refund_rules import percent_at
from venues.tests.factories import VenueFactory

TWO_RULES = [{"hours": "24", "percent": "100"}, {"hours": "2.5", "percent": "50"}]


def rules_of(path: str, client: Any) -> tuple[Any, ...]:
    answer = client.get(path).json()
    names = ("refund_rules", "refund_cutoff_hours", "refund_percent")
    return tuple(answer[name] for name in names)


@pytest.fixture(params=["venues", "shows"])
def path(request: Any, db: None) -> str:
    row = VenueFactory() if request.param == "venues" else scheduled_show()
    return f"/api/{request.param}/{row.pk}/"


def test_one_rule_is_read_and_written_by_hours_and_percentage(path: str, boss_api: Any) -> None:
    assert rules_of(path, boss_api) == ([{"hours": "2", "percent": "100"}], 2, "100.00")
    changed = boss_api.patch(path, {"refund_cutoff_hours": 48, "refund_percent": "12.50"})
    assert changed.status_code == 200, changed.content
    assert rules_of(path, boss_api) == ([{"hours": "48", "percent": "12.5"}], 48, "12.50")
    one = [{"hours": "6.00", "percent": "80.0"}]
    assert boss_api.patch(path, {"refund_rules": one}).status_code == 200
    assert rules_of(path, boss_api) == ([{"hours": "6", "percent": "80"}], 6, "80.00")


def test_several_rules_are_kept_until_one_rule_is_written(path: str, boss_api: Any) -> None:
    changed = boss_api.patch(path, {"refund_rules": TWO_RULES})
    assert changed.status_code == 200, changed.content
    assert rules_of(path, boss_api) == (TWO_RULES, 3, "50.00")
    boss_api.patch(path, {"refund_percent": "40"})
    assert rules_of(path, boss_api) == ([{"hours": "3", "percent": "40"}], 3, "40.00")


@pytest.mark.parametrize(
    "rules",
    [
        [], {}, "24: 100", None, [["24", "100"]], [{"hours": "24"}],
        [{"hours": "24", "percent": "100", "note": ""}], [{"hours": 24, "percent": "100"}],
        [{"hours": "24", "percent": 100}], [{"hours": "-1", "percent": "100"}],
        [{"hours": "24", "percent": "100.5"}], [{"hours": "24", "percent": "NaN"}],
        [{"hours": "1e2", "percent": "100"}], [{"hours": "24", "percent": "10.001"}],
        [{"hours": "8761", "percent": "100"}], [{"hours": "٢", "percent": "100"}],
        [{"hours": "2", "percent": "50"}, {"hours": "24", "percent": "100"}],
        [{"hours": "2", "percent": "50"}, {"hours": "2.0", "percent": "40"}],
        [{"hours": str(hours), "percent": "1"} for hours in range(20, 9, -1)],
    ],
)  # fmt: skip
def test_rules_that_make_no_sense_are_refused_and_nothing_is_written(
    rules: Any, path: str, boss_api: Any
) -> None:
    response = boss_api.patch(path, {"refund_rules": rules})
    assert response.status_code == 400, response.content
    assert response.json()["errors"][0]["field"].startswith("refund_rules")
    assert rules_of(path, boss_api) == ([{"hours": "2", "percent": "100"}], 2, "100.00")


def test_rules_and_the_columns_of_one_rule_are_not_sent_together(path: str, boss_api: Any) -> None:
    body = {"refund_rules": TWO_RULES, "refund_percent": "50"}
    response = boss_api.patch(path, body)
    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "refund_percent"
    assert rules_of(path, boss_api) == ([{"hours": "2", "percent": "100"}], 2, "100.00")


@pytest.mark.django_db
def test_a_show_starts_with_the_rules_of_its_venue() -> None:
    show = scheduled_show()
    venue = show.screen.venue
    Venue.objects.filter(pk=venue.pk).update(refund_rules=TWO_RULES, exchange_scope="any")
    start = show.start_time + timedelta(days=2)
    later = scheduled_show(screen=show.screen, start_time=start)
    assert (later.rules, later.exchange_scope) == (TWO_RULES, "any")
    start += timedelta(days=2)
    own = scheduled_show(screen=show.screen, start_time=start, refund_percent=Decimal(10))
    assert own.rules == [{"hours": "2", "percent": "10"}]
    assert Show.objects.get(pk=own.pk).refund_rules is None


@pytest.mark.parametrize(
    ("hours", "percent"), [(25, 100), (24, 100), (23.99, 50), (2.5, 50), (2.49, None), (-1, None)]
)
def test_the_first_rule_that_still_holds_counts(hours: float, percent: int | None) -> None:
    start = datetime(2031, 3, 8, 19, 30, tzinfo=UTC)
    now = start - timedelta(hours=hours)
    assert percent_at(TWO_RULES, start=start, now=now) == percent


def test_a_form_reads_and_writes_rules_as_lines() -> None:
    field = RefundRulesField()
    assert field.clean("24: 100\r\n\r\n 2.5 : 50 ") == TWO_RULES
    assert field.prepare_value(TWO_RULES) == "24: 100\n2.5: 50"
    assert field.clean("") is None
    assert not field.has_changed(TWO_RULES, "24: 100\r\n2.5: 50\r\n")
    for text in ("24", "24: x", "2: 50\n24: 100"):
        with pytest.raises(Exception, match="24"):
            field.clean(text)
