import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from venues.models import Seat, Venue
from venues.tests.factories import ScreenFactory, VenueFactory, hall

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "position",
    [{"latitude": 1}, {"longitude": 1}, {"latitude": 91, "longitude": 0},
     {"latitude": 0, "longitude": 181}],
)  # fmt: skip
def test_the_database_refuses_half_a_position(position: dict[str, float]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        VenueFactory(**position)
    assert not Venue.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"), [("country", "UK"), ("country", "in"), ("timezone", "Mars/Base")]
)
def test_a_venue_lies_in_a_known_country_and_zone(field: str, value: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        VenueFactory.build(**{field: value}).full_clean()
    assert list(refusal.value.message_dict) == [field]


def test_row_and_number_are_unique_in_a_screen() -> None:
    seat = hall({"A": 1}).seats.get()
    seat.pk = None
    with pytest.raises(IntegrityError, match=r"unique_seat_in_screen|UNIQUE"), transaction.atomic():
        seat.save(force_insert=True)
    assert Seat.objects.count() == 1


def test_screens_keep_their_venue() -> None:
    screen = ScreenFactory()
    with pytest.raises(ProtectedError):
        screen.venue.delete()


def test_things_are_called_by_their_names() -> None:
    screen = hall({"A": 1, "Box 1": 1}, name="Screen 1", venue__name="Regal")
    assert str(screen.venue) == "Regal"
    assert str(screen) == "Regal, Screen 1"
    assert [str(seat) for seat in screen.seats.all()] == ["A1", "Box 1 1"]
    assert str(screen.seat_categories.get()) == "Gold"
