"""
The outbox: messages and events, queued with their cause.

Nothing is sent here; workers send (`bookings.tasks`). The functions are steps of use cases and open
no transaction. Each row has a dedupe key, so a repeated cause queues no second message.
"""

from bookings.services.outbox.causes import (
    new_confirmation,
    tell_of_cancellation,
    tell_of_cancelled_bookings,
    tell_of_cancelled_show,
    tell_of_confirmation,
    tell_of_exchange,
    tell_of_expiry,
    tell_of_failed_payment,
    tell_of_other_seats,
    tell_of_part_cancellation,
    tell_of_reservation,
    tell_of_returned_payment,
    tell_of_sent_refund,
    tell_staff_of_dispute,
)
from bookings.services.outbox.customers import send_again_to_customers
from bookings.services.outbox.new_shows import write_new_shows
from bookings.services.outbox.partners import tell_of_admissions, tell_of_reissued_tickets
from bookings.services.outbox.shows import write_reminders, write_show_changes
from bookings.services.outbox.transfers import (
    tell_holders_of_new_tickets,
    tell_of_accepted_transfer,
    tell_of_ended_tickets,
    tell_of_offered_ticket,
    tell_of_reissued_ticket,
)

__all__ = [
    "new_confirmation",
    "send_again_to_customers",
    "tell_holders_of_new_tickets",
    "tell_of_accepted_transfer",
    "tell_of_admissions",
    "tell_of_cancellation",
    "tell_of_cancelled_bookings",
    "tell_of_cancelled_show",
    "tell_of_confirmation",
    "tell_of_ended_tickets",
    "tell_of_exchange",
    "tell_of_expiry",
    "tell_of_failed_payment",
    "tell_of_offered_ticket",
    "tell_of_other_seats",
    "tell_of_part_cancellation",
    "tell_of_reissued_ticket",
    "tell_of_reissued_tickets",
    "tell_of_reservation",
    "tell_of_returned_payment",
    "tell_of_sent_refund",
    "tell_staff_of_dispute",
    "write_new_shows",
    "write_reminders",
    "write_show_changes",
]
