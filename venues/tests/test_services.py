from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bookings.models import BookedSeat, Booking
from eventbooking_system.errors import InUse, InvalidField, NotFound
from shows.models import Show, ShowSeat
from shows.tests.factories import scheduled_show
from users.tests.factories import UserFactory
from venues import services
from venues.errors import InvalidLayout
from venues.models import Screen, Seat, SeatCategory, Venue
from venues.tests.factories import ScreenFactory, VenueFactory

pytestmark = pytest.mark.django_db
PLACE = {"name": "Regal", "city": "Mumbai", "country": "IN", "timezone": "Asia/Kolkata"}


def plan(**rows: int) -> dict[str, Any]:
    return {"rows": [{"row": row, "seats": n, "category": "Gold"} for row, n in rows.items()]}


def screen_with(document: dict[str, Any]) -> Screen:
    screen = ScreenFactory()
    services.replace_layout(screen_id=screen.pk, document=document)
    screen.refresh_from_db()
    return screen


def seats_now(screen: Screen) -> list[tuple[Any, ...]]:
    return list(
        Seat.objects.filter(screen=screen).values_list(
            "pk", "row", "number", "category__name", "x", "y", "accessible", "companion"
        )
    )


def cancel(show: Show) -> None:
    Show.objects.filter(pk=show.pk).update(status="cancelled", cancelled_at=timezone.now())


def sell(show: Show, **seat: str) -> None:
    """Book a seat and cancel the booking."""
    now = timezone.now()
    booking = Booking.objects.create(
        reference="K7QF-2MXD", user=UserFactory(), show=show, status="cancelled", booked_at=now,
        expires_at=now, currency="INR", subtotal=1, discount=0, fees=0, tax=0, total=1,
    )  # fmt: skip
    stock = ShowSeat.objects.get(show=show, **{f"seat__{name}": v for name, v in seat.items()})
    BookedSeat.objects.create(booking=booking, show_seat=stock, price=1)


# ---- Venues and screens


def test_create_venue_derives_a_free_slug() -> None:
    assert [services.create_venue(fields=PLACE).slug for _ in range(2)] == ["regal", "regal-2"]


def test_create_venue_refuses_half_a_position() -> None:
    with pytest.raises(InvalidField) as refusal:
        services.create_venue(fields={**PLACE, "latitude": 1.0})
    assert refusal.value.members["errors"][0]["field"] == "longitude"
    assert not Venue.objects.exists()


def test_update_venue_judges_the_position_as_a_whole() -> None:
    venue = VenueFactory(latitude=1, longitude=2)
    services.update_venue(venue_id=venue.pk, fields={"latitude": 3.0})
    with pytest.raises(InvalidField):
        services.update_venue(venue_id=venue.pk, fields={"longitude": None})
    venue.refresh_from_db()
    assert (venue.latitude, venue.longitude) == (3, 2)


def test_delete_venue_refuses_one_with_screens() -> None:
    screen = ScreenFactory()
    with pytest.raises(InUse):
        services.delete_venue(venue_id=screen.venue_id)
    assert Venue.objects.exists()


def test_delete_screen_takes_its_seats_along() -> None:
    screen = screen_with(plan(A=3))
    services.delete_screen(screen_id=screen.pk)
    assert not Screen.objects.exists()
    assert not Seat.objects.exists()
    assert not SeatCategory.objects.exists()


def test_delete_screen_refuses_one_with_shows_even_cancelled_ones() -> None:
    show = scheduled_show()
    for _ in range(2):
        with pytest.raises(InUse):
            services.delete_screen(screen_id=show.screen_id)
        cancel(show)
    assert Seat.objects.count() == 12


def test_a_screens_name_is_unique_in_its_venue_only() -> None:
    screen = ScreenFactory(name="Screen 1")
    other = ScreenFactory(name="Screen 2", venue=screen.venue)
    services.create_screen(venue_id=VenueFactory().pk, fields={"name": "Screen 1"})
    with pytest.raises(InvalidField):
        services.create_screen(venue_id=screen.venue_id, fields={"name": "Screen 1"})
    with pytest.raises(InvalidField):
        services.update_screen(screen_id=other.pk, fields={"name": "Screen 1"})
    other.refresh_from_db()
    assert other.name == "Screen 2"
    assert Screen.objects.count() == 3


