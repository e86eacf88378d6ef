"""
The process that answers the requests of `benchmarks.growth`.

It answers within Django and reports the cost of each request.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.cache import cache
from django.db import connection
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now
from rest_framework.test import APIClient

from bookings.models import Booking
from eventbooking_system.cache.versioned import clear_local
from shows.models import Show, ShowSeat
from users.models import User
from users.tokens import start_session

_LARGE = 10_000
"""Rows, from which on to read a whole table is too much."""


@dataclass
class Question:
    path: str
    client: APIClient
    body: Callable[[], dict[str, Any]] | None = None
    expects: int = 200

    def ask(self, *, page_size: int | None = None) -> Any:
        """Return the response; a list has at most `page_size` rows."""
        if self.body is None:
            response = self.client.get(self.path + (f"&page_size={page_size}" if page_size else ""))
        else:
            response = self.client.post(self.path, self.body())
        if response.status_code != self.expects:
            raise RuntimeError(f"{self.path}: {response.status_code} {response.content[:300]!r}")
        return response


def answer() -> None:
    """
    Print the known requests, then answer those that are read.

    A line read is `[name, explain, page size]`. Its answer is one line, too.
    """
    asked = questions()
    print(json.dumps(list(asked)), flush=True)
    large = _large_tables()
    for line in sys.stdin:
        name, explain, page_size = json.loads(line)
        cost = _cost(asked[name], large, explain=explain, page_size=page_size)
        print(json.dumps(cost), flush=True)


def questions() -> dict[str, Question]:
    anyone = APIClient()
    booking = Booking.objects.filter(user__email__startswith="grown", status="confirmed").order_by(
        "pk"
    )[300]
    mine = _client(booking.user)
    staff = _client(_staff())
    upcoming = Show.objects.filter(start_time__gt=Now(), status="scheduled")
    booked = ShowSeat.objects.filter(show=OuterRef("pk"), status="booked")
    upcoming = upcoming.filter(Exists(booked)).select_related("screen__venue", "event")
    show = upcoming.order_by("start_time", "pk")[5]
    day = f"{show.start_time:%Y-%m-%d}"
    seats = list(show.show_seats.filter(status="available").values_list("seat_id", flat=True))
    taken = list(show.show_seats.filter(status="booked").values_list("seat_id", flat=True))[:2]
    pairs = count()

    def free() -> dict[str, Any]:
        first = 2 * next(pairs)
        return {"show_id": show.pk, "seat_ids": seats[first : first + 2]}

    questions = {
        "book two seats": Question("/api/bookings/", mine, free, 201),
        "book two taken seats": Question(
            "/api/bookings/", mine, lambda: {"show_id": show.pk, "seat_ids": taken}, 409
        ),
        "seat map": Question(f"/api/shows/{show.pk}/seats/", anyone),
        "availability": Question(f"/api/shows/{show.pk}/availability/", anyone),
        "best seats": Question(f"/api/shows/{show.pk}/best-seats/?quantity=3", anyone),
        "one show": Question(f"/api/shows/{show.pk}/", anyone),
        "one booking": Question(f"/api/bookings/{booking.pk}/", mine),
    }
    for what, client, queries in (
        ("bookings", mine, ["", "status=confirmed", "status=expired", f"show={booking.show_id}",
                            "upcoming=true", "upcoming=false", "ordering=booked_at"]),
        ("bookings", staff, ["all=true", f"all=true&user={booking.user_id}", "all=true&status=expired",
                             "all=true&status=pending", f"all=true&show={booking.show_id}",
                             "all=true&upcoming=true", "all=true&upcoming=false",
                             "all=true&ordering=booked_at", "all=true&ordering=-booked_at"]),
        ("shows", anyone, ["", f"event={show.event_id}", f"venue={show.screen.venue_id}",
                           f"screen={show.screen_id}", "city=City%207", "kind=play", "genre=genre%203",
                           "language=hindi", "format=imax", f"date={day}", f"date_from={day}",
                           f"date_to={day}", "min_price=250", "max_price=150", "available=true",
                           "available=false", "status=cancelled", "status=scheduled",
                           "include_past=true", "search=title%2017", "search=city%207",
                           "search=nothing", "ordering=-start_time", "ordering=title",
                           "ordering=venue", "include_past=true&page=4"]),
        ("events", anyone, ["", "search=title%2017", "search=nothing", "kind=play", "genre=genre%203",
                            "language=hindi", "city=City%207", f"venue={show.screen.venue_id}",
                            f"date={day}", f"date_from={day}", f"date_to={day}",
                            "ordering=-release_date"]),
        ("events", staff, ["is_published=true", "is_published=false"]),
        ("venues", anyone, ["", "search=venue%207", "search=nothing", "city=City%207", "country=IN",
                            "near=12,30&radius_km=500", "ordering=city"]),
    ):  # fmt: skip
        for query in queries:
            # Ids differ from world to world, and the rows of the table do not.
            name = (
                "&".join(
                    part.split("=")[0] if part.split("=")[1].isdigit() else part
                    for part in query.split("&")
                    if part
                )
                .replace(day, "a day")
                .replace("%20", " ")
            )
            questions[f"{what}: {name}".strip(": ")] = Question(f"/api/{what}/?{query}", client)
    return questions


def _staff() -> User:
    return User.objects.filter(
        email="staff@bench.example"
    ).first() or User.objects.create_superuser("staff@bench.example", make_password(None))


def _client(user: User) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {start_session(user).access}")
    return client


def _cost(
    question: Question, large: set[str], *, explain: bool, page_size: int | None
) -> dict[str, Any]:
    cache.clear()
    clear_local()
    before = _blocks()
    with statements_sent() as statements:
        began, worked = time.perf_counter(), _processor()
        response = question.ask(page_size=page_size)
        ms, cpu = 1000 * (time.perf_counter() - began), 1000 * (_processor() - worked)
    answered = response.json()
    cost = {
        "ms": ms,
        "cpu": cpu,
        "rows": len(answered["results"]) if "results" in answered else None,
        "ends": answered.get("next") is None,
        "sql": 1000 * sum(seconds for _, seconds in statements),
        "blocks": _blocks() - before,
        "statements": len(statements),
        "scans": sorted({table for sql, _ in statements for table in _scanned(sql) & large}),
    }
    if explain:
        cost["plans"] = [
            line
            for sql, _ in statements
            if sql.startswith("SELECT") and "UPDATE" not in sql
            for line in ["", sql, *_explained(sql, "ANALYZE, BUFFERS")]
        ]
    return cost


@contextmanager
def statements_sent() -> Iterator[list[tuple[str, float]]]:
    """
    Collect each statement that is sent, and the seconds it took.

    The first statement of a round trip gets its whole time.
    """
    seen = []

    def note(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, parameters, many, context)
        finally:
            taken = time.perf_counter() - began
            text = context["cursor"].cursor.mogrify(sql, parameters).decode()
            first, *others = text.removeprefix("BEGIN; ").split("; ")
            seen.extend([(first, taken), *((other, 0.0) for other in others)])

    with connection.execute_wrapper(note):
        yield seen


def _blocks() -> int:
    """Return how many blocks this database's statements have touched so far."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(shared_blks_hit + shared_blks_read), 0) FROM pg_stat_statements"
            " WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())"
            " AND query NOT LIKE '%%pg_stat_statements%%'"
        )
        return int(cursor.fetchone()[0])


def _processor() -> float:
    """
    Return the processor seconds of this process and its PostgreSQL session.

    Both run on this machine.
    """
    schedule = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat")
    return time.process_time() + int(schedule.read_text().split()[0]) / 10**9


def _large_tables() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples > %s", [_LARGE]
        )
        return {name for (name,) in cursor.fetchall()}


def _scanned(sql: str) -> set[str]:
    """Return the tables that a statement reads from end to end."""
    return {node["Relation Name"] for node in plan_of(sql) if node["Node Type"] == "Seq Scan"}


def plan_of(sql: str) -> list[dict[str, Any]]:
    """
    Return the nodes of a statement's plan.

    The list is empty for a statement without a plan, such as COMMIT.
    """
    if not sql.startswith(("SELECT", "UPDATE", "DELETE", "WITH", "EXECUTE")):
        return []
    [plan] = json.loads("\n".join(_explained(sql, "FORMAT JSON")))
    return list(_nodes(plan["Plan"]))


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)


def _explained(sql: str, options: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN ({options}) {sql}".replace("%", "%%"), ())
        rows = cursor.fetchall()
    return [row[0] if isinstance(row[0], str) else json.dumps(row[0]) for row in rows]
