from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db.models import Q, QuerySet
from django.utils import timezone

from eventbooking_system.api.serializers import DirectSerializer
from eventbooking_system.cache import versioned as caching
from eventbooking_system.db.querysets import count_up_to
from eventbooking_system.testing.problems import assert_problem
from events.models import Event
from events.tests.factories import EventFactory, GenreFactory
from shows import selectors
from shows.models import Show, ShowSeat
from shows.serializers import ShowDetailSerializer
from shows.services import block_seats, change_show
from shows.tests.factories import scheduled_show, seat_ids, write_state
from users.tests.factories import UserFactory, staff_with
from venues.models import SeatCategory, Venue
from venues.services import replace_layout
from venues.tests.factories import ScreenFactory, VenueFactory, hall

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]
URL = "/api/shows/"


@pytest.fixture
def body() -> dict:
    return {
        "event": EventFactory().pk,
        "screen": hall().pk,
        "start_time": "2030-05-01T18:00",
        "currency": "INR",
        "prices": {"Gold": {"Adult": "250.00", "Child": "150.00"}},
    }


# Scheduling


def test_staff_schedule_a_show_on_the_venue_s_wall_clock(boss_api, body) -> None:
    answer = boss_api.post(URL, body)
    assert answer.status_code == 201, answer.content
    show = answer.json()
    assert show["start_time"] == "2030-05-01T12:30:00Z"
    assert show["local_start_time"] == "2030-05-01T18:00:00+05:30"
    assert show["end_time"] == "2030-05-01T14:30:00Z"
    assert show["prices"] == body["prices"]
    assert list(show["prices"]["Gold"]) == ["Adult", "Child"]
    assert (show["available_seats"], show["total_seats"], show["on_sale"]) == (12, 12, True)
    assert (show["status"], show["fee_per_ticket"]) == ("scheduled", "0.00")


def test_a_plain_price_comes_back_plain(boss_api, body) -> None:
    assert boss_api.post(URL, {**body, "prices": {"Gold": "99.50"}}).json()["prices"] == {
        "Gold": "99.50"
    }


@pytest.mark.parametrize("user", ["nobody", "customer", "usher"])
def test_only_staff_with_the_permission_schedule_shows(api, login, body, user: str) -> None:
    client = {
        "nobody": lambda: api,
        "customer": lambda: login(UserFactory()),
        "usher": lambda: login(UserFactory(is_staff=True)),
    }[user]()
    status, code = (401, "not_authenticated") if user == "nobody" else (403, "permission_denied")
    assert_problem(client.post(URL, body), status, code)
    assert not Show.objects.exists()


