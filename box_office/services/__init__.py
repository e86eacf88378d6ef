"""
The use cases of the box office, one module each.

Lock order: that of bookings, and then the cash session, last.
"""

from box_office.services.cash_sessions import (
    close_cash_session,
    open_cash_session,
    record_movement,
)
from box_office.services.sales import Customer, SaleTerms, sell
from box_office.services.tenders import WantedTender

__all__ = [
    "Customer",
    "SaleTerms",
    "WantedTender",
    "close_cash_session",
    "open_cash_session",
    "record_movement",
    "sell",
]
