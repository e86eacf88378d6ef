"""The statements of a hold, and what it leaves in memory."""

import gc
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from rest_framework.request import Request

from bookings.models import BookedSeat, Booking, PromoCode
from bookings.tests.factories import hold
from bookings.views.bookings import BookingViewSet
from eventbooking_system.testing.races import run_at_once
from shows.halls import get_hall
from shows.models import ShowSeat
from shows.tests.factories import scheduled_show, seat_ids
from users.tests.factories import UserFactory
from venues.services import replace_layout
from venues.tests.factories import ScreenFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sqlite]


@pytest.fixture
def unprepared(settings) -> Iterator[None]:
    """Send statements unprepared, so that a test can read them."""
    settings.DATABASE_PREPARES = False
    connection.close()
    yield
    connection.close()


@pytest.mark.postgres
@pytest.mark.parametrize("more", [{}, {"promo_code": "TEN"}, {"types": "Child"}])
def test_hold_locks_its_seats_in_key_order_before_it_reads_them(unprepared, more) -> None:
    """Without ORDER BY behaviour is the same, but rivals may deadlock."""
    PromoCode.objects.create(code="TEN", percent=10)
    show = scheduled_show(prices={"Gold": {"Adult": Decimal(2), "Child": Decimal(1)}})
    wanted = seat_ids(show, "A2", "A1")
    if "types" in more:
        more = {"ticket_types": {wanted[0]: more["types"]}}
    with CaptureQueriesContext(connection) as queries:
        hold(customer=UserFactory(), show_id=show.pk, seat_ids=wanted, **more)
    _, first = [query["sql"] for query in queries if "users_user" not in query["sql"][:40]][:2]
    by_index, lock, read = first.removeprefix("BEGIN; ").split("; ")
    assert by_index == "SET LOCAL enable_seqscan = off"
    # Django counts what it orders by, where it has selected it.
    in_order = r'ORDER BY (1|"shows_showseat"."id") ASC FOR NO KEY UPDATE OF "shows_showseat"'
    assert re.fullmatch(r'SELECT "shows_showseat"."id" .*' + in_order, lock)
    assert "FOR NO KEY UPDATE" not in read


@pytest.mark.postgres
def test_hold_reads_few_rows_by_plans_that_were_made_while_tables_were_empty(unprepared) -> None:
    """PostgreSQL keeps the plans that it made for empty tables."""
    show, customer = scheduled_show(), UserFactory()
    with CaptureQueriesContext(connection) as queries:
        hold(customer=customer, show_id=show.pk, seat_ids=seat_ids(show, "A1"))
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE bookings_booking CASCADE")
        cursor.execute("VACUUM ANALYZE bookings_booking")
    [first] = [query["sql"] for query in queries if "SET LOCAL" in query["sql"]]
    by_index, _, read = first.removeprefix("BEGIN; ").split("; ")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(by_index)
        cursor.execute(f"EXPLAIN {read}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Seq Scan on bookings_booking" not in plan
    assert "bookings_booking_booked_at" not in plan


@pytest.mark.postgres
@pytest.mark.parametrize("limit", ["max_uses", "max_uses_per_customer", None])
def test_hold_locks_a_limited_promo_code_before_it_counts_its_uses(unprepared, limit) -> None:
    PromoCode.objects.create(code="TEN", percent=10, **({limit: 5} if limit else {}))
    show = scheduled_show()
    with CaptureQueriesContext(connection) as queries:
        hold(
            customer=UserFactory(),
            show_id=show.pk,
            seat_ids=seat_ids(show, "A1"),
            promo_code="TEN",
        )
    [both] = [query["sql"] for query in queries if "bookings_promocode" in query["sql"]]
    lock, read = both.split("; ")
    assert lock.endswith('FOR NO KEY UPDATE OF "bookings_promocode"')
    assert "FOR NO KEY UPDATE" not in read
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(lock)
        assert len(cursor.fetchall()) == (limit is not None)


@pytest.mark.postgres
def test_hold_that_waited_for_its_seat_begins_after_the_wait() -> None:
    show, customer = scheduled_show(), UserFactory()
    wanted = seat_ids(show, "A1")
    released_at = []

    def lock_for_a_while() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            list(ShowSeat.objects.locked().filter(show=show, seat__in=wanted))
            has_lock.set()
            time.sleep(0.5)
            cursor.execute("SELECT clock_timestamp()")
            released_at.append(cursor.fetchone()[0])

    def hold_after_it() -> Booking:
        has_lock.wait(10)
        return hold(customer=customer, show_id=show.pk, seat_ids=wanted)

    has_lock = threading.Event()
    _, booking = run_at_once([lock_for_a_while, hold_after_it])
    assert booking.booked_at >= released_at[0]


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("wanted", "trips"),
    [
        ({"seats": ["A1", "A2"]}, 2),
        ({"seats": ["A1"], "promo_code": "TEN"}, 3),
        ({"seats": ["A1"], "ticket_type": "Child"}, 3),
        ({"quantity": 2}, 3),
    ],
)
def test_hold_takes_two_round_trips_and_three_where_more_is_read(wanted, trips) -> None:
    """BEGIN is sent with the first one and COMMIT with the last."""
    PromoCode.objects.create(code="TEN", percent=10)
    screen = ScreenFactory()
    rows = [{"row": "A", "seats": 8, "category": "Gold"}]
    replace_layout(screen_id=screen.pk, document={"rows": rows})
    prices = {"Gold": {"Adult": Decimal(2), "Child": Decimal(1)}}
    show = scheduled_show(screen=screen, prices=prices)
    customer, wanted = UserFactory(), dict(wanted)
    if "seats" in wanted:
        wanted["seat_ids"] = seat_ids(show, *wanted.pop("seats"))
    if "ticket_type" in wanted:
        wanted["ticket_types"] = {wanted["seat_ids"][0]: wanted.pop("ticket_type")}
    get_hall(show.pk)
    with CaptureQueriesContext(connection) as queries:
        hold(customer=customer, show_id=show.pk, **wanted)
    # Django notes the BEGIN, which is not sent by itself.
    sent = [query["sql"] for query in queries if query["sql"] != "BEGIN"]
    assert len(sent) == trips
    assert sent[0].startswith("BEGIN; ") and sent[-1].endswith("; COMMIT")


@pytest.mark.postgres
@pytest.mark.parametrize(("earlier", "answer"), [("A2", 201), ("A1", 409)])
def test_hold_leaves_nothing_to_the_garbage_collector(login, earlier, answer) -> None:
    """Objects that refer to each other wait for it."""
    show, api = scheduled_show(), login(UserFactory())
    api.post("/api/bookings/", {"show_id": show.pk, "seat_ids": seat_ids(show, earlier)})
    wanted = {"show_id": show.pk, "seat_ids": seat_ids(show, "A1")}
    gc.collect()
    gc.disable()
    try:
        before = _views_and_bookings()
        assert api.post("/api/bookings/", wanted).status_code == answer
        assert _views_and_bookings() == before
    finally:
        gc.enable()


def _views_and_bookings() -> Counter[type]:
    kinds = {BookingViewSet, Request, Booking, BookedSeat}
    return Counter(type(each) for each in gc.get_objects() if type(each) in kinds)
