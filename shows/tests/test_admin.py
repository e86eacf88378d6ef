from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

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
from shows.models import Show, ShowPrice, ShowSeat
from shows.tests.factories import scheduled_show, seat_ids
from users.tests.factories import UserFactory
from venues.models import Seat
from venues.tests.factories import SeatCategoryFactory, VenueFactory, hall

pytestmark = pytest.mark.django_db
SHOWS = "/admin/shows/show/"
SEATS = "/admin/shows/showseat/"
KOLKATA = ZoneInfo("Asia/Kolkata")
START = datetime(2031, 3, 8, 19, 30, tzinfo=KOLKATA)


def new_show(hall, **changes):
    """Return the form data that a browser sends for a new show."""
    empty = dict.fromkeys(
        ["end_time", "language", "format", "sales_open_at", "sales_close_at", "publish_at",
         "max_seats_per_booking", "fee_per_ticket", "fee_per_booking", "tax_rate",
         "tax_inclusive", "refund_cutoff_hours", "refund_percent", "cleaning_minutes"], "",
    )  # fmt: skip
    filled = {
        "event": EventFactory().pk,
        "screen": hall.pk,
        "start_time": "2031-03-08T19:30",
        "currency": "INR",
        "prices": "Gold: 250.00",
        "single_seat_rule": "off",
        "publication": "public",
    }
    return {**empty, **filled, **changes}


def form_of(page, **changes):
    """Return the data that a browser sends for a served form, with changes."""
    form = page.context["adminform"].form
    values = {}
    for field in form:
        value = field.field.widget.format_value(field.value())
        if value is not None and value is not False:
            values[field.html_name] = value
    # Browsers send a checked box, and end the lines of a text with two signs.
    values["tax_inclusive"] = values["fees_refundable"] = "on"
    values["single_seat_rule"] = form["single_seat_rule"].value()
    values["prices"] = values["prices"].replace("\n", "\r\n")
    return {**values, **changes}


def errors(page):
    assert page.status_code == 200
    return {name: list(texts) for name, texts in page.context["adminform"].form.errors.items()}


def texts(response):
    return [str(message) for message in response.context["messages"]]


def counts():
    return Show.objects.count(), ShowSeat.objects.count(), ShowPrice.objects.count()


def queries_of(client, path):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


# ---- The list of shows


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
def test_an_action_on_what_is_no_id_is_refused(boss, chosen):
    scheduled_show()
    body = {"action": "block", "_selected_action": [chosen]}
    assert boss.post(SEATS, body).status_code == 400
    assert not ShowSeat.objects.exclude(status="available").exists()


@pytest.mark.parametrize("object_id", ["x", "%00", "9" * 30])
def test_there_is_no_history_of_what_is_no_id(boss, object_id):
    scheduled_show()
    assert boss.get(f"{SHOWS}{object_id}/history/").status_code == 404
    assert boss.get(f"{SHOWS}{object_id}/history/1/").status_code == 404
    assert boss.get(f"{SHOWS}1/history/{object_id}/").status_code == 404


def test_shows_are_not_deleted_many_at_a_time(boss):
    show = scheduled_show()
    body = {"action": "delete_selected", "_selected_action": [show.pk], "post": "yes"}
    boss.post(SHOWS, body)
    assert Show.objects.count() == 1


# ---- Scheduling


def test_staff_schedule_a_show_in_the_local_time_of_its_venue(boss):
    screen = hall({"A": 3})
    assert b"The venue's local time." in boss.get(f"{SHOWS}add/").content
    response = boss.post(f"{SHOWS}add/", new_show(screen, language="Hindi"), follow=True)
    assert response.redirect_chain
    show = Show.objects.get()
    assert show.start_time == START
    assert show.end_time == START + timedelta(minutes=120)
    assert show.language == "Hindi"
    assert list(show.show_seats.values_list("price", flat=True)) == [Decimal(250)] * 3
    assert show.history.get().history_user.is_superuser


