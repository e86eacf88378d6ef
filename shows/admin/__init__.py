"""Shows and their seats at the admin site. Services make every change."""

from shows.admin.price_lists import PriceListAdmin, PriceWindowAdmin
from shows.admin.seats import ShowSeatAdmin
from shows.admin.shows import ShowAdmin
from shows.admin.ticket_types import TicketTypeAdmin

__all__ = [
    "PriceListAdmin",
    "PriceWindowAdmin",
    "ShowAdmin",
    "ShowSeatAdmin",
    "TicketTypeAdmin",
]