def test_services_say_what_is_gone() -> None:
    for call in (
        lambda: services.update_venue(venue_id=1, fields={}),
        lambda: services.create_screen(venue_id=1, fields={"name": "x"}),
        lambda: services.update_screen(screen_id=1, fields={}),
        lambda: services.replace_layout(screen_id=1, document=plan(A=1)),
    ):
        with pytest.raises(NotFound):
            call()


# ---- Layouts


def test_replace_layout_makes_the_seats_and_keeps_the_document() -> None:
    document = {
        "categories": [{"name": "Gold", "color": "#ffd700"}, {"name": "Silver"}],
        "rows": [
            {"row": "A", "seats": 2, "category": "Silver", "accessible": [1], "companion": [2]},
            {"row": "B", "seats": 2, "category": "Gold", "aisle_after": [1]},
        ],
    }
    screen = screen_with(document)
    assert [seat[1:] for seat in seats_now(screen)] == [
        ("A", "1", "Silver", 0.5, 0, True, False),
        ("A", "2", "Silver", 1.5, 0, False, True),
        ("B", "1", "Gold", 0, 1, False, False),
        ("B", "2", "Gold", 2, 1, False, False),
    ]
    assert screen.layout.document == document
    assert [c.name for c in screen.seat_categories.all()] == ["Gold", "Silver"]
    assert screen.seat_categories.first().color == "#ffd700"


def test_replace_layout_refuses_a_wrong_document_whole() -> None:
    screen = screen_with(plan(A=3))
    before = seats_now(screen)
    with pytest.raises(InvalidLayout):
        services.replace_layout(screen_id=screen.pk, document=plan(A=2, B=0))
    assert seats_now(screen) == before
    screen.refresh_from_db()
    assert screen.layout.document == plan(A=3)


def test_replace_layout_keeps_the_ids_of_seats_that_stay() -> None:
    screen = screen_with(plan(A=3, B=3))
    before = {(row, number): pk for pk, row, number, *_ in seats_now(screen)}
    document = plan(B=4, C=1)
    document["rows"][0]["category"] = "Silver"
    services.replace_layout(screen_id=screen.pk, document=document)
    after = {(row, number): pk for pk, row, number, *_ in seats_now(screen)}
    assert set(after) == {("B", "1"), ("B", "2"), ("B", "3"), ("B", "4"), ("C", "1")}
    assert all(after["B", number] == before["B", number] for number in "123")
    assert set(screen.seats.filter(row="B").values_list("category__name", flat=True)) == {"Silver"}


def test_replace_layout_drops_categories_that_nobody_needs() -> None:
    screen = screen_with(plan(A=1))
    document = plan(A=1)
    document["rows"][0]["category"] = "Silver"
    services.replace_layout(screen_id=screen.pk, document=document)
    assert [category.name for category in screen.seat_categories.all()] == ["Silver"]


def test_replace_layout_of_another_screen_touches_nothing_here() -> None:
    screen, other = screen_with(plan(A=2)), screen_with(plan(A=2))
    before = seats_now(screen)
    services.replace_layout(screen_id=other.pk, document=plan(B=1))
    assert seats_now(screen) == before


@pytest.mark.parametrize("document", [plan(A=3), plan(A=1), plan(B=2)])
def test_a_screen_with_a_show_to_come_keeps_its_seats(document: dict[str, Any]) -> None:
    screen = screen_with(plan(A=2))
    scheduled_show(screen=screen)
    before = seats_now(screen)
    with pytest.raises(InUse) as refusal:
        services.replace_layout(screen_id=screen.pk, document=document)
    assert refusal.value.members["seats"]
    assert seats_now(screen) == before