def test_terms_that_are_left_empty_are_the_venues(boss):
    terms = {"fee_per_ticket": 10, "tax_rate": 18, "tax_inclusive": False, "refund_cutoff_hours": 6}
    screen = hall(venue=VenueFactory(**terms))
    boss.post(f"{SHOWS}add/", new_show(screen, refund_cutoff_hours="0", tax_rate="5"))
    show = Show.objects.get()
    assert (show.fee_per_ticket, show.tax_rate, show.tax_inclusive) == (10, 5, False)
    assert show.refund_cutoff_hours == 0
    other = hall(venue=screen.venue)
    boss.post(f"{SHOWS}add/", new_show(other, tax_inclusive="True"))
    assert Show.objects.get(screen=other).tax_inclusive is True


def test_prices_are_given_line_by_line_the_default_type_first(boss):
    screen = hall({"A": 2})
    box = SeatCategoryFactory(screen=screen, name="Box / Left: front")
    Seat.objects.create(screen=screen, category=box, row="B", number="1", x=1, y=2)
    lines = "Box / Left: front: 900\r\n\r\n Gold / Adult : 250.00\r\nGold/Child: 150.5\r\n"
    boss.post(f"{SHOWS}add/", new_show(screen, prices=lines))
    show = Show.objects.get()
    assert sorted(show.show_prices.values_list("category__name", "ticket_type", "amount")) == [
        ("Box / Left: front", "", 900),
        ("Gold", "Adult", 250),
        ("Gold", "Child", Decimal("150.5")),
    ]
    assert set(show.show_seats.values_list("price", flat=True)) == {900, 250}


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        ("", "required"),
        ("Gold", "is not a line"),
        ("Gold: cheap", "is not a line"),
        (": 250", "is not a line"),
        ("Gold: -1", "is not a line"),
        ("Gold: 1e3", "is not a line"),
        ("Gold: 123456789012", "is not a line"),
        ("Gold: 250.005", "not an amount of INR"),
        ("Silver: 250", "the screen has Gold"),
        ("Gold: 250\nGold: 260", "twice"),
        ("Gold: 250\nGold / Child: 150", "without a ticket type"),
        ("Gold / Child: 150\nGold: 250", "without a ticket type"),
        (f"Gold / {'x' * 51}: 150", "longer than 50"),
        ("Gold: 250\0", "Null characters"),
        ("Gold: 1\n" * 2000, "at most 10000 characters"),
    ],
)
def test_prices_that_cannot_be_are_refused_at_their_field(boss, lines, error):
    page = boss.post(f"{SHOWS}add/", new_show(hall(), prices=lines))
    assert error in " ".join(errors(page)["prices"])
    assert list(errors(page)) == ["prices"]
    assert counts() == (0, 0, 0)


def test_a_category_without_a_price_is_named(boss):
    screen = hall()
    Seat.objects.create(
        screen=screen, category=SeatCategoryFactory(screen=screen, name="Box"),
        row="Z", number="1", x=1, y=9,
    )  # fmt: skip
    page = boss.post(f"{SHOWS}add/", new_show(screen))
    assert errors(page) == {"prices": ["No price for Box."]}
    assert counts() == (0, 0, 0)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"start_time": ""}, "start_time"),
        ({"start_time": "tomorrow"}, "start_time"),
        ({"start_time": "2031-02-29T10:00"}, "start_time"),
        ({"start_time": "2031-03-08T19:30Z"}, "start_time"),
        ({"start_time": "0001-01-01T00:00"}, "start_time"),
        ({"start_time": "9999-12-31T23:59"}, "start_time"),
        ({"start_time": "2031-03-08T19:30\0"}, "start_time"),
        ({"end_time": "2031-03-08T19:30"}, "end_time"),
        ({"end_time": "2031-04-08T19:30"}, "end_time"),
        ({"sales_open_at": "2031-03-09T00:00"}, "sales_open_at"),
        ({"sales_close_at": "2031-03-09T00:00"}, "sales_close_at"),
        ({"currency": "XXX"}, "currency"),
        ({"currency": ""}, "currency"),
        ({"fee_per_ticket": "-1"}, "fee_per_ticket"),
        ({"fee_per_ticket": "0.005"}, "fee_per_ticket"),
        ({"tax_rate": "101"}, "tax_rate"),
        ({"tax_inclusive": "perhaps"}, "tax_inclusive"),
        ({"refund_percent": "NaN"}, "refund_percent"),
        ({"cleaning_minutes": "99999"}, "cleaning_minutes"),
        ({"max_seats_per_booking": "0"}, "max_seats_per_booking"),
        ({"max_seats_per_booking": "9" * 30}, "max_seats_per_booking"),
        ({"single_seat_rule": "often"}, "single_seat_rule"),
        ({"language": "x" * 51}, "language"),
        ({"event": "9" * 30}, "event"),
        ({"event": ""}, "event"),
        ({"screen": "x"}, "screen"),
        ({"screen": ""}, "screen"),
    ],
)
def test_show_form_refuses_invalid_values_at_their_field(boss, changes, field):
    page = boss.post(f"{SHOWS}add/", new_show(hall(), **changes))
    assert list(errors(page)) == [field]
    assert counts() == (0, 0, 0)


