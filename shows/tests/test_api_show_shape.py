"""The event and the prices in a show's answer."""

from decimal import Decimal

import pytest

from events.tests.factories import EventFactory, GenreFactory
from shows.tests.factories import scheduled_show
from venues.models import Seat, SeatCategory
from venues.tests.factories import hall

pytestmark = pytest.mark.django_db
URL = "/api/shows/"


def test_a_show_s_event_is_described_so_that_a_list_needs_no_other_request(api) -> None:
    event = EventFactory(
        certificate="12A", poster_url="https://images.example.org/a.jpg", duration_minutes=95
    )
    event.genres.set([GenreFactory(name="Drama"), GenreFactory(name="Sport")])
    show = scheduled_show(event=event)
    (listed,) = api.get(URL).json()["results"]
    assert listed["event"] == api.get(f"{URL}{show.pk}/").json()["event"] == {
        "id": event.pk, "title": event.title, "kind": "movie", "slug": event.slug,
        "poster_url": "https://images.example.org/a.jpg", "poster": [], "certificate": "12A",
        "duration_minutes": 95, "genres": ["Drama", "Sport"], "short_title": "", "trailer_url": "",
    }  # fmt: skip


def test_the_price_list_has_a_row_a_price_and_marks_the_defaults(api) -> None:
    screen = hall({"A": 2})
    floor = SeatCategory.objects.create(screen=screen, name="Floor", position=9)
    Seat.objects.create(screen=screen, category=floor, row="B", number="1", x=1, y=2)
    show = scheduled_show(
        screen=screen,
        prices={
            "Gold": {"Adult": Decimal(250), "Child": Decimal(150)},
            "Floor": {"": Decimal(100)},
        },
    )
    rows = [
        {"category": "Gold", "ticket_type": "Adult", "amount": "250.00", "is_default": True},
        {"category": "Gold", "ticket_type": "Child", "amount": "150.00", "is_default": False},
        {"category": "Floor", "ticket_type": "", "amount": "100.00", "is_default": True},
    ]
    assert api.get(f"{URL}{show.pk}/").json()["price_list"] == rows
    assert api.get(URL).json()["results"][0]["price_list"] == rows