def test_staff_with_the_permission_need_no_more_than_it(login, body) -> None:
    usher = staff_with("add_show")
    show = login(usher).post(URL, body).json()
    assert_problem(
        login(usher).patch(f"{URL}{show['id']}/", {"format": "3D"}), 403, "permission_denied"
    )


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"event": 999_999}, "event"), ({"event": "1"}, "event"), ({"event": True}, "event"),
        ({"event": 10**30}, "event"), ({"screen": -1}, "screen"), ({"screen": None}, "screen"),
        ({"start_time": "2030-02-30T10:00"}, "start_time"),
        ({"start_time": "tomorrow"}, "start_time"), ({"start_time": 5}, "start_time"),
        ({"start_time": "9999-12-31T23:59:59-12:00"}, "start_time"),
        ({"start_time": "0001-01-01T00:00:00+12:00"}, "start_time"),
        ({"end_time": "2030-05-01T17:00"}, "end_time"),
        ({"currency": "inr"}, "currency"), ({"currency": 5}, "currency"),
        ({"prices": {}}, "prices"), ({"prices": []}, "prices"), ({"prices": {"Gold": 5}}, "prices.Gold"),
        ({"prices": {"Gold": "-1.00"}}, "prices.Gold"), ({"prices": {"Gold": "NaN"}}, "prices.Gold"),
        ({"prices": {"Gold": "1.234"}}, "prices.Gold"), ({"prices": {"Gold": {}}}, "prices.Gold"),
        ({"prices": {"Gold": {"Adult": True}}}, "prices.Gold.Adult"),
        ({"prices": {"Gold": {"A" * 51: "1.00"}}}, "prices"),
        ({"prices": {"Gold": "1.00", " Gold": "2.00"}}, "prices"),
        ({"prices": {"Gold": {"Adult": "1.00", "Adult ": "2.00"}}}, "prices"),
        ({"prices": {"Gold\x00": "1.00"}}, "prices"), ({"prices": {"Tin": "1.00"}}, "prices"),
        ({"max_seats_per_booking": 0}, "max_seats_per_booking"),
        ({"tax_rate": "101"}, "tax_rate"), ({"refund_percent": "-1"}, "refund_percent"),
        ({"cleaning_minutes": -5}, "cleaning_minutes"), ({"cleaning_minutes": True}, "cleaning_minutes"),
        ({"single_seat_rule": "maybe"}, "single_seat_rule"), ({"tax_inclusive": "yes"}, "tax_inclusive"),
        ({"format": "x" * 31}, "format"), ({"language": "\x00"}, "language"), ({"format": 3}, "format"),
        ({"status": "cancelled"}, "status"), ({"colour": "red"}, "colour"), ({"id": 5}, "id"),
        ({"fee_per_ticket": 1}, "fee_per_ticket"), ({"fee_per_booking": "0.001"}, "fee_per_booking"),
    ],
)  # fmt: skip
def test_bad_input_names_its_field_and_writes_nothing(boss_api, body, change, field) -> None:
    assert_problem(boss_api.post(URL, {**body, **change}), 400, "invalid", field)
    assert not Show.objects.exists()


def test_an_overlap_names_the_other_show(boss_api, body) -> None:
    first = boss_api.post(URL, body).json()
    answer = boss_api.post(URL, {**body, "start_time": "2030-05-01T19:00"})
    assert assert_problem(answer, 409, "show_overlap")["conflicting_show_id"] == first["id"]
    assert Show.objects.count() == 1


def test_a_time_that_the_clocks_skip_is_said_to_be(boss_api, body) -> None:
    body["screen"] = hall(venue=VenueFactory(timezone="America/New_York")).pk
    answer = boss_api.post(URL, {**body, "start_time": "2030-03-10T02:30"})
    problem = assert_problem(answer, 400, "invalid", "start_time")
    assert problem["errors"][0]["code"] == "nonexistent_time"


def test_staff_change_a_show(boss_api, body) -> None:
    show = boss_api.post(URL, body).json()
    url = f"{URL}{show['id']}/"
    changed = boss_api.patch(url, {"format": "IMAX", "start_time": "2030-05-02T20:00"})
    assert changed.status_code == 200, changed.content
    assert changed.json()["local_start_time"] == "2030-05-02T20:00:00+05:30"
    assert boss_api.get(url).json()["format"] == "IMAX"
    for field in ("event", "screen", "status"):
        assert_problem(boss_api.patch(url, {field: 1}), 400, "invalid", field)
    assert_problem(boss_api.put(url, body), 405, "method_not_allowed")


# Reading


def test_the_list_costs_the_same_however_long_it_is(api, django_assert_num_queries) -> None:
    for _ in range(2):
        scheduled_show()
    with django_assert_num_queries(3):
        assert api.get(URL).json()["count"] == 2
    for _ in range(3):
        scheduled_show()
    with django_assert_num_queries(3):
        row = api.get(URL).json()["results"][0]
    assert set(row["event"]) >= {"id", "title", "kind"}
    assert set(row["venue"]) == {"id", "name", "city", "timezone"}
    assert set(row["screen"]) == {"id", "name"}


