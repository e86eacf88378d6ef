"""Refusals about bookings and payments."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext, gettext_noop

from eventbooking_system.errors import DomainError


class ShowNotOnSale(DomainError):
    """The show is over, cancelled, or its sales have not opened yet or are closed."""

    code = "show_not_on_sale"
    title = gettext_noop("Show not on sale")


class TooManySeats(DomainError):
    """One booking may have `limit` seats of this show at the most."""

    code = "too_many_seats"
    status = 400
    title = gettext_noop("Too many seats")
    member_schemas = {"limit": {"type": "integer"}}

    def __init__(self, *, limit: int) -> None:
        super().__init__(
            gettext("One booking may have %(limit)d seats at the most.") % {"limit": limit},
            limit=limit,
        )


class BookingExpired(DomainError):
    """The time to pay is over, and the seats are free for others. Book again."""

    code = "booking_expired"
    title = gettext_noop("Booking expired")


class InvalidTransition(DomainError):
    """The booking is not in a state that allows this; `booking_status` says what it is."""

    code = "invalid_transition"
    title = gettext_noop("Invalid transition")
    member_schemas = {"booking_status": {"type": "string"}}

    def __init__(self, detail: str, *, booking_status: str) -> None:
        super().__init__(detail, booking_status=booking_status)


class PaymentDeclined(DomainError):
    """No money was taken. The seats stay held until the hold's end: try another way to pay."""

    code = "payment_declined"
    status = 402
    title = gettext_noop("Payment declined")


class PromoCodeInvalid(DomainError):
    """The promo code does not hold for this booking; `detail` says why."""

    code = "promo_code_invalid"
    status = 400
    title = gettext_noop("Invalid promo code")


class InvalidSignature(DomainError):
    """The event is not signed by the payment provider, or too long ago. It left no trace."""

    code = "invalid_signature"
    status = 400
    title = gettext_noop("Invalid signature")


class IdempotencyKeyInvalid(DomainError):
    """An Idempotency-Key is 1 to 255 printable ASCII characters."""

    code = "idempotency_key_invalid"
    status = 400
    title = gettext_noop("Invalid idempotency key")


class IdempotencyKeyReused(DomainError):
    """This Idempotency-Key came with another body before. Use a new key for a new request."""

    code = "idempotency_key_reused"
    status = 422
    title = gettext_noop("Idempotency key reused")


class IdempotencyInFlight(DomainError):
    """The first request with this Idempotency-Key is still under way. Ask again in a moment."""

    code = "idempotency_in_flight"
    title = gettext_noop("Request in flight")
    headers = {"Retry-After": "1"}


class InvalidTicket(DomainError):
    """This is no ticket of ours: the signature is wrong, or nobody has such a code."""

    code = "invalid_ticket"
    status = 400
    title = gettext_noop("Invalid ticket")


class AlreadyCheckedIn(DomainError):
    """Somebody came in with this ticket before, at `checked_in_at`."""

    code = "already_checked_in"
    title = gettext_noop("Already checked in")
    member_schemas = {
        "checked_in_at": {"type": "string", "format": "date-time"},
        "ticket": {"type": "integer"},
        "seat": {"type": "string"},
    }

    def __init__(self, detail: str, *, checked_in_at: datetime, **members: Any) -> None:
        # Written as in every other answer.
        instant = checked_in_at.isoformat().replace("+00:00", "Z")
        super().__init__(detail, checked_in_at=instant, **members)


class TicketNotValid(DomainError):
    """
    The ticket is genuine and opens no door here and now. `reason` is `cancelled`, `reissued` (there
    is a newer one), `other_show`, `too_early`, `too_late` or, when a check-in is undone,
    `not_checked_in`.
    """

    code = "ticket_not_valid"
    title = gettext_noop("Ticket not valid")
    member_schemas = {
        "ticket": {"type": "integer"},
        "seat": {"type": "string"},
        "reason": {"type": "string"},
    }
