"""
The data of `load_demo`: existing halls and films.

Places and running times are real. The seating plans, the prices and the programme are made up.
"""

from decimal import Decimal

from bookings.management.demo.events import EVENTS
from bookings.management.demo.kinds import DemoEvent, DemoScreen, DemoVenue
from bookings.management.demo.posters import draw_poster
from bookings.management.demo.venues import VENUES

__all__ = [
    "BUSY_EVENINGS",
    "BUSY_SCREEN",
    "CUSTOMER",
    "CUSTOMERS",
    "EVENTS",
    "PASSWORD",
    "PROMO_CODE",
    "STAFF",
    "VENUES",
    "DemoEvent",
    "DemoScreen",
    "DemoVenue",
    "draw_poster",
]

STAFF = "staff@demo.example"
CUSTOMER = "customer@demo.example"
PASSWORD = "curtain-up-at-eight"
"""The password of the demo logins. It is public, so it needs DEBUG."""

CUSTOMERS = (
    ("Asha", "Rao"), ("Mateo", "Silva"), ("Noor", "Khan"), ("Freya", "Lind"), ("Kenji", "Mori"),
    ("Chloé", "Martin"), ("Tunde", "Bello"), ("Ava", "Thompson"), ("Li", "Wei"),
    ("Zofia", "Nowak"), ("Arjun", "Iyer"), ("Grace", "O'Neill"),
)  # fmt: skip
"""The customers. The demo's visitor logs in as the first of them."""

PROMO_CODE = "ENCORE10"
"""Ten percent off every show."""

BUSY_SCREEN = "Upstairs"
BUSY_EVENINGS = (Decimal(1), Decimal("0.8"))
"""The shares of sold seats on the next evenings of that screen."""