def test_the_short_way_to_write_a_show_says_what_the_framework_s_does() -> None:
    show = selectors.shows_visible_to(is_staff=True).get(pk=scheduled_show().pk)
    serializer = ShowDetailSerializer(show)
    assert serializer.data == super(DirectSerializer, serializer).to_representation(show)
    for name, part in (
        ("event", show.event),
        ("venue", show.screen.venue),
        ("screen", show.screen),
    ):
        field = serializer.fields[name]
        assert serializer.data[name] == super(DirectSerializer, field).to_representation(part)


def test_the_queryset_of_the_list_is_read_anew_each_time() -> None:
    scheduled_show()
    assert len(selectors.shows_visible_to(is_staff=True)) == 1
    scheduled_show()
    assert len(selectors.shows_visible_to(is_staff=True)) == 2


def test_shows_that_are_over_or_cancelled_are_left_out_unless_asked_for(api) -> None:
    now = timezone.now()
    coming = scheduled_show()
    over = scheduled_show(start_time=now - timedelta(days=1))
    off = scheduled_show()
    Show.objects.filter(pk=off.pk).update(status="cancelled", cancelled_at=now)

    def ids(query: str) -> set[int]:
        return {row["id"] for row in api.get(f"{URL}?{query}").json()["results"]}

    assert ids("") == {coming.pk}
    assert ids("include_past=true") == {coming.pk, over.pk}
    assert ids("status=cancelled") == {off.pk}


def test_shows_of_unpublished_events_are_for_staff(api, boss_api) -> None:
    show = scheduled_show(event=EventFactory(is_published=False))
    assert api.get(URL).json()["count"] == 0
    for path in ("", "seats/", "availability/", "best-seats/?quantity=1", "calendar.ics"):
        assert_problem(api.get(f"{URL}{show.pk}/{path}"), 404, "not_found")
    assert boss_api.get(f"{URL}{show.pk}/").status_code == 200


@pytest.fixture
def two_shows() -> tuple[Show, Show]:
    """A play in London and a film in Mumbai, the latter at 2 o'clock on 2 May there."""
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


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("event={0.event_id}", "0"), ("venue={0.screen.venue_id}", "0"), ("screen={1.screen_id}", "1"),
        ("city=london", "0"), ("city=MUMBAI", "1"), ("kind=play", "0"), ("genre=tragedy", "0"),
        ("language=hindi", "1"), ("format=imax", "1"), ("search=hamlet", "0"),
        ("search=old%20vic", "0"), ("search=hamlet%20mumbai", ""), ("date=2030-05-01", "0"),
        ("date=2030-05-02", "1"), ("date_from=2030-05-02", "1"), ("date_to=2030-05-01", "0"),
        ("date_from=2030-05-01&date_to=2030-05-02", "01"), ("min_price=200", "1"),
        ("max_price=100", "0"), ("min_price=100&max_price=200", "1"), ("min_price=160&max_price=240", ""),
        ("available=true", "01"), ("available=false", ""), ("ordering=title", "10"),
        ("ordering=-title", "01"), ("event=99999", ""),
    ],
)  # fmt: skip
def test_the_list_can_be_narrowed_down(api, two_shows, query: str, expected: str) -> None:
    answer = api.get(f"{URL}?{query.format(*two_shows)}")
    assert answer.status_code == 200, answer.content
    ids = [row["id"] for row in answer.json()["results"]]
    wanted = [two_shows[int(index)].pk for index in expected]
    assert ids == wanted if "ordering" in query else sorted(ids) == sorted(wanted)


def ids_of(api, query: str) -> set[int]:
    answer = api.get(f"{URL}?{query}")
    assert answer.status_code == 200, answer.content
    return {row["id"] for row in answer.json()["results"]}


def test_a_descending_order_is_the_ascending_one_backwards(api) -> None:
    start = timezone.now() + timedelta(days=1)
    shows = [scheduled_show(start_time=start).pk for _ in range(3)]
    for ordering, wanted in (("start_time", shows), ("-start_time", shows[::-1])):
        rows = api.get(f"{URL}?ordering={ordering}").json()["results"]
        assert [row["id"] for row in rows] == wanted


