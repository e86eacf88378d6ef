"""The API of shows, of the programme and of ticket types."""

from shows.views.programme import ProgrammeViewSet
from shows.views.shows import ShowViewSet
from shows.views.ticket_types import TicketTypeViewSet

__all__ = ["ProgrammeViewSet", "ShowViewSet", "TicketTypeViewSet"]
