"""Venues, their screens (halls, auditoriums, arenas), and the seats of screens."""

from venues.models.screens import HouseSeat, Layout, Screen, Seat, SeatCategory
from venues.models.terms import (
    MAX_EXCHANGE_CUTOFF,
    SALES_TERMS,
    Downgrade,
    ExchangeScope,
    SalesTerms,
)
from venues.models.venues import Venue, validate_quarter

__all__ = [
    "MAX_EXCHANGE_CUTOFF",
    "SALES_TERMS",
    "Downgrade",
    "ExchangeScope",
    "HouseSeat",
    "Layout",
    "SalesTerms",
    "Screen",
    "Seat",
    "SeatCategory",
    "Venue",
    "validate_quarter",
]