@pytest.mark.parametrize("last", [None, date(2030, 5, 2), date(2030, 5, 3)])
@pytest.mark.parametrize("first", [None, date(2030, 5, 2), date(2030, 5, 3)])
def test_days_are_those_of_each_venue_s_zone(api, first: date | None, last: date | None) -> None:
    zones = ["Asia/Kolkata", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago"]
    wanted, query = set(), f"date_from={first or ''}&date_to={last or ''}&page_size=100"
    for zone in zones:
        screen = hall({"A": 1}, venue=VenueFactory(timezone=zone))
        for hours in range(0, 96, 7):
            start = datetime(2030, 5, 1, hours % 24, tzinfo=UTC) + timedelta(days=hours // 24)
            show = scheduled_show(screen=screen, start_time=start)
            day = start.astimezone(ZoneInfo(zone)).date()
            if (first or day) <= day <= (last or day):
                wanted.add(show.pk)
    assert ids_of(api, query) == wanted
    if first and first == last:
        assert ids_of(api, f"date={first}&page_size=100") == wanted


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("min_price=100&max_price=100", True), ("min_price=400", True), ("max_price=100", True),
        ("min_price=200&max_price=300", True), ("min_price=251&max_price=399", False),
        ("min_price=401", False), ("max_price=99.99", False), ("min_price=400&max_price=100", False),
    ],
)  # fmt: skip
def test_one_price_must_meet_both_limits(api, query: str, found: bool) -> None:
    types = {"Child": Decimal(250), "Adult": Decimal(400), "Student": Decimal(100)}
    show = scheduled_show(prices={"Gold": types})
    assert ids_of(api, query) == ({show.pk} if found else set())


def test_a_category_may_have_a_name_as_long_as_the_layout_lets_it(boss_api, body) -> None:
    name = "G" * 100
    SeatCategory.objects.filter(screen=body["screen"]).update(name=name)
    assert boss_api.post(URL, {**body, "prices": {name: "99.50"}}).status_code == 201


def test_new_prices_are_what_the_list_is_asked_for(api) -> None:
    show = scheduled_show(price="100")
    change_show(show_id=show.pk, prices={"Gold": {"": Decimal(300)}})
    assert ids_of(api, "max_price=299") == set()
    assert ids_of(api, "min_price=300&max_price=300") == {show.pk}


@pytest.mark.parametrize("include_past", ["false", "true"])
@pytest.mark.parametrize(
    ("taken", "free"),
    [
        ([], True),
        (["B2"], True),  # The one that sells last.
        (["A1", "A2", "B1"], True),
        (["A1", "A2", "B1", "B2"], False),
    ],
)
def test_seats_are_left_until_the_last_one_is_taken(
    api, taken: list[str], free: bool, include_past: str
) -> None:
    show = scheduled_show(rows={"A": 2, "B": 2})
    block_seats(show_id=show.pk, block=seat_ids(show, *taken) if taken else [])
    for value in (True, False):
        query = f"available={str(value).lower()}&include_past={include_past}"
        assert ids_of(api, query) == ({show.pk} if value is free else set())


def test_a_sold_out_show_has_seats_again_by_the_clock(api) -> None:
    show = scheduled_show(rows={"A": 2})
    block_seats(show_id=show.pk, block=seat_ids(show))
    assert ids_of(api, "available=false") == {show.pk}
    write_state(
        ShowSeat.objects.filter(show=show, seat__number="1"),
        released_at=timezone.now() - timedelta(seconds=1),
    )
    assert ids_of(api, "available=false") == set()
    assert ids_of(api, "available=true") == {show.pk}


def test_a_sold_out_show_that_is_moved_is_still_sold_out(api) -> None:
    show = scheduled_show(rows={"A": 2}, start_time=timezone.now() - timedelta(days=1))
    block_seats(show_id=show.pk, block=seat_ids(show))
    assert ids_of(api, "available=false") == set()
    change_show(show_id=show.pk, start_time=timezone.now() + timedelta(days=1))
    assert ids_of(api, "available=false") == {show.pk}


