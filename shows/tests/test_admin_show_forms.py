"""Shows at the admin site: scheduling and changing them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from bookings.tests.factories import held
from events.tests.factories import EventFactory
from shows.models import Show
from shows.tests.factories import scheduled_show
from shows.tests.show_forms import SHOWS, START, counts, errors, form_of, new_show
from venues.models import Seat
from venues.tests.factories import SeatCategoryFactory, VenueFactory, hall

pytestmark = pytest.mark.django_db


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


def test_a_form_sent_back_as_it_was_changes_nothing(boss):
    # The start has seconds, and the currency no decimals. Both stay exact.
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
