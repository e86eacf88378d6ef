"""The prices, paths and bodies that tests of price lists share."""

from decimal import Decimal

from events.tests.factories import EventFactory
from shows.services import save_price_window

LISTS, WINDOWS, SHOWS = (f"/api/shows/{name}" for name in ("price-lists/", "price-windows/", ""))


PRICES = {"Gold": {"Adult": Decimal("10.00"), "Child": Decimal("6.55")}, "Box": {"": Decimal(20)}}


def body(screen, price_list, start="2030-05-01T19:30", **fields):
    """Return a show on a Wednesday, unless said otherwise."""
    event = EventFactory(duration_minutes=90).pk
    return {
        "event": event, "screen": screen.pk, "start_time": start, "price_list": price_list.pk, **fields,
    }  # fmt: skip


def prices_of(answer):
    assert answer.status_code == 201, answer.content
    return answer.json()["prices"]


def window(screen, **fields):
    return save_price_window(
        venue=screen.venue, name="Window", **{"percent": Decimal(80), **fields}
    )