def test_a_screen_with_a_show_to_come_keeps_its_categories_of_seats() -> None:
    screen = screen_with(plan(A=2))
    scheduled_show(screen=screen)
    document = plan(A=2)
    document["rows"][0]["category"] = "Silver"
    with pytest.raises(InUse):
        services.replace_layout(screen_id=screen.pk, document=document)
    assert {category.name for category in screen.seat_categories.all()} == {"Gold"}


def test_a_screen_with_a_show_to_come_may_move_and_mark_its_seats() -> None:
    screen = screen_with(plan(A=2))
    scheduled_show(screen=screen)
    ids = [seat[0] for seat in seats_now(screen)]
    document = plan(A=2)
    document["rows"][0] |= {"aisle_after": [1], "accessible": [1]}
    document["categories"] = [{"name": "Gold", "color": "#123456"}]
    services.replace_layout(screen_id=screen.pk, document=document)
    assert [(seat[0], seat[4], seat[6]) for seat in seats_now(screen)] == [
        (ids[0], 0, True),
        (ids[1], 2, False),
    ]
    assert screen.seat_categories.get().color == "#123456"


def test_a_seat_that_a_show_of_the_past_sold_or_could_have_sold_stays() -> None:
    screen = screen_with(plan(A=2))
    scheduled_show(screen=screen, start_time=timezone.now() - timedelta(days=3))
    before = seats_now(screen)
    with pytest.raises(InUse) as refusal:
        services.replace_layout(screen_id=screen.pk, document=plan(A=1))
    assert refusal.value.members["seats"] == [{"row": "A", "number": "2"}]
    assert seats_now(screen) == before
    services.replace_layout(screen_id=screen.pk, document=plan(A=3))
    assert screen.seats.count() == 3


def test_a_seat_with_sales_stays_though_its_show_was_cancelled() -> None:
    screen = screen_with(plan(A=3))
    show = scheduled_show(screen=screen)
    sell(show, row="A", number="3")
    cancel(show)
    before = seats_now(screen)
    with pytest.raises(InUse) as refusal:
        services.replace_layout(screen_id=screen.pk, document=plan(B=1))
    assert refusal.value.members["seats"] == [{"row": "A", "number": "3"}]
    assert seats_now(screen) == before
    assert ShowSeat.objects.count() == 3


def test_a_cancelled_show_that_sold_nothing_lets_its_seats_go() -> None:
    screen = screen_with(plan(A=3))
    cancel(scheduled_show(screen=screen))
    services.replace_layout(screen_id=screen.pk, document=plan(B=1))
    assert [seat[1] for seat in seats_now(screen)] == ["B"]
    assert not ShowSeat.objects.exists()


def test_a_category_with_prices_of_past_shows_stays_without_seats() -> None:
    screen = screen_with(plan(A=1))
    cancel(scheduled_show(screen=screen))
    document = plan(A=1)
    document["rows"][0]["category"] = "Silver"
    services.replace_layout(screen_id=screen.pk, document=document)
    assert {category.name for category in screen.seat_categories.all()} == {"Gold", "Silver"}


def test_a_refusal_names_some_of_many_seats() -> None:
    screen = screen_with(plan(A=150))
    scheduled_show(screen=screen)
    with pytest.raises(InUse) as refusal:
        services.replace_layout(screen_id=screen.pk, document=plan(B=1))
    assert len(refusal.value.members["seats"]) == 100
    assert refusal.value.members["seat_count"] == 151
    assert refusal.value.detail.endswith("A 10 and 141 more.")


def test_a_large_hall_takes_few_statements(django_assert_max_num_queries: Any) -> None:
    screen = ScreenFactory()
    document = plan(**{f"R{n}": 300 for n in range(40)})
    with django_assert_max_num_queries(180):  # SQLite takes 83 seats in one.
        services.replace_layout(screen_id=screen.pk, document=document)
    assert screen.seats.count() == 12_000
    for row in document["rows"]:
        row["accessible"] = [1]
    with django_assert_max_num_queries(20):
        services.replace_layout(screen_id=screen.pk, document=document)
    assert screen.seats.filter(accessible=True).count() == 40