def test_a_screen_without_seats_is_refused_at_the_screen(boss):
    screen = hall({})
    Seat.objects.filter(screen=screen).delete()
    page = boss.post(f"{SHOWS}add/", new_show(screen))
    assert "no seats" in str(errors(page))
    assert counts() == (0, 0, 0)


def test_a_show_that_overlaps_is_refused_at_its_start_with_a_way_to_the_other(boss):
    other = scheduled_show(start_time=START)
    before = counts()
    body = new_show(other.screen, start_time="2031-03-08T20:00")
    page = boss.post(f"{SHOWS}add/", body)
    (error,) = errors(page)["start_time"]
    assert (
        f"{other.event.title}” is on this screen from Sat 08 Mar 2031, 19:30 Asia/Kolkata" in error
    )
    assert f'<a href="{SHOWS}{other.pk}/change/">' in page.content.decode()
    assert counts() == before


def test_the_exact_start_of_a_cancelled_show_is_refused_as_such(boss):
    other = scheduled_show(start_time=START)
    Show.objects.update(status="cancelled", cancelled_at=timezone.now())
    page = boss.post(f"{SHOWS}add/", new_show(other.screen))
    assert "A cancelled show keeps this exact start" in errors(page)["start_time"][0]
    assert Show.objects.count() == 1


@pytest.mark.parametrize(
    ("time", "error"), [("2031-03-30T02:30", "does not exist"), ("2031-10-26T02:30", "comes twice")]
)
def test_times_that_a_clock_change_skips_or_repeats_are_refused(boss, time, error):
    screen = hall(venue=VenueFactory(timezone="Europe/Berlin", country="DE"))
    page = boss.post(f"{SHOWS}add/", new_show(screen, start_time=time))
    assert error in errors(page)["start_time"][0]
    assert "offset" not in errors(page)["start_time"][0]
    assert counts() == (0, 0, 0)


def test_a_copy_of_a_show_at_another_time_is_as_long_as_its_event(boss):
    show = scheduled_show(
        start_time=START, end_time=START + timedelta(hours=3), sales_close_at=START
    )
    page = boss.get(f"{SHOWS}add/", {"like": show.pk})
    yes = {"tax_inclusive": "True", "fees_refundable": "True"}
    answer = boss.post(f"{SHOWS}add/", form_of(page, start_time="2031-03-10T19:30", **yes))
    assert answer.status_code == 302, errors(answer)
    copy = Show.objects.exclude(pk=show.pk).get()
    assert copy.start_time == START + timedelta(days=2)
    assert copy.end_time == copy.start_time + timedelta(minutes=show.event.duration_minutes)
    assert copy.sales_close_at is None


def test_a_new_show_can_begin_as_a_copy_of_another(boss):
    show = scheduled_show(
        start_time=START,
        language="Hindi",
        fee_per_ticket=Decimal(5),
        sales_open_at=START - timedelta(days=30),
        sales_close_at=START - timedelta(hours=1),
    )
    page = boss.get(f"{SHOWS}add/", {"like": show.pk})
    values = {field.name: field.value() for field in page.context["adminform"].form}
    assert (values["event"], values["screen"]) == (show.event_id, show.screen_id)
    assert values["prices"] == "Gold: 250.00"
    assert (values["language"], values["fee_per_ticket"]) == ("Hindi", Decimal(5))
    assert b'value="2031-03-08T19:30"' in page.content
    for name in ("end_time", "sales_open_at", "sales_close_at"):
        assert not values[name], name
    for nothing in ("0", "x", "9" * 30):
        assert boss.get(f"{SHOWS}add/", {"like": nothing}).status_code == 200


