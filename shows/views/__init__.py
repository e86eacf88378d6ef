"""The API of shows, the programme, prices and ticket types."""

from shows.views.price_lists import PriceListViewSet, PriceWindowViewSet
from shows.views.programme import CapacityViewSet, ProgrammeViewSet
from shows.views.shows import ShowViewSet
from shows.views.ticket_types import TicketTypeViewSet

__all__ = [
    "CapacityViewSet",
    "PriceListViewSet",
    "PriceWindowViewSet",
    "ProgrammeViewSet",
    "ShowViewSet",
    "TicketTypeViewSet",
]