def test_a_cancelled_show_may_have_lost_its_stock(api) -> None:
    show = scheduled_show(rows={"A": 2})
    Show.objects.filter(pk=show.pk).update(status="cancelled", cancelled_at=timezone.now())
    ShowSeat.objects.filter(show=show).delete()
    assert ids_of(api, "status=cancelled&available=true") == set()
    assert ids_of(api, "status=cancelled&available=false") == {show.pk}


@pytest.mark.parametrize("few", [0, 1, 2, 300])
def test_words_find_the_same_however_many_rows_have_them(api, monkeypatch, few: int) -> None:
    monkeypatch.setattr("shows.filters._FEW", few)
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


@pytest.mark.parametrize(("most", "counted"), [(10_000, 4), (4, 4), (3, 3), (2, 2), (1, 1)])
def test_a_show_that_has_a_word_twice_is_counted_once(api, monkeypatch, most, counted) -> None:
    monkeypatch.setattr("eventbooking_system.api.pagination.MAX_COUNTED", most)
    for title, city in (("Red River", "Red Bluff"), ("Red Shoes", "Pune"), ("Psycho", "Red Bluff"),
                        ("Vertigo", "Red Bluff"), ("Psycho", "Pune")):  # fmt: skip
        screen = hall({"A": 1}, venue=VenueFactory(name="Regal", city=city))
        scheduled_show(event=EventFactory(title=title), screen=screen)
    for words in ("red", "red%20regal", "e%20red"):
        assert api.get(f"{URL}?search={words}&page_size=1").json()["count"] == counted, words


def test_what_has_a_word_is_counted_column_by_column(api, django_assert_num_queries) -> None:
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


def test_what_is_said_after_either_is_counted_too() -> None:
    first, second, _ = (scheduled_show() for _ in range(3))
    either = Show.objects.either([Q(pk=first.pk), Q(pk__in=[first.pk, second.pk])])
    assert [part.count() for part in either.parts] == [1, 1]
    assert [count_up_to(most, *either.parts) for most in (1, 2, 9)] == [1, 2, 2]
    assert not either.exclude(pk=first.pk).parts
    assert set(either) == {first, second}


def test_shows_are_counted_without_their_events(api, django_assert_num_queries) -> None:
    for _ in range(2):
        scheduled_show()
    scheduled_show(event=EventFactory(is_published=False))
    with django_assert_num_queries(4) as captured:
        assert api.get(f"{URL}?page_size=1").json()["count"] == 2
    assert captured[-1]["sql"].startswith("SELECT COUNT")
    assert "JOIN" not in captured[-1]["sql"]


def test_shows_of_a_kind_are_counted_by_their_events_alone(api, django_assert_num_queries) -> None:
    for is_published in (True, True, False):
        scheduled_show(event=EventFactory(kind="play", is_published=is_published))
    with django_assert_num_queries(4) as captured:
        assert api.get(f"{URL}?kind=play&page_size=1").json()["count"] == 2
    assert "IN (SELECT" not in captured[-1]["sql"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "edit",
    [
        lambda show: Event.objects.update(title="Macbeth"),
        lambda show: setattr(show.event, "title", "Macbeth") or show.event.save(),
        lambda show: Venue.objects.update(city="Macbeth"),
    ],
)
def test_what_is_known_of_a_word_is_true_after_every_edit(
    api, monkeypatch, django_assert_num_queries, edit: Callable[[Show], Any]
) -> None:
    monkeypatch.setattr(caching.cache, "is_shared", True, raising=False)
    event, screen = EventFactory(title="Hamlet"), hall(venue=VenueFactory(city="Pune"))
    show = scheduled_show(event=event, screen=screen)
    assert ids_of(api, "search=hamlet") | ids_of(api, "search=pune") == {show.pk}
    assert ids_of(api, "search=macbeth") == set()
    with django_assert_num_queries(3):
        # Another page: of the shows, their prices and nothing else.
        assert ids_of(api, "search=hamlet%20pune&page_size=9") == {show.pk}
    edit(show)
    assert ids_of(api, "search=macbeth&page_size=9") == {show.pk}
    assert ids_of(api, "search=hamlet%20pune&page_size=9") == set()


