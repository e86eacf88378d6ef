"""The seat map and availability: quick, and wrong for a second only."""

import gzip
import random
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
import time_machine
from django.db.models.functions import Now
from rest_framework.test import APIClient

from bookings.tests.factories import held, run_out
from eventbooking_system.cache import versioned as caching
from eventbooking_system.testing.problems import assert_problem
from eventbooking_system.testing.races import run_at_once
from shows import seatmaps, selectors
from shows.models import Show, ShowSeat
from shows.services import block_seats
from shows.tests.factories import scheduled_show, seat_ids, write_state
from users.tests.factories import StaffFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

CLIENTS = 200


@pytest.fixture
def clock() -> Iterator[Any]:
    """Stop the process's clock until it is moved. The database's clock goes on."""
    with time_machine.travel(datetime.now(UTC), tick=False) as traveller:
        yield traveller


@pytest.fixture
def show(clock) -> Show:
    return scheduled_show(rows={"A": 6})


def url(show: Show, what: str = "seats") -> str:
    return f"/api/shows/{show.pk}/{what}/"


def status_of(client: APIClient, show: Show, label: str) -> str:
    (wanted,) = seat_ids(show, label)
    seats = client.get(url(show)).json()["seats"]
    return next(seat["status"] for seat in seats if seat["id"] == wanted)


def elsewhere(show: Show, **fields: Any) -> None:
    """Write as another process, which cannot tell this one."""
    write_state(ShowSeat.objects.filter(show=show, seat__number="1"), **fields)


# ---- How old


def test_seat_map_shows_changes_of_this_process_at_once(api, show) -> None:
    assert status_of(api, show, "A1") == "available"
    held("A1", show=show)
    assert status_of(api, show, "A1") == "held"


def test_seat_map_shows_changes_of_other_processes_within_a_second(api, show, clock) -> None:
    assert status_of(api, show, "A1") == "available"
    elsewhere(show, status="blocked")
    assert status_of(api, show, "A1") == "available"
    clock.shift(1)
    assert status_of(api, show, "A1") == "blocked"


def test_customers_see_their_booking_at_once_from_every_process(login, show) -> None:
    customer = login(UserFactory())
    assert status_of(customer, show, "A1") == "available"
    elsewhere(show, status="blocked")
    assert status_of(customer, show, "A1") == "blocked"
    assert orjson.loads(customer.get(url(show, "availability")).content)["available"] == 5


def test_a_login_is_not_answered_from_a_browser_s_memory(api, login, show) -> None:
    assert login(UserFactory()).get(url(show))["Cache-Control"] == "private, no-cache"
    public = api.get(url(show))
    assert public["Cache-Control"] == "public, max-age=1, stale-while-revalidate=1"
    assert {"Authorization", "Cookie", "Accept", "Accept-Encoding"} <= set(
        public["Vary"].split(", ")
    )


@pytest.mark.sqlite
def test_an_expired_hold_reads_as_available_the_second_after(api, show, clock) -> None:
    booking = held("A1", show=show)
    assert status_of(api, show, "A1") == "held"
    run_out(booking)
    clock.shift(1)
    assert status_of(api, show, "A1") == "available"


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "fields",
    [
        {"status": "blocked", "released_at": Now() + timedelta(seconds=60)},
        {"held_until": Now() + timedelta(seconds=60)},
    ],
)
def test_no_stock_is_kept_past_the_end_of_a_hold_or_block(show, fields) -> None:
    held("A2", show=show)
    if "held_until" in fields:
        write_state(ShowSeat.objects.filter(show=show, status="held"), **fields)
    else:
        elsewhere(show, **fields)
    stock = seatmaps.seat_map_of(show.pk, at_once=False).statuses
    # The hold made above ends later.
    assert 0 < stock.true_until - stock.as_of.timestamp() <= 60


@pytest.mark.sqlite
def test_a_cancelled_hold_frees_the_seat_at_once(api, login, show) -> None:
    booking = held("A1", show=show)
    assert status_of(api, show, "A1") == "held"
    assert login(booking.user).post(f"/api/bookings/{booking.pk}/cancel/").status_code == 200
    assert status_of(api, show, "A1") == "available"


