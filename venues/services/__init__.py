"""
Use cases that change venues, screens and seats.

Lock order: Venue, Screen, then the stock of shows.
"""

from venues.services.areas import add_places
from venues.services.house_seats import set_house_seats
from venues.services.layouts import LayoutReplacement, replace_layout
from venues.services.screens import create_screen, delete_screen, update_screen
from venues.services.venues import (
    check_timezone,
    create_venue,
    delete_venue,
    lock_venue,
    update_venue,
)

__all__ = [
    "LayoutReplacement", "add_places", "check_timezone", "create_screen", "create_venue", "delete_screen", "delete_venue", "lock_venue",
    "replace_layout", "set_house_seats", "update_screen", "update_venue",
]  # fmt: skip