@pytest.mark.django_db(transaction=True)
def test_a_word_is_not_remembered_where_other_processes_cannot_tell(api) -> None:
    show = scheduled_show(event=EventFactory(title="Hamlet"))
    assert ids_of(api, "search=macbeth") == set()
    QuerySet(Event).update(title="Macbeth")
    assert ids_of(api, "search=macbeth&page_size=9") == {show.pk}


@pytest.mark.parametrize(
    "query",
    [
        "kind=opera", "event=x", "event=-1", "venue=1.5", "date=2030-02-30", "date=today", "min_price=-1",
        "max_price=NaN", "max_price=x", "available=maybe", "status=off", "include_past=1", "ordering=price",
        "page=x", "page_size=0", "nope=1", "search=%00", "city=%00",
    ],
)  # fmt: skip
def test_a_filter_that_is_not_understood_is_refused(api, query: str) -> None:
    assert_problem(api.get(f"{URL}?{query}"), 400, "invalid", query.split("=", maxsplit=1)[0])


@pytest.mark.parametrize(
    "path", ["0/", "999999/", "99999999999999999999/", "abc/", "-1/", "1.5/", "%00/"]
)
def test_a_show_that_does_not_exist_is_not_found(api, path: str) -> None:
    for rest in ("", "seats/", "availability/", "best-seats/?quantity=2"):
        assert_problem(api.get(f"{URL}{path}{rest}"), 404, "not_found")


def test_a_show_says_what_it_is_to_search_engines(api) -> None:
    show = scheduled_show()
    data = api.get(f"{URL}{show.pk}/").json()["structured_data"]
    assert (data["@context"], data["@type"]) == ("https://schema.org", "ScreeningEvent")
    assert data["location"]["address"]["addressCountry"] == "IN"
    assert data["offers"][0] | {"price": "250.00", "priceCurrency": "INR"} == data["offers"][0]


def test_the_calendar_has_the_venue_s_zone(api) -> None:
    show = scheduled_show(start_time=datetime(2030, 5, 1, 18))
    answer = api.get(f"{URL}{show.pk}/calendar.ics")
    assert answer["Content-Type"].startswith("text/calendar")
    assert b"DTSTART;TZID=Asia/Kolkata:20300501T180000" in answer.content


# Seats


def two_category_show() -> Show:
    screen = hall({"A": 4, "B": 4})
    silver = SeatCategory.objects.create(screen=screen, name="Silver", position=1)
    screen.seats.filter(row="B").update(category=silver)
    return scheduled_show(
        screen=screen, prices={"Gold": {"": Decimal(250)}, "Silver": {"": Decimal(180)}}
    )


def test_the_seat_map_has_every_seat_with_its_price(api, django_assert_num_queries) -> None:
    show = two_category_show()
    block_seats(show_id=show.pk, block=seat_ids(show, "B1"))
    with django_assert_num_queries(4):
        body = api.get(f"{URL}{show.pk}/seats/").json()
    assert (body["show"], body["currency"]) == (show.pk, "INR")
    assert [(c["name"], c["price"], c["available"], c["total"]) for c in body["categories"]] == [
        ("Gold", "250.00", 4, 4), ("Silver", "180.00", 3, 4),
    ]  # fmt: skip
    seat = {seat["id"]: seat for seat in body["seats"]}[seat_ids(show, "B1")[0]]
    assert (seat["row"], seat["number"], seat["category"]) == ("B", "1", "Silver")
    assert (seat["price"], seat["status"], seat["x"], seat["y"]) == ("180.00", "blocked", 1.0, 1.0)


