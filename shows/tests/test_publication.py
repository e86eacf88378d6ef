"""Drafts, unlisted shows, and shows that become public by themselves."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from eventbooking_system.testing.problems import assert_problem
from shows.models import Show
from shows.services import change_show
from shows.tests.factories import scheduled_show, seat_ids

pytestmark = pytest.mark.django_db
URL = "/api/shows/"
PAGES = ("", "seats/", "availability/", "best-seats/?quantity=1", "calendar.ics", "layout/")


def later(**span):
    return timezone.now() + timedelta(**span)


def listed(api, **query):
    response = api.get(URL, query)
    assert response.status_code == 200, response.content
    return [show["id"] for show in response.json()["results"]]


def events_found(api, show, **query):
    query = {"venue": show.screen.venue_id, **query}
    return [event["id"] for event in api.get("/api/events/", query).json()["results"]]


def quoted(api, show):
    body = {"show_id": show.pk, "seat_ids": seat_ids(show, "A1")}
    return api.post("/api/bookings/quote/", body)


HIDDEN = [
    {"publication": "draft"},
    {"publish_at": timedelta(hours=1)},
    {"publication": "unlisted", "publish_at": timedelta(hours=1)},
    {"publication": "draft", "publish_at": timedelta(hours=1)},
]


def with_times(terms):
    return {
        name: timezone.now() + value if isinstance(value, timedelta) else value
        for name, value in terms.items()
    }


@pytest.mark.parametrize("terms", HIDDEN)
def test_a_draft_is_not_found_by_customers_and_by_no_list(api, customer_api, terms) -> None:
    show = scheduled_show(**with_times(terms))
    for client in (api, customer_api):
        for page in PAGES:
            assert client.get(f"{URL}{show.pk}/{page}").status_code == 404, page
        assert listed(client) == listed(client, kind="movie") == []
        assert events_found(client, show) == []
        day = f"{show.start_time:%Y-%m-%d}"
        assert events_found(client, show, date_from=day) == []
    assert api.get(f"/shows/{show.pk}/").status_code == 404


@pytest.mark.parametrize("terms", HIDDEN)
def test_nobody_can_book_a_draft(customer_api, boss_api, terms) -> None:
    show = scheduled_show(**with_times(terms))
    body = {"show_id": show.pk, "seat_ids": seat_ids(show, "A1")}
    for client in (customer_api, boss_api):
        assert_problem(client.post("/api/bookings/", body), 400, "invalid", field="show_id")
        best = {"show_id": show.pk, "quantity": 2}
        assert_problem(client.post("/api/bookings/", best), 400, "invalid", field="show_id")
    assert_problem(quoted(customer_api, show), 400, "invalid", field="show_id")
    assert not show.bookings.exists()
    assert set(show.show_seats.values_list("status", flat=True)) == {"available"}


@pytest.mark.parametrize("terms", HIDDEN)
def test_staff_see_a_draft_and_find_it_by_a_filter(boss_api, terms) -> None:
    show = scheduled_show(**with_times(terms))
    public = scheduled_show()
    for page in PAGES[:-1]:
        assert boss_api.get(f"{URL}{show.pk}/{page}").status_code == 200, page
    assert not boss_api.get(f"{URL}{show.pk}/").json()["on_sale"]
    assert listed(boss_api, publication="draft") == [show.pk]
    assert listed(boss_api, publication="public") == [public.pk]
    assert listed(boss_api, publication="unlisted") == []
    assert set(listed(boss_api)) == {show.pk, public.pk}


def test_an_unlisted_show_is_sold_by_its_link_and_is_in_no_list(
    api, customer_api, boss_api
) -> None:
    show = scheduled_show(publication="unlisted")
    for page in PAGES[:-1]:
        assert api.get(f"{URL}{show.pk}/{page}").status_code == 200, page
    answer = api.get(f"{URL}{show.pk}/").json()
    assert answer["on_sale"] and answer["publication"] == "unlisted"
    page = api.get(f"/shows/{show.pk}/")
    assert page.status_code == 200 and page["X-Robots-Tag"] == "noindex"
    assert listed(api) == listed(api, kind="movie") == listed(api, search="movie") == []
    assert events_found(api, show) == []
    assert listed(boss_api, publication="unlisted") == [show.pk]
    assert quoted(api, show).status_code == 200
    body = {"show_id": show.pk, "seat_ids": seat_ids(show, "A1")}
    assert customer_api.post("/api/bookings/", body).status_code == 201


def test_an_unlisted_show_is_not_offered_for_taken_seats(customer_api, boss_api) -> None:
    show = scheduled_show(rows={"A": 1})
    scheduled_show(
        event=show.event,
        screen=show.screen,
        start_time=show.end_time + timedelta(hours=1),
        publication="unlisted",
    )
    body = {"show_id": show.pk, "seat_ids": seat_ids(show)}
    assert boss_api.post("/api/bookings/", body).status_code == 201
    problem = assert_problem(customer_api.post("/api/bookings/", body), 409, "seats_unavailable")
    assert not problem.get("other_shows")


@pytest.mark.sqlite
def test_an_event_with_a_draft_and_a_public_show_has_only_the_public_one(api) -> None:
    public = scheduled_show()
    for publication in ("draft", "unlisted"):
        scheduled_show(
            event=public.event,
            screen=public.screen,
            start_time=public.start_time + timedelta(hours=5 if publication == "draft" else 10),
            publication=publication,
        )
    query = {"expand": "shows", "venue": public.screen.venue_id}
    query |= {"date_from": f"{later():%Y-%m-%d}", "date_to": f"{later(days=3):%Y-%m-%d}"}
    [event] = api.get("/api/events/", query).json()["results"]
    assert [show["id"] for show in event["shows"]] == [public.pk]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("publication", ["draft", "public", "unlisted"])
def test_a_show_becomes_public_by_itself_and_no_cache_delays_it(
    api, customer_api, publication
) -> None:
    show = scheduled_show(publication=publication, publish_at=later(seconds=1))
    pages = [f"{URL}{show.pk}/", f"{URL}{show.pk}/seats/", URL, "/api/events/?expand=shows"]
    before = {page: api.get(page).headers.get("ETag") for page in pages[:3]}
    assert listed(api) == [] and quoted(api, show).status_code == 400
    time.sleep(2.1)  # A list is cached for a second.
    assert api.get(pages[0]).json()["on_sale"]
    assert api.get(pages[1]).status_code == 200
    is_listed = publication != "unlisted"
    assert listed(api) == ([show.pk] if is_listed else [])
    if is_listed:
        again = api.get(URL, headers={"If-None-Match": before[URL]})
        assert again.status_code == 200
    wanted = "unlisted" if publication == "unlisted" else "public"
    assert api.get(pages[0]).json()["publication"] == wanted
    body = {"show_id": show.pk, "seat_ids": seat_ids(show, "A1")}
    assert customer_api.post("/api/bookings/", body).status_code == 201


def test_staff_schedule_change_and_withdraw_the_publication(boss_api, api) -> None:
    like = scheduled_show()
    body = {
        "event": like.event_id,
        "screen": like.screen_id,
        "start_time": "2035-03-01T19:30",
        "publish_at": "2035-02-01T10:00",
        "currency": "INR",
        "prices": {"Gold": "250.00"},
        "publication": "unlisted",
    }
    answer = boss_api.post(URL, body)
    assert answer.status_code == 201, answer.content
    show = answer.json()
    assert show["publication"] == "unlisted"
    assert show["publish_at"] == "2035-02-01T04:30:00Z"  # 10:00 at the venue in Kolkata.
    url = f"{URL}{show['id']}/"
    assert boss_api.patch(url, {"publish_at": None, "publication": "public"}).status_code == 200
    assert api.get(url).status_code == 200
    assert boss_api.patch(url, {"publication": "draft"}).status_code == 200
    assert api.get(url).status_code == 404


@pytest.mark.sqlite
def test_a_show_that_becomes_a_draft_again_is_not_published_by_a_time_that_is_past(
    boss_api, api
) -> None:
    show = scheduled_show()
    Show.objects.filter(pk=show.pk).update(publish_at=later(hours=-1))
    change_show(show_id=show.pk, publication="draft")
    assert api.get(f"{URL}{show.pk}/").status_code == 404
    assert boss_api.get(f"{URL}{show.pk}/").json()["publish_at"] is None


@pytest.mark.parametrize(
    ("field", "terms"),
    [
        ("publication", {"publication": "hidden"}),
        ("publication", {"publication": None}),
        ("publish_at", {"publish_at": "tomorrow"}),
        ("publish_at", {"publish_at": "2099-01-01T00:00"}),
    ],
)
def test_a_wrong_publication_is_refused_and_nothing_is_written(boss_api, field, terms) -> None:
    show = scheduled_show()
    before = Show.objects.values().get(pk=show.pk)
    assert_problem(boss_api.patch(f"{URL}{show.pk}/", terms), 400, "invalid", field=field)
    assert Show.objects.values().get(pk=show.pk) == before


@pytest.mark.sqlite
def test_a_repeated_show_is_published_as_long_before_it_as_the_first(boss_api) -> None:
    start = later(days=1).replace(second=0, microsecond=0)
    show = scheduled_show(publication="unlisted", start_time=start)
    Show.objects.filter(pk=show.pk).update(publish_at=show.start_time - timedelta(hours=5))
    until = f"{show.start_time + timedelta(days=2):%Y-%m-%d}"
    body = {"show": show.pk, "rrule": "FREQ=DAILY", "until": until}
    [made, *_] = boss_api.post(f"{URL}repeat/", body).json()["created"]
    copy = Show.objects.get(pk=made)
    assert copy.publication == "unlisted"
    assert copy.start_time - copy.publish_at == timedelta(hours=5)


@pytest.mark.sqlite
def test_hidden_shows_cost_a_list_no_further_query(api, django_assert_num_queries) -> None:
    scheduled_show()
    with django_assert_num_queries(3):
        api.get(URL)
    scheduled_show(publication="draft")
    scheduled_show(publish_at=later(hours=1))
    with django_assert_num_queries(3):
        api.get(URL)
