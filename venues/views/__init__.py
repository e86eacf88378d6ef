"""The API of venues, of their screens and of house seats."""

from venues.views.house_seats import HouseSeatsViewSet
from venues.views.venues import ScreenViewSet, VenueViewSet

__all__ = ["HouseSeatsViewSet", "ScreenViewSet", "VenueViewSet"]
