"""
Plans of the hot requests.

Each growing table must be read by an index. PostgreSQL would read these small tables from one end
to the other. It is told not to, so that its plans are those of large tables wherever an index
serves.
"""

from collections.abc import Iterator

import pytest
from django.db import connection

from benchmarks.answering import plan_of, questions, statements_sent
from benchmarks.grow import grow
from eventbooking_system.testing.flush import renew_files
from users.new_accounts import is_new

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

GROWING = {
    "bookings_bookedseat",
    "bookings_booking",
    "bookings_idempotencykey",
    "bookings_payment",
    "shows_show",
    "shows_showprice",
    "shows_showseat",
    "users_loginsession",
    "users_user",
}
FOR_SMALL_TABLES = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin")


SCANS = {"Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Index Scan", "Bitmap Heap Scan"}
HOT = [
    "book two seats", "book two taken seats", "seat map", "availability", "best seats", "one show",
    "one booking", "bookings", "bookings: upcoming=true", "shows", "shows: event", "shows: screen",
    "shows: language=hindi", "shows: format=imax", "shows: available=true", "shows: status=cancelled",
]  # fmt: skip
COUNTED_BY_INDEX = [
    "shows", "shows: screen", "shows: language=hindi", "shows: format=imax",
]  # fmt: skip


# A partial index, of the few shows that no list has.
OF_FEW_ROWS = {"shows_show_not_public"}


@pytest.fixture
def _as_if_large() -> Iterator[None]:
    renew_files()
    grow(bookings=500, shows=100, seats=20)
    with connection.cursor() as cursor:
        for name in FOR_SMALL_TABLES:
            cursor.execute(f"SET {name} = off")
        yield
        for name in (*FOR_SMALL_TABLES, "enable_bitmapscan"):
            cursor.execute(f"RESET {name}")


@pytest.mark.usefixtures("_as_if_large")
def test_hot_queries_read_growing_tables_by_an_index_condition() -> None:
    asked = questions()
    is_new(0)  # Which accounts are new is read once a minute, and not for each hold.
    for name in HOT:
        with statements_sent() as statements:
            asked[name].ask()
        assert statements
        for sql, _ in statements:
            for node in plan_of(sql):
                is_few = node.get("Index Name") in OF_FEW_ROWS
                if (
                    node["Node Type"] in SCANS
                    and node.get("Relation Name") in GROWING
                    and not is_few
                ):
                    condition = node.get("Index Cond") or node.get("Recheck Cond")
                    assert condition, f"{name}: {node}\n{sql}"


@pytest.mark.usefixtures("_as_if_large")
def test_show_list_is_counted_without_the_table() -> None:
    asked = questions()
    with connection.cursor() as cursor:
        # So few rows are in so few blocks that it might go there at once.
        cursor.execute("SET enable_bitmapscan = off")
    for name in COUNTED_BY_INDEX:
        with statements_sent() as statements:
            asked[name].ask(page_size=1)
        [count] = [sql for sql, _ in statements if sql.startswith("SELECT COUNT")]
        read = [node for node in plan_of(count) if node.get("Relation Name") == "shows_show"]
        # Twice for the few shows that are hidden.
        assert [node["Node Type"] for node in read] == ["Index Only Scan"] * 3, f"{name}: {read}"
