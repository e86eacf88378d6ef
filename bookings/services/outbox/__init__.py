"""
The outbox: messages and events, queued with their cause.

Nothing is sent here; workers send (`bookings.tasks`). The functions are steps of use cases and open
no transaction. Each row has a dedupe key, so a repeated cause queues no second message.
"""

from bookings.services.outbox.causes import (
    new_confirmation,
    queue_cancellation,
    queue_cancelled_bookings,
    queue_cancelled_show,
    queue_confirmation,
    queue_dispute_for_staff,
    queue_exchange,
    queue_expiry,
    queue_failed_payment,
    queue_other_seats,
    queue_part_cancellation,
    queue_returned_payment,
    queue_sent_refund,
    queue_staff_hold,
)
from bookings.services.outbox.customers import send_again_to_customers
from bookings.services.outbox.new_shows import write_new_shows
from bookings.services.outbox.partners import queue_admissions, queue_reissued_tickets
from bookings.services.outbox.shows import write_reminders, write_show_changes
from bookings.services.outbox.transfers import (
    queue_accepted_transfer,
    queue_ended_tickets,
    queue_new_tickets_for_holders,
    queue_offered_ticket,
    queue_reissued_ticket,
)

__all__ = [
    "new_confirmation",
    "queue_accepted_transfer",
    "queue_admissions",
    "queue_cancellation",
    "queue_cancelled_bookings",
    "queue_cancelled_show",
    "queue_confirmation",
    "queue_dispute_for_staff",
    "queue_ended_tickets",
    "queue_exchange",
    "queue_expiry",
    "queue_failed_payment",
    "queue_new_tickets_for_holders",
    "queue_offered_ticket",
    "queue_other_seats",
    "queue_part_cancellation",
    "queue_reissued_ticket",
    "queue_reissued_tickets",
    "queue_returned_payment",
    "queue_sent_refund",
    "queue_staff_hold",
    "send_again_to_customers",
    "write_new_shows",
    "write_reminders",
    "write_show_changes",
]