# ---- Queries and caching


def test_a_map_that_is_kept_takes_no_query(api, show, django_assert_num_queries) -> None:
    etag = api.get(url(show))["ETag"]
    api.get(url(show, "availability"))
    with django_assert_num_queries(0):
        assert api.get(url(show)).status_code == 200
        assert api.get(url(show, "availability")).status_code == 200
        assert api.get(url(show), headers={"if-none-match": etag}).status_code == 304


@pytest.mark.sqlite
def test_when_its_second_is_over_one_query_says_that_nothing_changed(
    api, show, clock, monkeypatch, django_assert_num_queries
) -> None:
    # As with Redis, where what staff plan is kept until they change it.
    monkeypatch.setattr(caching, "UNSHARED_SECONDS", 60)
    monkeypatch.setattr(seatmaps, "STATUS_SECONDS", 1)
    etag = api.get(url(show))["ETag"]
    clock.shift(1)
    with django_assert_num_queries(1):
        assert api.get(url(show), headers={"if-none-match": etag}).status_code == 304


def test_a_rush_on_a_cold_map_causes_one_computation(show, monkeypatch) -> None:
    computed = counted(monkeypatch)
    answers = run_at_once([lambda: APIClient().get(url(show)).status_code] * CLIENTS)
    assert answers == [200] * CLIENTS
    assert computed == ["priced_seats", "unavailable_seats"]


@pytest.mark.sqlite
def test_control_without_the_flights_two_read_the_same_plan_at_once(show, monkeypatch) -> None:
    monkeypatch.setattr(caching.single_flight, "join", lambda key, compute: compute())
    both, priced_seats = threading.Barrier(2), selectors.priced_seats

    def together(show_id: int) -> Any:
        both.wait(timeout=60)
        return priced_seats(show_id)

    monkeypatch.setattr(selectors, "priced_seats", together)
    answers = run_at_once([lambda: APIClient().get(url(show)).status_code] * 2)
    assert answers == [200, 200]


def counted(monkeypatch) -> list[str]:
    calls: list[str] = []
    for name in ("priced_seats", "unavailable_seats"):
        question = getattr(selectors, name)

        def ask(show_id: int, name: str = name, question: Any = question) -> Any:
            calls.append(name)
            return question(show_id)

        monkeypatch.setattr(selectors, name, ask)
    return calls


# ---- Contents


@pytest.mark.sqlite
def test_the_whole_availability_agrees_with_the_database(api, show) -> None:
    held("A2", show=show)
    block_seats(show_id=show.pk, block=seat_ids(show, "A5"))
    body = api.get(url(show)).json()
    rows = ShowSeat.objects.filter(show=show).with_live_status().order_by("pk")
    assert [(seat["id"], seat["status"]) for seat in body["seats"]] == list(
        rows.values_list("seat_id", "live_status")
    )
    assert body["categories"][0] | {"available": 4, "total": 6} == body["categories"][0]
    assert datetime.fromisoformat(body["as_of"]).tzinfo


