"""
Recording a booking's payments before and after the provider acts.

No network here: `bookings.checkout` asks the provider between these transactions.
"""

from bookings.services.paying.attempts import (
    close_payment,
    give_up_payment,
    open_payment,
    record_payment,
    release_payment,
)
from bookings.services.paying.provider_events import record_event
from bookings.services.paying.provider_states import find_differing, record_state
from bookings.services.paying.steps import AGREES

__all__ = [
    "AGREES",
    "close_payment",
    "find_differing",
    "give_up_payment",
    "open_payment",
    "record_event",
    "record_payment",
    "record_state",
    "release_payment",
]
