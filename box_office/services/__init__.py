"""
The use cases of the box office, one module each.

Lock order: that of bookings, and then the cash session, last.
"""

from box_office.services.cash_sessions import (
    close_cash_session,
    open_cash_session,
    record_movement,
)

__all__ = ["close_cash_session", "open_cash_session", "record_movement"]