def test_seat_map_is_compressed_for_clients_that_accept_gzip(api, show) -> None:
    plain = api.get(url(show))
    packed = api.get(url(show), headers={"accept-encoding": "br, gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert len(packed.content) < len(plain.content) / 2
    assert packed["ETag"] == plain["ETag"]
    for refused in ("identity", "br", "gzip;q=0", "gzip; q=0.0, br"):
        answer = api.get(url(show), headers={"accept-encoding": refused})
        assert "Content-Encoding" not in answer
        assert answer.content == plain.content


def test_the_browsable_page_shows_the_seat_map(api, show) -> None:
    page = api.get(url(show), headers={"accept": "text/html"})
    assert page["Content-Type"].startswith("text/html")
    assert b"available" in page.content


def test_the_map_of_an_unpublished_event_is_for_staff(api, login, show) -> None:
    assert api.get(url(show)).status_code == 200
    type(show.event).objects.update(is_published=False)
    for what in ("seats", "availability"):
        assert_problem(api.get(url(show, what)), 404, "not_found")
        assert login(StaffFactory()).get(url(show, what)).status_code == 200


# ---- Changes since an earlier answer


def since(client: APIClient, show: Show, as_of: str) -> dict[str, Any]:
    return client.get(url(show, "availability"), {"since": as_of}).json()


@pytest.mark.sqlite
def test_since_an_answer_only_what_changed_is_told(api, show, clock) -> None:
    booking = held("A1", "A2", show=show)
    first = api.get(url(show, "availability")).json()
    clock.shift(1)
    held("A3", show=show)
    run_out(booking)
    told = since(api, show, first["as_of"])
    assert told["changed"] == {
        "available": seat_ids(show, "A1", "A2"),
        "unavailable": seat_ids(show, "A3"),
    }
    assert "unavailable_seat_ids" not in told
    assert (told["available"], told["total"]) == (5, 6)
    assert told["categories"] == api.get(url(show, "availability")).json()["categories"]
    assert since(api, show, told["as_of"])["changed"] == {"available": [], "unavailable": []}


def test_the_seat_map_s_moment_will_do(api, show, clock) -> None:
    as_of = api.get(url(show)).json()["as_of"]
    clock.shift(1)
    held("A3", show=show)
    changed = {"available": [], "unavailable": seat_ids(show, "A3")}
    assert since(api, show, as_of)["changed"] == changed
    # A plus sign in the offset may be sent without an escape.
    unescaped = f"{url(show, 'availability')}?since={as_of}"
    assert api.get(unescaped).json()["changed"] == changed


def test_an_unknown_since_gets_the_whole_availability(api, show, clock) -> None:
    as_of = api.get(url(show)).json()["as_of"]
    other = scheduled_show(rows={"A": 6})
    clock.shift(1)
    assert "unavailable_seat_ids" in since(api, other, as_of)
    assert "unavailable_seat_ids" in since(api, show, "2020-01-01T00:00:00Z")
    clock.shift(seatmaps.DELTA_SECONDS + 1)
    assert "unavailable_seat_ids" in since(api, show, as_of)


def test_a_new_plan_gets_the_whole_availability(api, show, clock) -> None:
    as_of = api.get(url(show)).json()["as_of"]
    clock.shift(1)
    ShowSeat.objects.filter(show=show, seat__number="6").delete()
    show.save()
    assert since(api, show, as_of)["total"] == 5
    assert "unavailable_seat_ids" in since(api, show, as_of)


@pytest.mark.parametrize("moment", ["yesterday", "1", "2026-13-01T00:00:00Z", "\0"])
def test_availability_refuses_an_invalid_moment(api, show, moment) -> None:
    answer = api.get(url(show, "availability"), {"since": moment})
    assert_problem(answer, 400, "invalid", "since")


def test_unchanged_changes_are_not_sent_again(api, show, clock) -> None:
    path = f"{url(show, 'availability')}?since={api.get(url(show)).json()['as_of']}"
    first = api.get(path)
    clock.shift(1)
    assert api.get(path, headers={"if-none-match": first["ETag"]}).status_code == 304
    held("A1", show=show)
    assert api.get(path, headers={"if-none-match": first["ETag"]}).status_code == 200


@pytest.mark.sqlite
def test_changes_of_availability_add_up_to_the_whole(api, show, clock) -> None:
    choice = random.Random(6)
    all_ids = seat_ids(show)
    whole = api.get(url(show, "availability")).json()
    known, as_of = set(whole["unavailable_seat_ids"]), whole["as_of"]
    for _ in range(12):
        chosen = choice.sample(all_ids, 2)
        what = choice.choice(["block", "unblock"])
        block_seats(show_id=show.pk, **{what: chosen})
        clock.shift(choice.choice([0.1, 0.7, 1.5]))
        told = since(api, show, as_of)
        known = (known | set(told["changed"]["unavailable"])) - set(told["changed"]["available"])
        as_of = told["as_of"]
        assert known == set(api.get(url(show, "availability")).json()["unavailable_seat_ids"])
        assert len(known) == told["total"] - told["available"]
