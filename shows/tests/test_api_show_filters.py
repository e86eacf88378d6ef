"""The filters of the list of shows."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db.models import Q, QuerySet
from django.utils import timezone

from eventbooking_system.cache import versioned as caching
from eventbooking_system.db.querysets import count_up_to
from eventbooking_system.testing.problems import assert_problem
from events.models import Event
from events.tests.factories import EventFactory, GenreFactory
from shows.models import Show, ShowSeat
from shows.services import block_seats, change_show
from shows.tests.factories import scheduled_show, seat_ids, write_state
from venues.models import Venue
from venues.tests.factories import VenueFactory, hall

pytestmark = pytest.mark.django_db
URL = "/api/shows/"


@pytest.fixture
def two_shows() -> tuple[Show, Show]:
    """
    Schedule a play in London and a film in Mumbai.

    The film starts at 2 o'clock on 2 May there.
    """
    london = VenueFactory(name="Old Vic", city="London", timezone="Europe/London")
    play = EventFactory(title="Hamlet", kind="play")
    play.genres.add(GenreFactory(name="Tragedy"))
    first = scheduled_show(
        event=play, screen=hall(venue=london), language="English", currency="GBP", price="40.00",
        start_time=datetime(2030, 5, 1, 20, 30, tzinfo=UTC),
    )  # fmt: skip
    second = scheduled_show(
        event=EventFactory(title="Dangal"), language="Hindi", format="IMAX",
        prices={"Gold": {"Adult": Decimal(250), "Child": Decimal(150)}},
        start_time=datetime(2030, 5, 1, 20, 30, tzinfo=UTC),
    )  # fmt: skip
    return first, second


# The queries, with the numbers of the shows that they find.
FILTERS = [
    ("event={0.event_id}", "0"), ("venue={0.screen.venue_id}", "0"), ("screen={1.screen_id}", "1"),
    ("city=london", "0"), ("city=MUMBAI", "1"), ("kind=play", "0"), ("genre=tragedy", "0"),
    ("language=hindi", "1"), ("format=imax", "1"), ("search=hamlet", "0"),
    ("search=old%20vic", "0"), ("search=hamlet%20mumbai", ""), ("date=2030-05-01", "0"),
    ("date=2030-05-02", "1"), ("date_from=2030-05-02", "1"), ("date_to=2030-05-01", "0"),
    ("date_from=2030-05-01&date_to=2030-05-02", "01"), ("min_price=200", "1"),
    ("max_price=100", "0"), ("min_price=100&max_price=200", "1"), ("min_price=160&max_price=240", ""),
    ("available=true", "01"), ("available=false", ""), ("ordering=title", "10"),
    ("ordering=-title", "01"), ("event=99999", ""),
]  # fmt: skip


@pytest.mark.sqlite
def test_each_filter_of_the_show_list_finds_its_shows(api, two_shows) -> None:
    for query, expected in FILTERS:
        answer = api.get(f"{URL}?{query.format(*two_shows)}")
        assert answer.status_code == 200, answer.content
        ids = [row["id"] for row in answer.json()["results"]]
        wanted = [two_shows[int(index)].pk for index in expected]
        if "ordering" not in query:
            ids, wanted = sorted(ids), sorted(wanted)
        assert ids == wanted, query


def ids_of(api, query: str) -> set[int]:
    answer = api.get(f"{URL}?{query}")
    assert answer.status_code == 200, answer.content
    return {row["id"] for row in answer.json()["results"]}


@pytest.mark.sqlite
def test_descending_show_list_is_the_ascending_one_backwards(api) -> None:
    start = timezone.now() + timedelta(days=1)
    shows = [scheduled_show(start_time=start).pk for _ in range(3)]
    for ordering, wanted in (("start_time", shows), ("-start_time", shows[::-1])):
        rows = api.get(f"{URL}?ordering={ordering}").json()["results"]
        assert [row["id"] for row in rows] == wanted


@pytest.mark.sqlite
def test_show_filters_by_day_use_each_venue_s_zone(api) -> None:
    zones = ["Asia/Kolkata", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago"]
    days: dict[int, date] = {}
    for zone in zones:
        screen = hall({"A": 1}, venue=VenueFactory(timezone=zone))
        for hours in range(0, 96, 7):
            start = datetime(2030, 5, 1, hours % 24, tzinfo=UTC) + timedelta(days=hours // 24)
            show = scheduled_show(screen=screen, start_time=start)
            days[show.pk] = start.astimezone(ZoneInfo(zone)).date()
    limits = [None, date(2030, 5, 2), date(2030, 5, 3)]
    for first, last in product(limits, limits):
        wanted = {pk for pk, day in days.items() if (first or day) <= day <= (last or day)}
        query = f"date_from={first or ''}&date_to={last or ''}&page_size=100"
        assert ids_of(api, query) == wanted, query
        if first and first == last:
            assert ids_of(api, f"date={first}&page_size=100") == wanted, first


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("min_price=100&max_price=100", True), ("min_price=400", True), ("max_price=100", True),
        ("min_price=200&max_price=300", True), ("min_price=251&max_price=399", False),
        ("min_price=401", False), ("max_price=99.99", False), ("min_price=400&max_price=100", False),
    ],
)  # fmt: skip
def test_show_price_filters_ask_for_one_price_within_both_limits(
    api, query: str, found: bool
) -> None:
    types = {"Child": Decimal(250), "Adult": Decimal(400), "Student": Decimal(100)}
    show = scheduled_show(prices={"Gold": types})
    assert ids_of(api, query) == ({show.pk} if found else set())


@pytest.mark.sqlite
def test_show_price_filters_see_changed_prices(api) -> None:
    show = scheduled_show(price="100")
    change_show(show_id=show.pk, prices={"Gold": {"": Decimal(300)}})
    assert ids_of(api, "max_price=299") == set()
    assert ids_of(api, "min_price=300&max_price=300") == {show.pk}


@pytest.mark.sqlite
@pytest.mark.parametrize("include_past", ["false", "true"])
@pytest.mark.parametrize(
    ("taken", "free"),
    [
        ([], True),
        (["B2"], True),  # B2 is the seat that sells last.
        (["A1", "A2", "B1"], True),
        (["A1", "A2", "B1", "B2"], False),
    ],
)
def test_show_is_available_until_its_last_seat_is_taken(
    api, taken: list[str], free: bool, include_past: str
) -> None:
    show = scheduled_show(rows={"A": 2, "B": 2})
    block_seats(show_id=show.pk, block=seat_ids(show, *taken) if taken else [])
    for value in (True, False):
        query = f"available={str(value).lower()}&include_past={include_past}"
        assert ids_of(api, query) == ({show.pk} if value is free else set())


@pytest.mark.sqlite
def test_sold_out_show_is_available_again_once_a_hold_expires(api) -> None:
    show = scheduled_show(rows={"A": 2})
    block_seats(show_id=show.pk, block=seat_ids(show))
    assert ids_of(api, "available=false") == {show.pk}
    write_state(
        ShowSeat.objects.filter(show=show, seat__number="1"),
        released_at=timezone.now() - timedelta(seconds=1),
    )
    assert ids_of(api, "available=false") == set()
    assert ids_of(api, "available=true") == {show.pk}


@pytest.mark.sqlite
def test_moved_show_is_still_sold_out(api) -> None:
    show = scheduled_show(rows={"A": 2}, start_time=timezone.now() - timedelta(days=1))
    block_seats(show_id=show.pk, block=seat_ids(show))
    assert ids_of(api, "available=false") == set()
    change_show(show_id=show.pk, start_time=timezone.now() + timedelta(days=1))
    assert ids_of(api, "available=false") == {show.pk}


@pytest.mark.sqlite
def test_cancelled_show_without_stock_is_not_available(api) -> None:
    show = scheduled_show(rows={"A": 2})
    Show.objects.filter(pk=show.pk).update(status="cancelled", cancelled_at=timezone.now())
    ShowSeat.objects.filter(show=show).delete()
    assert ids_of(api, "status=cancelled&available=true") == set()
    assert ids_of(api, "status=cancelled&available=false") == {show.pk}


@pytest.mark.sqlite
@pytest.mark.parametrize("few", [0, 1, 2, 300])
def test_show_search_finds_the_same_for_rare_and_common_words(api, monkeypatch, few: int) -> None:
    monkeypatch.setattr("shows.filters.MAX_IDS_OF_WORD", few)
    shows = {}
    for title in ("The Red Shoes", "Red River", "The Birds", "Psycho"):
        for city in ("Red Bluff", "Pune"):
            screen = hall({"A": 1}, venue=VenueFactory(name="Regal", city=city))
            event = EventFactory(title=title)
            shows[f"{title} {city}"] = scheduled_show(event=event, screen=screen).pk
    for words in (["red"], ["the"], ["red", "the"], ["regal"], ["pune", "r"], ["nothing"], ["o"]):
        found = {pk for text, pk in shows.items()
                 if all(word in f"{text} regal".lower() for word in words)}  # fmt: skip
        assert ids_of(api, f"search={'%20'.join(words)}") == found, words


@pytest.mark.sqlite
@pytest.mark.parametrize(("most", "counted"), [(10_000, 4), (4, 4), (3, 3), (2, 2), (1, 1)])
def test_show_search_counts_a_show_with_a_word_twice_once(api, monkeypatch, most, counted) -> None:
    monkeypatch.setattr("eventbooking_system.api.pagination.MAX_COUNTED", most)
    for title, city in (("Red River", "Red Bluff"), ("Red Shoes", "Pune"), ("Psycho", "Red Bluff"),
                        ("Vertigo", "Red Bluff"), ("Psycho", "Pune")):  # fmt: skip
        screen = hall({"A": 1}, venue=VenueFactory(name="Regal", city=city))
        scheduled_show(event=EventFactory(title=title), screen=screen)
    for words in ("red", "red%20regal", "e%20red"):
        assert api.get(f"{URL}?search={words}&page_size=1").json()["count"] == counted, words


@pytest.mark.sqlite
def test_show_search_counts_column_by_column(api, django_assert_num_queries) -> None:
    for _ in range(3):
        scheduled_show(
            event=EventFactory(title="Red River"),
            screen=hall({"A": 1}, venue=VenueFactory(city="Red Bluff")),
        )
    scheduled_show(event=EventFactory(title="Psycho"))
    with django_assert_num_queries(5) as captured:
        assert api.get(f"{URL}?search=red&page_size=1").json()["count"] == 3
    _, *counted = captured[-1]["sql"].split("SELECT pk FROM")
    assert ["screen_id" in sql for sql in counted] == [False, True]


@pytest.mark.sqlite
def test_either_counts_with_conditions_that_are_added_later() -> None:
    first, second, _ = (scheduled_show() for _ in range(3))
    either = Show.objects.either([Q(pk=first.pk), Q(pk__in=[first.pk, second.pk])])
    assert [part.count() for part in either.parts] == [1, 1]
    assert [count_up_to(most, *either.parts) for most in (1, 2, 9)] == [1, 2, 2]
    assert not either.exclude(pk=first.pk).parts
    assert set(either) == {first, second}


@pytest.mark.sqlite
def test_show_list_is_counted_without_its_events(api, django_assert_num_queries) -> None:
    for _ in range(2):
        scheduled_show()
    scheduled_show(event=EventFactory(is_published=False))
    with django_assert_num_queries(4) as captured:
        assert api.get(f"{URL}?page_size=1").json()["count"] == 2
    assert captured[-1]["sql"].startswith("SELECT COUNT")
    assert "JOIN" not in captured[-1]["sql"]


@pytest.mark.sqlite
def test_shows_of_a_kind_are_counted_by_their_events_only(api, django_assert_num_queries) -> None:
    for is_published in (True, True, False):
        scheduled_show(event=EventFactory(kind="play", is_published=is_published))
    with django_assert_num_queries(4) as captured:
        assert api.get(f"{URL}?kind=play&page_size=1").json()["count"] == 2
    count = captured[-1]["sql"]
    assert '"events_event"."is_published"' in count
    assert 'FROM "events_event"' not in count


@pytest.mark.sqlite
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "edit",
    [
        lambda show: Event.objects.update(title="Macbeth", title_folded="macbeth"),
        lambda show: setattr(show.event, "title", "Macbeth") or show.event.save(),
        lambda show: Venue.objects.update(city="Macbeth", name_folded="regal\nmacbeth"),
    ],
)
def test_cached_ids_of_a_word_are_true_after_every_edit(
    api, monkeypatch, django_assert_num_queries, edit: Callable[[Show], Any]
) -> None:
    monkeypatch.setattr(caching.cache, "is_shared", True, raising=False)
    event, screen = EventFactory(title="Hamlet"), hall(venue=VenueFactory(city="Pune"))
    show = scheduled_show(event=event, screen=screen)
    assert ids_of(api, "search=hamlet") | ids_of(api, "search=pune") == {show.pk}
    assert ids_of(api, "search=macbeth") == set()
    with django_assert_num_queries(3):
        # Another page size reads the shows and their prices, and nothing else.
        assert ids_of(api, "search=hamlet%20pune&page_size=9") == {show.pk}
    edit(show)
    assert ids_of(api, "search=macbeth&page_size=9") == {show.pk}
    assert ids_of(api, "search=hamlet%20pune&page_size=9") == set()


@pytest.mark.django_db(transaction=True)
def test_ids_of_a_word_are_not_cached_without_a_shared_cache(api) -> None:
    show = scheduled_show(event=EventFactory(title="Hamlet"))
    assert ids_of(api, "search=macbeth") == set()
    QuerySet(Event).update(title="Macbeth", title_folded="macbeth")
    assert ids_of(api, "search=macbeth&page_size=9") == {show.pk}


@pytest.mark.parametrize(
    "query",
    [
        "kind=opera", "event=x", "event=-1", "venue=1.5", "date=2030-02-30", "date=today", "min_price=-1",
        "max_price=NaN", "max_price=x", "available=maybe", "status=off", "include_past=1", "ordering=price",
        "page=x", "page_size=0", "nope=1", "search=%00", "city=%00",
    ],
)  # fmt: skip
def test_show_list_refuses_invalid_filters(api, query: str) -> None:
    assert_problem(api.get(f"{URL}?{query}"), 400, "invalid", query.split("=", maxsplit=1)[0])