# ---- Changing


def test_a_form_sent_back_as_it_was_changes_nothing(boss):
    # To the second, and in a currency without decimals: nothing is lost on the way.
    start = datetime(2031, 3, 8, 14, 0, 30, 123456, tzinfo=UTC)
    screen = hall()
    Seat.objects.create(
        screen=screen, category=SeatCategoryFactory(screen=screen, name="Box"),
        row="Z", number="1", x=1, y=9,
    )  # fmt: skip
    prices = {"Gold": {"Adult": Decimal(1200), "Child": Decimal(800)}, "Box": {"": Decimal(2000)}}
    show = scheduled_show(screen=screen, start_time=start, currency="JPY", prices=prices)
    page = boss.get(f"{SHOWS}{show.pk}/change/")
    assert b"Gold / Adult: 1200\nGold / Child: 800\nBox: 2000" in page.content
    assert boss.post(f"{SHOWS}{show.pk}/change/", form_of(page)).status_code == 302
    assert show.history.count() == 1
    assert Show.objects.values().get() == Show.objects.filter(pk=show.pk).values().get()
    show.refresh_from_db()
    assert show.start_time == start


def test_staff_change_times_prices_and_terms(boss):
    show = scheduled_show(start_time=START)
    page = boss.get(f"{SHOWS}{show.pk}/change/")
    assert b"The venue's local time (Asia/Kolkata)." in page.content
    body = form_of(page, start_time="2031-03-08T21:00", prices="Gold: 300.00", refund_percent="50")
    assert boss.post(f"{SHOWS}{show.pk}/change/", body).status_code == 302
    changed = Show.objects.get()
    assert changed.start_time == START + timedelta(minutes=90)
    assert changed.end_time - changed.start_time == timedelta(hours=2)
    assert changed.refund_percent == 50
    assert set(changed.show_seats.values_list("price", flat=True)) == {300}
    assert changed.history.first().history_user.is_superuser


def test_event_screen_and_status_stay(boss):
    show = scheduled_show(start_time=START)
    page = boss.get(f"{SHOWS}{show.pk}/change/")
    body = form_of(
        page, event=EventFactory().pk, screen=hall().pk, status="cancelled", occupied_until="",
        cancelled_at="2031-03-08T19:30", language="Tamil",
    )  # fmt: skip
    assert boss.post(f"{SHOWS}{show.pk}/change/", body).status_code == 302
    changed = Show.objects.get()
    assert (changed.event_id, changed.screen_id) == (show.event_id, show.screen_id)
    assert (changed.status, changed.cancelled_at) == ("scheduled", None)
    assert changed.language == "Tamil"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"end_time": ""}, "end_time"),
        ({"end_time": "2031-03-08T10:00"}, "end_time"),
        ({"prices": "Gold: 1.001"}, "prices"),
        ({"prices": ""}, "prices"),
        ({"fee_per_booking": ""}, "fee_per_booking"),
        ({"currency": "JPY", "prices": "Gold: 300"}, "__all__"),
    ],
)
def test_a_change_that_cannot_be_is_refused_at_its_field(boss, changes, field):
    show = scheduled_show(start_time=START)
    held(show=show)
    before = Show.objects.values().get()
    page = boss.get(f"{SHOWS}{show.pk}/change/")
    answer = boss.post(f"{SHOWS}{show.pk}/change/", form_of(page, **changes))
    assert list(errors(answer)) == [field]
    assert Show.objects.values().get() == before
    assert set(show.show_seats.values_list("price", flat=True)) == {250}
    assert show.history.count() == 1


def test_a_time_that_comes_twice_stays_when_something_else_changes(boss):
    screen = hall(venue=VenueFactory(timezone="Europe/Berlin", country="DE"))
    start = datetime(2031, 10, 26, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1)
    show = scheduled_show(screen=screen, start_time=start.astimezone(UTC))
    page = boss.get(f"{SHOWS}{show.pk}/change/")
    body = form_of(page, language="German")
    assert boss.post(f"{SHOWS}{show.pk}/change/", body).status_code == 302
    changed = Show.objects.get()
    assert (changed.start_time, changed.language) == (start.astimezone(UTC), "German")


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


