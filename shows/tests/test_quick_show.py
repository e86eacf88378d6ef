"""The shows of the factory, compared with those that staff schedule."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.db import transaction
from django.db.models import Field

from events.tests.factories import EventFactory
from shows.models import Show
from shows.services import schedule_show
from shows.tests.factories import scheduled_show
from venues.tests.factories import hall

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
NOW = datetime(2031, 3, 12, 11, 0, tzinfo=UTC)
APPS = {"venues", "events", "shows", "audit"}
# Factories number these. The other difference is ids.
NUMBERED = {"name", "slug", "title"}


@pytest.mark.parametrize(
    ("prices", "terms"),
    [
        ({"": Decimal(250)}, {}),
        (
            {"Adult": Decimal(300), "Child": Decimal(150)},
            {
                "fee_per_ticket": Decimal(5),
                "refund_percent": Decimal(50),
                "max_seats_per_booking": 4,
            },
        ),
    ],
)
def test_quick_show_has_the_rows_that_the_services_write(prices, terms) -> None:
    rows = {"A": 3, "B": 2}
    fields = {"start_time": NOW, "currency": "INR", "prices": {"Gold": prices}, **terms}
    with time_machine.travel(NOW, tick=False):
        with transaction.atomic():
            scheduled_show(rows=rows, **fields)
            written = _rows()
            transaction.set_rollback(True)
        schedule_show(screen=hall(rows), event=EventFactory(), **fields)
        assert written == _rows()


def test_quick_show_is_the_show_that_the_database_has() -> None:
    show = scheduled_show()
    read = Show.objects.select_related("screen__venue", "event").get()
    for ours, theirs in [
        (show, read), (show.event, read.event), (show.screen, read.screen),
        (show.screen.venue, read.screen.venue),
    ]:  # fmt: skip
        for field in ours._meta.concrete_fields:
            assert getattr(ours, field.attname) == getattr(theirs, field.attname), field


def _rows() -> dict[str, list[Any]]:
    """Return the rows of the catalogue's tables without ids."""
    rows = {}
    for model in apps.get_models(include_auto_created=True):
        columns = [f.attname for f in model._meta.concrete_fields if not _differs(f)]
        found = [
            tuple(row[column] for column in columns)
            for row in model._base_manager.order_by("pk").values()
        ]
        if found and model._meta.app_label in APPS:
            rows[model._meta.label] = found
    return rows


def _differs(field: Field) -> bool:
    is_id = field.primary_key or field.is_relation or field.name == "id"
    return is_id or field.name in NUMBERED or field.name.endswith("_folded")
