"""
The use cases of the box office, one module each.

Lock order: that of bookings, and then the cash session, last.
"""

from box_office.services.cash_sessions import (
    close_cash_session,
    open_cash_session,
    record_movement,
)
from box_office.services.counter_work import check_can_send, correct_customer, pay_booking
from box_office.services.refunds import WantedRefund, refund_booking
from box_office.services.sales import Customer, SaleTerms, sell
from box_office.services.tenders import WantedTender

__all__ = [
    "Customer",
    "SaleTerms",
    "WantedRefund",
    "WantedTender",
    "check_can_send",
    "close_cash_session",
    "correct_customer",
    "open_cash_session",
    "pay_booking",
    "record_movement",
    "refund_booking",
    "sell",
]
