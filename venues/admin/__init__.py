"""Venues, screens and seats at the admin site."""

from venues.admin.layout import LayoutPage
from venues.admin.venues import ScreenAdmin, SeatAdmin, VenueAdmin

__all__ = ["LayoutPage", "ScreenAdmin", "SeatAdmin", "VenueAdmin"]
