"""
The use cases of booking, one module each.

Lock order: Show, ShowSeat, PromoCode, Booking, Payment, Refund, Ticket.
"""

from bookings.services.cancelling import (
    Cancellation,
    cancel_booking,
    cancel_part,
    preview_booking_cancellation,
)
from bookings.services.checking_in import (
    Shown,
    check_in,
    check_in_bundle,
    door_times,
    sync_check_ins,
    undo_check_in,
)
from bookings.services.counter import (
    cancel_and_give_back,
    check_receipt,
    confirm_unpaid,
    divide_in_full,
    hand_over_refunds,
    take_payment,
)
from bookings.services.delivery import (
    forget_old_deliveries,
    record_dropped,
    record_failure,
    record_sent,
    send_again,
    take_next,
    taken,
)
from bookings.services.expiring import expire_bookings
from bookings.services.guests import erase_old_guests
from bookings.services.holding import (
    Caller,
    Counter,
    Exchange,
    ExchangeQuote,
    SeatRequest,
    hold,
    hold_for_counter,
    offering_others,
    quote,
    quote_exchange,
    retry_on_contention,
)
from bookings.services.links import (
    claim_booking,
    find_bookings,
    forget_old_links,
    link_to,
    open_booking,
    send_booking_again,
)
from bookings.services.notes import add_note
from bookings.services.outbox import tell_of_reservation, write_reminders, write_show_changes
from bookings.services.owing import left_of, refund_part
from bookings.services.paying import (
    AGREES,
    check_can_pay,
    close_payment,
    find_differing,
    give_up_payment,
    goes_back,
    keep_report,
    kept_report,
    open_payment,
    payments_to_record,
    record_dispute,
    record_event,
    record_payment,
    record_state,
    refusal_of_returned,
    release_payment,
)
from bookings.services.periodic_jobs import (
    plan_jobs,
    record_run,
    renew_lease,
    take_next_job,
)
from bookings.services.promotions import check_promo_code, save_promo_code
from bookings.services.refunding import (
    record_failed_refund,
    record_refund,
    refund_key,
    refunds_to_send,
    retry_refund,
)
from bookings.services.reseating import reseat_ticket, swap_seats
from bookings.services.show_cancelling import (
    ShowCancellation,
    cancel_show,
    finish_show_cancellation,
    preview_cancellation,
    unfinished_show_cancellations,
)
from bookings.services.show_moving import Reseated, ShowMove, move_show
from bookings.services.ticketing import reissue_ticket
from bookings.services.transitions import lock_booking

__all__ = [
    "AGREES",
    "Caller",
    "Cancellation",
    "Counter",
    "Exchange",
    "ExchangeQuote",
    "Reseated",
    "SeatRequest",
    "ShowCancellation",
    "ShowMove",
    "Shown",
    "add_note",
    "cancel_and_give_back",
    "cancel_booking",
    "cancel_part",
    "cancel_show",
    "check_can_pay",
    "check_in",
    "check_in_bundle",
    "check_promo_code",
    "check_receipt",
    "claim_booking",
    "close_payment",
    "confirm_unpaid",
    "divide_in_full",
    "door_times",
    "erase_old_guests",
    "expire_bookings",
    "find_bookings",
    "find_differing",
    "finish_show_cancellation",
    "forget_old_deliveries",
    "forget_old_links",
    "give_up_payment",
    "goes_back",
    "hand_over_refunds",
    "hold",
    "hold_for_counter",
    "keep_report",
    "kept_report",
    "left_of",
    "link_to",
    "lock_booking",
    "move_show",
    "offering_others",
    "open_booking",
    "open_payment",
    "payments_to_record",
    "plan_jobs",
    "preview_booking_cancellation",
    "preview_cancellation",
    "quote",
    "quote_exchange",
    "record_dispute",
    "record_dropped",
    "record_event",
    "record_failed_refund",
    "record_failure",
    "record_payment",
    "record_refund",
    "record_run",
    "record_sent",
    "record_state",
    "refund_key",
    "refund_part",
    "refunds_to_send",
    "refusal_of_returned",
    "reissue_ticket",
    "release_payment",
    "renew_lease",
    "reseat_ticket",
    "retry_on_contention",
    "retry_refund",
    "save_promo_code",
    "send_again",
    "send_booking_again",
    "swap_seats",
    "sync_check_ins",
    "take_next",
    "take_next_job",
    "take_payment",
    "taken",
    "tell_of_reservation",
    "undo_check_in",
    "unfinished_show_cancellations",
    "write_reminders",
    "write_show_changes",
]
