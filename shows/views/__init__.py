"""The API of shows and of the programme."""

from shows.views.programme import ProgrammeViewSet
from shows.views.shows import ShowViewSet

__all__ = ["ProgrammeViewSet", "ShowViewSet"]
