"""
The world that is measured: halls, shows, customers with their logins. It is made by the services.

Runs within Django: `python manage.py shell --no-imports -c "from benchmarks.world import …"`.
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from events.services import create_event
from shows.services import schedule_show
from users.models import User
from users.tokens import start_session
from venues.models import Screen, Venue
from venues.services import create_screen, create_venue, replace_layout

PASSWORD = "a-seat-in-the-seventh-row"
_SCREENS = 10
_STADIUM_ROWS = 100


def build(path: str, *, customers: int, shows: int, rounds: int, stadium_shows: int) -> None:
    """
    Make a world, and write a generator's data to `path`.

    `shows` of 1,000 seats that many people book in; for each round a show of 12,851 seats that all
    want, as many more of them as `stadium_shows` to look at, a show of 1,000 for a rush and four
    for an on-sale.
    """
    venue = create_venue(
        fields={
            "name": "Measured", "city": "Mumbai", "country": "IN", "timezone": "Asia/Kolkata",
            "fee_per_ticket": Decimal(20), "tax_rate": Decimal(18),
        }
    )  # fmt: skip
    event = create_event(
        fields={
            "kind": "movie", "title": "The measured system", "duration_minutes": 120,
            "is_published": True, "genres": ["Drama"],
        }
    )  # fmt: skip
    screens = [_hall(venue, f"Screen {number}", _rows(25, 40)) for number in range(_SCREENS)]
    stadium = _hall(venue, "Stadium", [*_rows(_STADIUM_ROWS, 128), _row(_STADIUM_ROWS, 51)])
    slots = {screen.pk: _slots() for screen in [*screens, stadium]}

    def scheduled(screen: Screen) -> int:
        prices = {"Stalls": {"Adult": "250.00", "Child": "150.00"}, "Balcony": {"": "400.00"}}
        show = schedule_show(
            event=event,
            screen=screen,
            start_time=next(slots[screen.pk]),
            currency="INR",
            prices={
                category: {kind: Decimal(amount) for kind, amount in amounts.items()}
                for category, amounts in prices.items()
            },
        )
        return show.pk

    def group(count: int) -> list[dict[str, Any]]:
        return [
            {"show": scheduled(screens[number % _SCREENS]), "hall": number % _SCREENS}
            for number in range(count)
        ]

    def stadium_group(count: int) -> list[dict[str, Any]]:
        return [{"show": scheduled(stadium), "hall": _SCREENS} for _ in range(count)]

    document = {
        "halls": [list(hall.seats.values_list("pk", flat=True)) for hall in [*screens, stadium]],
        "many": group(shows),
        "looked_at": group(1),
        "rush": group(rounds),
        "on_sale": [group(4) for _ in range(rounds)],
        "hot": stadium_group(rounds),
        "stadium": stadium_group(stadium_shows),
        "customers": _customers(customers),
        "rounds": rounds,
        "password": PASSWORD,
    }
    Path(path).write_text(json.dumps(document))


def tokens(path: str) -> None:
    """
    Write fresh access tokens of the customers to `path`.

    An access token ends after a quarter of an hour.
    """
    document = json.loads(Path(path).read_text())
    emails = [customer["email"] for customer in document["customers"]]
    customers = User.objects.in_bulk(emails, field_name="email")
    for customer in document["customers"]:
        customer["token"] = start_session(customers[customer["email"]]).access
    Path(path).write_text(json.dumps(document))


def _customers(count: int) -> list[dict[str, str]]:
    password = make_password(PASSWORD)
    users = User.objects.bulk_create(
        User(email=f"customer{number}@bench.example", password=password) for number in range(count)
    )
    return [{"email": user.email} for user in users]


def _hall(venue: Venue, name: str, rows: list[dict[str, Any]]) -> Screen:
    screen = create_screen(venue_id=venue.pk, fields={"name": name})
    replace_layout(screen_id=screen.pk, document={"rows": rows})
    return screen


def _rows(count: int, seats: int) -> list[dict[str, Any]]:
    return [_row(number, seats) for number in range(count)]


def _row(number: int, seats: int) -> dict[str, Any]:
    aisles = [seat for seat in (seats // 4, 3 * seats // 4) if seat]
    category = "Balcony" if number % 5 == 4 else "Stalls"
    return {"row": f"R{number + 1}", "seats": seats, "category": category, "aisle_after": aisles}


def _slots() -> Iterator[datetime]:
    """Yield starts that are far enough apart for one screen."""
    start = timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=2)
    while True:
        yield start
        start += timedelta(hours=3)