def test_a_page_needs_as_many_queries_whatever_the_hall(boss, django_assert_max_num_queries):
    show = scheduled_show(rows=dict.fromkeys("ABCDEFGH", 10))
    with django_assert_max_num_queries(12):
        assert boss.get(f"{SHOWS}{show.pk}/change/").status_code == 200


# ---- Earlier versions


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


# ---- Permissions


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


# ---- Deleting


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


# ---- Seats


def test_seats_are_listed_for_a_show_by_status_and_category(boss):
    show = scheduled_show(rows={"A": 4})
    scheduled_show()
    booking = held("A1", show=show)
    run_out(held("A2", show=show))

    def labels(**query):
        page = boss.get(SEATS, {"show": show.pk, **query})
        return [str(row.seat) for row in page.context["cl"].result_list]

    assert labels() == ["A1", "A2", "A3", "A4"]
    assert labels(status="held") == ["A1"]
    assert labels(status="available") == ["A2", "A3", "A4"]
    assert len(labels(category="Gold")) == 4
    assert booking.reference in boss.get(SEATS, {"show": show.pk}).content.decode()


def test_nothing_of_a_seat_can_be_written_by_hand(boss):
    seat = scheduled_show().show_seats.first()
    assert boss.get(f"{SEATS}{seat.pk}/change/").status_code == 200
    assert boss.post(f"{SEATS}{seat.pk}/change/", {"status": "blocked"}).status_code == 403
    assert boss.get(f"{SEATS}add/").status_code == 403
    assert boss.post(f"{SEATS}{seat.pk}/delete/", {"post": "yes"}).status_code == 403
    assert ShowSeat.objects.get(pk=seat.pk).status == "available"


def act(client, action, seats, **more):
    body = {"action": action, "_selected_action": [seat.pk for seat in seats], **more}
    return client.post(SEATS, body, follow=True)


def test_staff_block_seats_and_put_them_back(boss):
    show = scheduled_show(rows={"A": 4})
    first, second, *_ = show.show_seats.all()
    response = act(boss, "block", [first, second], reason="Broken")
    assert texts(response) == ["A1, A2: blocked."]
    assert list(show.show_seats.values_list("status", "block_reason"))[:3] == [
        ("blocked", "Broken"), ("blocked", "Broken"), ("available", ""),
    ]  # fmt: skip
    assert texts(act(boss, "unblock", [first])) == ["A1: unblocked."]
    assert show.show_seats.filter(status="blocked").get() == second


@pytest.mark.parametrize("action", ["block", "unblock"])
def test_seats_that_somebody_has_are_named_and_none_is_changed(boss, action):
    show = scheduled_show(rows={"A": 4})
    held("A2", show=show)
    before = list(show.show_seats.values())
    response = act(boss, action, show.show_seats.all())
    assert texts(response) == ["Booked or held: A2. No seat was changed."]
    assert list(show.show_seats.values()) == before


def test_seats_of_two_shows_are_not_blocked_together(boss):
    seats = [scheduled_show().show_seats.first(), scheduled_show().show_seats.first()]
    assert texts(act(boss, "block", seats)) == ["Choose seats of one show only."]
    assert not ShowSeat.objects.exclude(status="available").exists()


@pytest.mark.parametrize("reason", ["x" * 201, "a\0b"])
def test_a_reason_that_cannot_be_kept_blocks_nothing(boss, reason):
    seat = scheduled_show().show_seats.first()
    act(boss, "block", [seat], reason=reason)
    assert not ShowSeat.objects.exclude(status="available").exists()


def test_staff_without_permission_cannot_block_seats(staff):
    show = scheduled_show()
    seat = show.show_seats.first()
    client = staff("view_showseat", "view_show", "change_showseat")
    assert b'value="block"' not in client.get(SEATS).content
    act(client, "block", [seat])
    assert not ShowSeat.objects.exclude(status="available").exists()
    act(staff("view_showseat", "change_show"), "block", [seat])
    assert show.show_seats.get(status="blocked") == seat