def test_availability_counts_what_is_left(api) -> None:
    show = two_category_show()
    block_seats(show_id=show.pk, block=seat_ids(show, "B2"))
    body = api.get(f"{URL}{show.pk}/availability/").json()
    assert (body["available"], body["total"]) == (7, 8)
    assert body["unavailable_seat_ids"] == seat_ids(show, "B2")
    assert body["categories"] == {
        "Gold": {"available": 4, "total": 4, "largest_adjacent": 4},
        "Silver": {"available": 3, "total": 4, "largest_adjacent": 2},
    }


def test_unchanged_answers_are_not_sent_again(api) -> None:
    show = two_category_show()
    for path in ("", f"{show.pk}/", f"{show.pk}/seats/", f"{show.pk}/availability/"):
        first = api.get(URL + path)
        again = api.get(URL + path, headers={"If-None-Match": first["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert "max-age" in first["Cache-Control"]
    before = api.get(f"{URL}{show.pk}/seats/")["ETag"]
    block_seats(show_id=show.pk, block=seat_ids(show, "A1"))
    assert api.get(f"{URL}{show.pk}/seats/", headers={"If-None-Match": before}).status_code == 200


def test_areas_are_counted_and_not_listed(api) -> None:
    screen = ScreenFactory()
    area = {"name": "Floor", "capacity": 3, "category": "Standing"}
    document = {"rows": [{"row": "A", "seats": 2, "category": "Gold"}], "areas": [area]}
    replace_layout(screen_id=screen.pk, document=document)
    show = scheduled_show(screen=screen)
    block_seats(show_id=show.pk, block_areas={"Floor": 1})
    counts = {"name": "Floor", "category": "Standing", "available": 2, "total": 3}
    seat_map = api.get(f"{URL}{show.pk}/seats/").json()
    assert len(seat_map["seats"]) == 2
    drawing = {"x": 0, "y": 2, "width": 1, "height": 4}
    assert seat_map["areas"] == [{**counts, "price": "250.00", **drawing}]
    by_name = {category["name"]: category for category in seat_map["categories"]}
    assert (by_name["Standing"]["available"], by_name["Standing"]["total"]) == (2, 3)
    left = api.get(f"{URL}{show.pk}/availability/").json()
    assert (left["areas"], left["available"], left["total"]) == ([counts], 4, 5)
    assert left["categories"]["Standing"] == {"available": 2, "total": 3, "largest_adjacent": 0}
    assert left["unavailable_seat_ids"] == []
    detail = api.get(f"{URL}{show.pk}/").json()
    assert (detail["available_seats"], detail["total_seats"]) == (4, 5)
    best = api.get(f"{URL}{show.pk}/best-seats/?quantity=2&category=Standing").json()
    assert best == {"seat_ids": [], "adjacent": False, "areas": {"Floor": 2}}


def test_a_show_is_drawn_from_the_plan_that_it_was_scheduled_with(api) -> None:
    screen = ScreenFactory()
    old, new = ({"rows": [{"row": "A", "seats": n, "category": "Gold"}]} for n in (2, 3))
    replace_layout(screen_id=screen.pk, document=old)
    show = scheduled_show(screen=screen)
    replace_layout(screen_id=screen.pk, document=new, new_version=True)
    later = timezone.now() + timedelta(days=3)
    screen.refresh_from_db()
    newer = scheduled_show(screen=screen, start_time=later)
    assert api.get(f"{URL}{show.pk}/layout/").json() == old
    assert api.get(f"{URL}{newer.pk}/layout/").json() == new
    assert len(api.get(f"{URL}{show.pk}/seats/").json()["seats"]) == 2
    # One from before there were versions is drawn as its hall is now.
    Show.objects.filter(pk=show.pk).update(layout=None)
    assert api.get(f"{URL}{show.pk}/layout/").json() == new
    assert_problem(api.get(f"{URL}{scheduled_show().pk}/layout/"), 404, "not_found")


def test_staff_block_places_by_quantity(boss_api) -> None:
    screen = ScreenFactory()
    area = {"name": "Floor", "capacity": 3, "category": "Standing"}
    replace_layout(screen_id=screen.pk, document={"areas": [area]})
    path = f"{URL}{scheduled_show(screen=screen).pk}/seats/"
    assert boss_api.patch(path, {"block_areas": {"Floor": 2}}).json()["available"] == 1
    answer = boss_api.patch(path, {"block_areas": {"Floor": 2}})
    assert (answer.status_code, answer.json()["area"]) == (409, "Floor")
    assert boss_api.patch(path, {"unblock_areas": {"Floor": 1}}).json()["available"] == 2
    answer = boss_api.patch(path, {"block_areas": {"Hall": 1}})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "areas.Hall")


def test_the_best_seats_are_side_by_side_where_that_is_possible(api) -> None:
    show = two_category_show()
    best = api.get(f"{URL}{show.pk}/best-seats/?quantity=2&category=Silver").json()
    pair = seat_ids(show, "B1", "B2")
    assert best == {"seat_ids": pair, "areas": {}, "adjacent": True} or best == {
        "areas": {},
        "seat_ids": seat_ids(show, "B3", "B4"),
        "adjacent": True,
    }
    assert not api.get(f"{URL}{show.pk}/best-seats/?quantity=6").json()["adjacent"]
    answer = api.get(f"{URL}{show.pk}/best-seats/?quantity=9")
    assert assert_problem(answer, 409, "not_enough_seats")["available"] == 8


def test_wheelchair_places_are_kept_for_those_who_ask(api) -> None:
    show = two_category_show()
    show.screen.seats.filter(row="A", number="2").update(accessible=True)
    show.screen.seats.filter(row="A", number="1").update(companion=True)
    url = f"{URL}{show.pk}/best-seats/?quantity=2&category=Gold"
    assert api.get(url).json()["seat_ids"] == seat_ids(show, "A3", "A4")
    asked = api.get(f"{url}&accessible=true").json()["seat_ids"]
    assert seat_ids(show, "A2")[0] in asked


@pytest.mark.parametrize(
    "query",
    [
        "",
        "quantity=0",
        "quantity=x",
        "quantity=-1",
        "quantity=1e3",
        "quantity=101",
        "quantity=2&accessible=maybe",
        "quantity=2&category=%00",
    ],
)
def test_best_seats_refuses_what_it_does_not_understand(api, query: str) -> None:
    assert_problem(api.get(f"{URL}{scheduled_show().pk}/best-seats/?{query}"), 400, "invalid")


def test_staff_block_and_unblock_seats(boss_api) -> None:
    show = two_category_show()
    url, seats = f"{URL}{show.pk}/seats/", seat_ids(show, "A1", "A2")
    answer = boss_api.patch(url, {"block": seats, "reason": "guests"})
    assert answer.json()["unavailable_seat_ids"] == seats
    assert boss_api.patch(url, {"unblock": seats}).json()["unavailable_seat_ids"] == []


@pytest.mark.parametrize(
    "body",
    [
        {}, {"block": []}, {"block": "1"}, {"block": [True]}, {"block": [1, 1]}, {"block": [1], "unblock": [1]},
        {"block": [10**30]}, {"reason": "x"}, {"block": [1], "why": "x"}, {"block": [1], "reason": 5},
        {"block": list(range(1, 3000))},
    ],
)  # fmt: skip
def test_blocking_refuses_bad_input(boss_api, body) -> None:
    show = two_category_show()
    assert_problem(boss_api.patch(f"{URL}{show.pk}/seats/", body), 400, "invalid")
    assert not ShowSeat.objects.filter(status="blocked").exists()


def test_blocking_is_for_staff_and_for_seats_of_the_show(boss_api, login, api) -> None:
    show = two_category_show()
    url = f"{URL}{show.pk}/seats/"
    assert_problem(api.patch(url, {"block": [1]}), 401, "not_authenticated")
    assert_problem(login(UserFactory()).patch(url, {"block": [1]}), 403, "permission_denied")
    assert_problem(boss_api.patch(url, {"block": [10**9]}), 400, "seats_not_in_show")
    assert not ShowSeat.objects.filter(status="blocked").exists()
