import factory

from venues.models import Screen, Seat, SeatCategory, Venue

CATEGORY = "Gold"
ROWS = {"A": 6, "B": 6}


class VenueFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Venue

    name = factory.Sequence(lambda n: f"Regal {n}")
    slug = factory.Sequence(lambda n: f"regal-{n}")
    city = "Mumbai"
    country = "IN"
    timezone = "Asia/Kolkata"


class ScreenFactory(factory.django.DjangoModelFactory):
    """A screen without seats; `hall()` makes one with seats."""

    class Meta:
        model = Screen

    venue = factory.SubFactory(VenueFactory)
    name = factory.Sequence(lambda n: f"Screen {n}")


class SeatCategoryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = SeatCategory

    screen = factory.SubFactory(ScreenFactory)
    name = factory.Sequence(lambda n: f"Category {n}")


def hall(
    rows: dict[str, int] | None = None, *, category: str = CATEGORY, **screen_fields: object
) -> Screen:
    """
    Return a screen with numbered rows of one category.

    `hall({"A": 4, "B": 4})` is an example.
    """
    screen = ScreenFactory(**screen_fields)
    seats_category = SeatCategoryFactory(screen=screen, name=category)
    Seat.objects.bulk_create(
        Seat(screen=screen, category=seats_category, row=row, number=str(number), x=number, y=y)
        for y, (row, count) in enumerate((rows or ROWS).items())
        for number in range(1, count + 1)
    )
    return screen
