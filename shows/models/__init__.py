"""Shows, their prices and ticket types, and their stock of seats."""

from shows.models.shows import Installation, Show
from shows.models.stock import ShowPrice, ShowSeat
from shows.models.ticket_types import TicketType

__all__ = ["Installation", "Show", "ShowPrice", "ShowSeat", "TicketType"]
