"""Refusals of bookings, payments and tickets."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext, gettext_noop, ngettext

from eventbooking_system.errors import DomainError, soon

# Members of the refusal of a payment that was taken and is refunded.
_REFUND = {"amount_refunded": {"type": "string"}, "currency": {"type": "string"}}


class ShowNotOnSale(DomainError):
    """The show is over or cancelled, or its sales are not open."""

    code = "show_not_on_sale"
    title = gettext_noop("Show not on sale")


class CannotSeat(DomainError):
    """
    Some bookings have no seats in the other screen.

    So the show was not moved. `bookings` names each of them with its seats. Choose another screen,
    or cancel these bookings.
    """

    code = "cannot_seat"
    title = gettext_noop("Cannot seat everyone")
    member_schemas = {
        "bookings": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["booking", "reference", "seats"],
                "properties": {
                    "booking": {"type": "integer"},
                    "reference": {"type": "string"},
                    "seats": {"type": "array", "items": {"type": "string"}},
                },
            },
        }
    }

    def __init__(self, bookings: Sequence[dict[str, Any]]) -> None:
        count = len(bookings)
        detail = ngettext(
            "%(count)d booking finds no seats on that screen.",
            "%(count)d bookings find no seats on that screen.",
            count,
        ) % {"count": count}
        super().__init__(detail, bookings=list(bookings))


class TooManySeats(DomainError):
    """A booking may have at most `limit` seats of this show."""

    code = "too_many_seats"
    status = 400
    title = gettext_noop("Too many seats")
    member_schemas = {"limit": {"type": "integer"}}

    def __init__(self, *, limit: int) -> None:
        super().__init__(
            gettext("A booking may have at most %(limit)d seats.") % {"limit": limit},
            limit=limit,
        )


class BookingExpired(DomainError):
    """
    The time to pay has ended.

    The seats are on sale again. Make a new booking. A payment that came too late goes back:
    `amount_refunded` and `currency` say how much.
    """

    code = "booking_expired"
    title = gettext_noop("Booking expired")
    member_schemas = _REFUND


class InvalidTransition(DomainError):
    """The booking's status, given in `booking_status`, does not allow this."""

    code = "invalid_transition"
    title = gettext_noop("Invalid transition")
    member_schemas = {"booking_status": {"type": "string"}, **_REFUND}

    def __init__(self, detail: str, *, booking_status: str, **refund: str) -> None:
        super().__init__(detail, booking_status=booking_status, **refund)


class ExchangeNotAllowed(DomainError):
    """
    These tickets cannot be exchanged in this way.

    `reason` is `cutoff` (it is too late), `scope` (not for this show), `used` (a ticket was passed
    on, or checked in or is void), `limit` (an exchange is under way, or there were too many), or
    `price` (another currency, or tickets that nobody paid for). A payment that came meanwhile goes
    back: `amount_refunded` and `currency` say how much.
    """

    code = "exchange_not_allowed"
    title = gettext_noop("Exchange not allowed")
    member_schemas = {
        # Without an enum: `ticket_not_valid` has a member of the same name.
        "reason": {"type": "string"},
        **_REFUND,
    }

    def __init__(self, detail: str, *, reason: str, **refund: str) -> None:
        super().__init__(detail, reason=reason, **refund)


class PaymentDeclined(DomainError):
    """No money was taken. The seats stay held until `expires_at`; try another payment method."""

    code = "payment_declined"
    status = 402
    title = gettext_noop("Payment declined")


class PromoCodeInvalid(DomainError):
    """The promo code does not apply to this booking; `detail` says why."""

    code = "promo_code_invalid"
    status = 400
    title = gettext_noop("Invalid promo code")


class InvalidSignature(DomainError):
    """The event's signature is wrong or too old."""

    code = "invalid_signature"
    status = 400
    title = gettext_noop("Invalid signature")


class IdempotencyKeyInvalid(DomainError):
    """An Idempotency-Key is 1 to 255 printable ASCII characters."""

    code = "idempotency_key_invalid"
    status = 400
    title = gettext_noop("Invalid idempotency key")


class IdempotencyKeyReused(DomainError):
    """An earlier request used this Idempotency-Key with another body. Use a new key."""

    code = "idempotency_key_reused"
    status = 422
    title = gettext_noop("Idempotency key reused")


class IdempotencyInFlight(DomainError):
    """The first request with this Idempotency-Key is still running. Try again in a moment."""

    code = "idempotency_in_flight"
    title = gettext_noop("Request in flight")

    @property
    def headers(self) -> dict[str, str]:
        return soon()


class InvalidTicket(DomainError):
    """The code or signature belongs to no ticket of this system."""

    code = "invalid_ticket"
    status = 400
    title = gettext_noop("Invalid ticket")


class AlreadyCheckedIn(DomainError):
    """This ticket was checked in before, at `checked_in_at`."""

    code = "already_checked_in"
    title = gettext_noop("Already checked in")
    member_schemas = {
        "checked_in_at": {"type": "string", "format": "date-time"},
        "ticket": {"type": "integer"},
        "seat": {"type": "string"},
    }

    def __init__(self, detail: str, *, checked_in_at: datetime, **members: Any) -> None:
        # The same notation as in every other answer.
        instant = checked_in_at.isoformat().replace("+00:00", "Z")
        super().__init__(detail, checked_in_at=instant, **members)


class TicketNotValid(DomainError):
    """
    The ticket is genuine but does not admit anyone here and now.

    `reason` is `cancelled`, `reissued` (a newer one was issued), `other_show`, `too_early`,
    `too_late`, `scan_id_reused` (for another ticket) or, when a check-in is undone,
    `not_checked_in`.
    """

    code = "ticket_not_valid"
    title = gettext_noop("Ticket not valid")
    member_schemas = {
        "ticket": {"type": "integer"},
        "seat": {"type": "string"},
        "reason": {"type": "string"},
    }


class TransferPending(DomainError):
    """The ticket is offered to somebody already. Withdraw that offer first."""

    code = "transfer_pending"
    title = gettext_noop("Transfer pending")

    def __init__(self) -> None:
        super().__init__(gettext("This ticket is offered to somebody already."))
