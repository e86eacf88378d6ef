"""Shows at the admin site: the list, the page, and deletion."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bookings.models import Booking
from bookings.tests.factories import confirmed, held, run_out
from eventbooking_system.errors import InUse
from eventbooking_system.testing.races import run_at_once
from events.tests.factories import EventFactory
from shows import services
from shows.models import Show, ShowSeat
from shows.tests.factories import scheduled_show, seat_ids
from shows.tests.show_forms import SEATS, SHOWS, START, counts, form_of, new_show, queries_of, texts
from users.tests.factories import UserFactory
from venues.models import Seat
from venues.tests.factories import SeatCategoryFactory, VenueFactory, hall

pytestmark = pytest.mark.django_db


def test_the_list_says_what_is_where_and_when_and_how_full_it_is(boss):
    show = scheduled_show(rows={"A": 4}, start_time=START)
    confirmed("A1", "A2", "A3", show=show)
    page = boss.get(SHOWS).content.decode()
    assert f"{show.screen.venue.name}, {show.screen.name}" in page
    assert "Sat 08 Mar 2031, 19:30 Asia/Kolkata" in page
    assert "3 / 4 (75\N{NO-BREAK SPACE}%)" in page
    assert "250.00 INR" in page


def test_the_list_shows_a_range_of_prices_in_the_digits_of_the_currency(boss):
    screen = hall()
    cheap = SeatCategoryFactory(screen=screen, name="Cheap")
    Seat.objects.create(screen=screen, category=cheap, row="Z", number="1", x=1, y=9)
    prices = {"Gold": {"": Decimal(2400)}, "Cheap": {"Adult": Decimal(1200), "Child": Decimal(800)}}
    scheduled_show(screen=screen, currency="JPY", prices=prices)
    assert "800 – 2400 JPY" in boss.get(SHOWS).content.decode()


@pytest.mark.parametrize("path", [f"{SHOWS}?when=all", SEATS])
def test_lists_need_as_many_queries_for_many_rows_as_for_a_few(boss, path):
    for number in range(3):
        held(show=scheduled_show(rows={"A": 2}, event=EventFactory(title=f"A{number}")))
    boss.get(path)
    few = queries_of(boss, path)
    for _ in range(9):
        held(show=scheduled_show(rows={"A": 2}))
    assert queries_of(boss, path) == few <= 10


def test_shows_that_are_over_are_listed_when_asked_for(boss):
    scheduled_show(event=EventFactory(title="Still to come"))
    scheduled_show(
        event=EventFactory(title="Long over"), start_time=timezone.now() - timedelta(days=3)
    )
    upcoming, past, every = (
        boss.get(SHOWS, query).content.decode() for query in ({}, {"when": "past"}, {"when": "all"})
    )
    assert "Still to come" in upcoming and "Long over" not in upcoming
    assert "Still to come" not in past and "Long over" in past
    assert "Still to come" in every and "Long over" in every


def test_shows_are_found_by_title_venue_city_and_filters(boss):
    venue = VenueFactory(name="Roxy", city="Pune")
    show = scheduled_show(
        screen=hall(venue=venue), event=EventFactory(title="Quiet Rain", kind="play")
    )
    scheduled_show()
    for query in (
        {"q": "quiet"}, {"q": "roxy"}, {"q": "pune"}, {"event__kind__exact": "play"},
        {"screen__venue__id__exact": venue.pk}, {"screen": show.screen_id},
        {"screen__venue__id__exact": venue.pk, "screen": show.screen_id},
    ):  # fmt: skip
        page = boss.get(SHOWS, query)
        assert [row.pk for row in page.context["cl"].result_list] == [show.pk], query
    assert b"By screen" in boss.get(SHOWS, {"screen": show.screen_id}).content


@pytest.mark.parametrize("value", ["x", "-1", "0", "9" * 30, "9" * 5000, "1.5", "²"])
def test_a_filter_by_an_id_of_nothing_finds_nothing(boss, value):
    scheduled_show()
    for path, name in ((SHOWS, "screen"), (SEATS, "show")):
        page = boss.get(path, {name: value})
        assert page.status_code == 200
        assert not page.context["cl"].result_list


@pytest.mark.parametrize("path", [SHOWS, SEATS])
@pytest.mark.parametrize("query", ["status__exact=%00", "when=%00", "%00=1", "provider=%00"])
def test_a_query_with_a_nul_byte_is_refused(boss, path, query):
    assert boss.get(f"{path}?{query}").status_code == 400


@pytest.mark.parametrize("chosen", ["x", "-1", "9" * 30, "\0"])
def test_an_action_on_an_invalid_id_is_refused(boss, chosen):
    scheduled_show()
    body = {"action": "block", "_selected_action": [chosen]}
    assert boss.post(SEATS, body).status_code == 400
    assert not ShowSeat.objects.exclude(status="available").exists()


@pytest.mark.parametrize("object_id", ["x", "%00", "9" * 30])
def test_there_is_no_history_of_an_invalid_id(boss, object_id):
    scheduled_show()
    assert boss.get(f"{SHOWS}{object_id}/history/").status_code == 404
    assert boss.get(f"{SHOWS}{object_id}/history/1/").status_code == 404
    assert boss.get(f"{SHOWS}1/history/{object_id}/").status_code == 404


def test_shows_are_not_deleted_many_at_a_time(boss):
    show = scheduled_show()
    body = {"action": "delete_selected", "_selected_action": [show.pk], "post": "yes"}
    boss.post(SHOWS, body)
    assert Show.objects.count() == 1


def test_the_page_counts_seats_by_category_and_status(boss):
    show = scheduled_show(rows={"A": 6})
    confirmed("A1", "A2", show=show)
    held("A3", show=show)
    run_out(held("A4", show=show))
    services.block_seats(show_id=show.pk, block=seat_ids(show, "A5"))
    page = boss.get(f"{SHOWS}{show.pk}/change/").content.decode()
    link = f"{SEATS}?show={show.pk}&amp;category=Gold&amp;status="
    for status, count in {"available": 2, "held": 1, "booked": 2, "blocked": 1}.items():
        assert f'<a href="{link}{status}">{count}</a>' in page
    assert f'<a href="{SEATS}?show={show.pk}">6</a>' in page


@pytest.mark.parametrize("object_id", ["0", "x", "9" * 30])
def test_a_show_that_does_not_exist_is_said_not_to(boss, object_id):
    response = boss.get(f"{SHOWS}{object_id}/change/", follow=True)
    assert "Perhaps it was deleted?" in response.content.decode()


def test_a_page_of_a_show_takes_a_fixed_number_of_queries(boss, django_assert_max_num_queries):
    show = scheduled_show(rows=dict.fromkeys("ABCDEFGH", 10))
    with django_assert_max_num_queries(12):
        assert boss.get(f"{SHOWS}{show.pk}/change/").status_code == 200


def test_earlier_versions_can_be_looked_at_and_not_brought_back(boss):
    show = scheduled_show(start_time=START)
    services.change_show(show_id=show.pk, language="Hindi")
    version = show.history.last()
    assert boss.get(f"{SHOWS}{show.pk}/history/").status_code == 200
    path = f"{SHOWS}{show.pk}/history/{version.history_id}/"
    page = boss.get(path)
    assert page.status_code == 200
    assert b"Sat 08 Mar 2031, 19:30 Asia/Kolkata" in page.content
    assert b"datetime-local" not in page.content and b'value="Revert' not in page.content
    assert boss.post(path, {"start_time": "2031-03-09T19:30"}).status_code == 403
    show.refresh_from_db()
    assert (show.start_time, show.language) == (START, "Hindi")


def test_staff_who_may_only_look_at_shows_change_nothing(staff):
    show = scheduled_show(start_time=START)
    client = staff("view_show")
    assert client.get(SHOWS).status_code == 200
    page = client.get(f"{SHOWS}{show.pk}/change/")
    assert b"Sat 08 Mar 2031, 19:30 Asia/Kolkata" in page.content
    assert b"Gold: 250.00" in page.content
    assert b"datetime-local" not in page.content
    body = {"prices": "Gold: 1.00", "start_time": "2031-03-09T19:30"}
    assert client.post(f"{SHOWS}{show.pk}/change/", body).status_code == 403
    version = show.history.get()
    path = f"{SHOWS}{show.pk}/history/{version.history_id}/"
    assert client.get(path).status_code == 200
    assert client.post(path, body).status_code == 403
    assert client.get(f"{SHOWS}add/").status_code == 403
    assert client.post(f"{SHOWS}add/", new_show(hall())).status_code == 403
    assert client.post(f"{SHOWS}{show.pk}/delete/", {"post": "yes"}).status_code == 403
    show.refresh_from_db()
    assert show.start_time == START
    assert set(show.show_seats.values_list("price", flat=True)) == {250}
    assert Show.objects.count() == 1


def test_staff_without_permissions_see_nothing(staff):
    show = scheduled_show()
    client = staff()
    for path in (SHOWS, f"{SHOWS}{show.pk}/change/", f"{SHOWS}{show.pk}/history/", SEATS):
        assert client.get(path).status_code == 403


def test_each_permission_is_enough_for_what_it_names(staff):
    screen = hall()
    client = staff("add_show", "view_show")
    client.post(f"{SHOWS}add/", new_show(screen))
    show = Show.objects.get()
    client = staff("change_show")
    page = client.get(f"{SHOWS}{show.pk}/change/")
    body = form_of(page, language="Hindi")
    assert client.post(f"{SHOWS}{show.pk}/change/", body).status_code == 302
    client = staff("delete_show", "view_show")
    client.post(f"{SHOWS}{show.pk}/delete/", {"post": "yes"})
    assert Show.objects.count() == 0


def test_a_cancelled_show_can_only_be_looked_at(boss):
    show = scheduled_show(start_time=START)
    body = form_of(boss.get(f"{SHOWS}{show.pk}/change/"), language="Hindi")
    Show.objects.update(status="cancelled", cancelled_at=timezone.now())
    assert boss.get(f"{SHOWS}{show.pk}/change/").status_code == 200
    assert boss.post(f"{SHOWS}{show.pk}/change/", body).status_code == 403
    show.refresh_from_db()
    assert show.language == ""


def test_a_show_that_nobody_booked_goes_with_its_stock(boss):
    show = scheduled_show(rows={"A": 6})
    page = boss.get(f"{SHOWS}{show.pk}/delete/").content.decode()
    assert "Seats: 6" in page
    assert boss.post(f"{SHOWS}{show.pk}/delete/", {"post": "yes"}).status_code == 302
    assert counts() == (0, 0, 0)
    assert Seat.objects.count() == 6


def test_a_show_that_was_ever_booked_stays(boss):
    show = scheduled_show()
    run_out(held(show=show))
    before = counts()
    for request in (boss.get, boss.post):
        response = request(f"{SHOWS}{show.pk}/delete/", {"post": "yes"}, follow=True)
        assert response.redirect_chain == [(f"{SHOWS}{show.pk}/change/", 302)]
        assert "A show with bookings" in texts(response)[0]
        assert counts() == before


@pytest.mark.django_db(transaction=True)
def test_a_show_is_deleted_or_booked_but_not_both(boss):
    for _ in range(5):
        show = scheduled_show()
        customer = UserFactory()
        run_at_once(
            [
                lambda show=show: boss.post(f"{SHOWS}{show.pk}/delete/", {"post": "yes"}),
                lambda show=show, customer=customer: held(show=show, customer=customer),
            ]
        )
        booked = Booking.objects.filter(show=show).exists()
        assert Show.objects.filter(pk=show.pk).exists() == booked


def test_the_last_look_before_a_show_goes_is_under_its_locks(boss):
    show = scheduled_show()
    booking = held(show=show)
    with CaptureQueriesContext(connection) as queries, pytest.raises(InUse):
        admin.site.get_model_admin(Show).delete_model(None, show)
    tables = [query["sql"].split(" FROM ")[1].split()[0].strip('"') for query in queries]
    assert tables == ["shows_show", "shows_showseat", "bookings_booking"]
    assert Booking.objects.get() == booking
