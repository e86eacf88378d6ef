"""Shows, their prices and ticket types, and their stock of seats."""

from shows.models.price_lists import ListPrice, PriceList, PriceWindow
from shows.models.shows import VERSION_FIELDS, Installation, Show
from shows.models.stock import ShowPrice, ShowSeat
from shows.models.ticket_types import TicketType

__all__ = [
    "VERSION_FIELDS",
    "Installation",
    "ListPrice",
    "PriceList",
    "PriceWindow",
    "Show",
    "ShowPrice",
    "ShowSeat",
    "TicketType",
]
