"""
Recording a booking's payments before and after the provider acts.

No network here: `bookings.checkout` asks the provider between these transactions.
"""

from bookings.services.paying.attempts import (
    PAYABLE,
    EarlierAttempts,
    check_can_pay,
    close_payment,
    end_exchange,
    give_up_payment,
    keep_report,
    kept_report,
    open_payment,
    payments_to_record,
    record_payment,
    release_payment,
)
from bookings.services.paying.disputes import record_dispute
from bookings.services.paying.provider_events import record_event
from bookings.services.paying.provider_states import find_differing, record_state
from bookings.services.paying.returned import goes_back, refusal_of_returned
from bookings.services.paying.steps import AGREES

__all__ = [
    "AGREES",
    "PAYABLE",
    "EarlierAttempts",
    "check_can_pay",
    "close_payment",
    "end_exchange",
    "find_differing",
    "give_up_payment",
    "goes_back",
    "keep_report",
    "kept_report",
    "open_payment",
    "payments_to_record",
    "record_dispute",
    "record_event",
    "record_payment",
    "record_state",
    "refusal_of_returned",
    "release_payment",
]
