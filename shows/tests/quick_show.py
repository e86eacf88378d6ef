"""Shows for tests, inserted with hall and event in one statement."""

from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.db.models import Model
from django.db.models.expressions import DatabaseDefault
from django.utils import timezone

from eventbooking_system.cache.catalogue import CATALOGUE
from eventbooking_system.cache.versioned import invalidate
from events.models import Event
from shows.models import Show
from shows.services.pricing import Prices
from shows.services.scheduling import NewShow, planned_show
from venues.models import Seat, SeatCategory
from venues.tests.factories import CATEGORY, ScreenFactory, SeatCategoryFactory, VenueFactory


def quick_show(
    *, rows: Mapping[str, int], event: Event, prices: Prices, fields: Mapping[str, Any]
) -> Show:
    """
    Insert the rows that `hall` and `schedule_show` write.

    The rules of `schedule_show` are checked, except for overlaps, which a new hall cannot have. An
    event without an id is inserted, too.
    """
    screen = ScreenFactory.build(venue=VenueFactory.build())
    category = SeatCategoryFactory.build(screen=screen, name=CATEGORY)
    new_show = NewShow(event, screen, prices, fields)
    show, prices = planned_show(new_show, {None: screen}, {None: {category.name: category}}, {})
    _insert_all(show, category, rows, prices)
    return show


def _insert_all(
    show: Show, category: SeatCategory, rows: Mapping[str, int], prices: Prices
) -> None:
    event, screen = show.event, show.screen
    statement = _Statement()
    statement.insert("venue", screen.venue)
    statement.insert_history("venue", screen.venue)
    statement.insert("screen", screen, venue_id="venue")
    statement.insert_history("screen", screen)
    statement.insert("category", category, screen_id="screen")
    places = [
        (row, str(number), number, y)
        for y, (row, count) in enumerate(rows.items())
        for number in range(1, count + 1)
    ]
    statement.insert_each(
        "seat", Seat(), "unnest(%s::text[], %s::text[], %s::int[], %s::int[])",
        ["row", "number", "x", "y"], list(map(list, zip(*places, strict=True))),
        screen_id="screen", category_id="category",
    )  # fmt: skip
    if event.pk is None:
        statement.insert("event", event)
        statement.insert_history("event", event)
        statement.insert("show", show, screen_id="screen", event_id="event")
    else:
        statement.insert("show", show, screen_id="screen")
    statement.insert_history("show", show)
    amounts = [*prices[category.name].items()]
    statement.add(
        "INSERT INTO shows_showprice (show_id, category_id, ticket_type, amount, position)"
        " SELECT show.id, category.id, type, amount, nth - 1 FROM show, category,"
        " unnest(%s::text[], %s::numeric[]) WITH ORDINALITY AS each(type, amount, nth)",
        [[name for name, _ in amounts], [amount for _, amount in amounts]],
    )
    statement.add(
        "INSERT INTO shows_showseat"
        " (show_id, seat_id, price, status, block_reason, block_owner, sells_last_until)"
        " SELECT show.id, seat.id, %s, 'available', '', '',"
        " CASE WHEN seat.id = max(seat.id) OVER () THEN show.end_time END"
        " FROM show, seat ORDER BY seat.id",
        [amounts[0][1]],
    )
    saved = {"venue": screen.venue, "screen": screen, "category": category, "show": show}
    if event.pk is None:
        saved["event"] = event
    statement.execute(saved)
    screen.venue, show.screen, show.event = screen.venue, screen, event
    invalidate(CATALOGUE)


class _Statement:
    """Inserts that know each other's ids by their names."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.params: list[Any] = []

    def add(self, sql: str, params: list[Any], name: str = "") -> None:
        self.parts.append(f"{name or f'part_{len(self.parts)}'} AS ({sql})")
        self.params += params

    def insert(self, name: str, row: Model, **ids: str) -> None:
        """Insert a row. `ids` names the part that each foreign key refers to."""
        values = _values(row) | dict.fromkeys(ids)
        places = [f"(SELECT id FROM {ids[column]})" if column in ids else "%s" for column in values]
        self.add(
            f"INSERT INTO {row._meta.db_table} ({_quoted(values)}) VALUES ({', '.join(places)})"
            " RETURNING *",
            [value for column, value in values.items() if column not in ids],
            name,
        )

    def insert_each(
        self,
        name: str,
        example: Model,
        source: str,
        columns: list[str],
        params: list[Any],
        **ids: str,
    ) -> None:
        """Insert a row for each of the source, in its order."""
        values = {
            column: value
            for column, value in _values(example).items()
            if column not in ids and column not in columns
        }
        self.add(
            f"INSERT INTO {example._meta.db_table}"
            f" ({_quoted([*ids, *columns, *values])})"
            f" SELECT {', '.join(f'{part}.id' for part in ids.values())},"
            f" {', '.join(f'each.{column}' for column in columns)}"
            f"{', %s' * len(values)} FROM {', '.join(ids.values())},"
            f" {source} WITH ORDINALITY AS each({_quoted([*columns, 'nth'])})"
            " ORDER BY each.nth RETURNING id",
            [*values.values(), *params],
            name,
        )  # fmt: skip

    def insert_history(self, name: str, row: Model) -> None:
        """Insert the first version of a row of this statement."""
        history = type(row).history.model._meta
        ours = {field.column for field in history.concrete_fields}
        shared = _quoted(f.column for f in row._meta.concrete_fields if f.column in ours)
        self.add(
            f"INSERT INTO {history.db_table} ({shared}, history_date, history_type)"
            f" SELECT {shared}, %s, '+' FROM {name}",
            [timezone.now()],
        )

    def execute(self, saved: Mapping[str, Model]) -> None:
        """Insert all, and give the instances their ids."""
        ids = ", ".join(f"(SELECT id FROM {name})" for name in saved)
        with connection.cursor() as cursor:
            cursor.execute(f"WITH {', '.join(self.parts)} SELECT {ids}", self.params)
            for row, pk in zip(saved.values(), cursor.fetchone(), strict=True):
                row.pk, row._state.adding, row._state.db = pk, False, connection.alias


def _values(row: Model) -> dict[str, Any]:
    """Return the values that saving a new row would write, by column."""
    values = {}
    for field in row._meta.concrete_fields:
        value = None if field.primary_key or field.generated else field.pre_save(row, add=True)
        if not (field.primary_key or field.generated or isinstance(value, DatabaseDefault)):
            values[field.column] = field.get_db_prep_save(value, connection)
    return values


def _quoted(columns: Any) -> str:
    return ", ".join(map(connection.ops.quote_name, columns))
