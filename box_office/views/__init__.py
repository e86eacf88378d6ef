"""The box office at the API."""

from box_office.views.bookings import CounterBookingViewSet
from box_office.views.cash_sessions import CashSessionViewSet
from box_office.views.sales import SaleViewSet

__all__ = ["CashSessionViewSet", "CounterBookingViewSet", "SaleViewSet"]
