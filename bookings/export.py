"""A person's bookings in the data export, and their erasure."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Model, Prefetch

from bookings.models import Booking, Payment, Refund, Ticket, TicketScan
from bookings.selectors import bookings_with_details
from bookings.serializers import BookingResponseSerializer, PaymentSerializer
from users.models import User


def bookings_of(user: User) -> list[dict[str, Any]]:
    """Return everything stored about a person's bookings. The number of queries is fixed."""
    scans = Prefetch("tickets__scans", TicketScan.objects.order_by("pk"))
    bookings = bookings_with_details().filter(user=user)
    bookings = bookings.prefetch_related(
        "payments", "transitions", "messages", "notes", "tickets", "tickets__transfers", scans
    )
    return [
        {
            **BookingResponseSerializer(booking).data,
            "customer_name": booking.customer_name,
            "customer_email": booking.customer_email,
            "customer_phone": booking.customer_phone,
            "payments": PaymentSerializer(booking.payments.all(), many=True).data,
            "transitions": _members(
                booking.transitions.all(), "from_status", "to_status", "at", "reason"
            ),
            "tickets": [
                {"code": _code_for_payer(ticket), **members}
                for ticket in booking.tickets.all()
                for members in _members(
                    [ticket], "issued_at", "voided_at", "checked_in_at", "holder_name"
                )
            ],
            "transfers": [
                {"ticket__code": _code_for_payer(ticket), **transfer}
                for ticket in booking.tickets.all()
                for transfer in _sent_by(user, ticket)
            ],
            "scans": [
                {"ticket__code": _code_for_payer(ticket), **scan}
                for ticket in booking.tickets.all()
                for scan in _members(ticket.scans.all(), "outcome", "scanned_at")
            ],
            "messages": _members(booking.messages.all(), "kind", "channel", "state", "finished_at"),
            "notes": _members(booking.notes.all(), "text", "at"),
        }
        for booking in bookings
    ]


def held_tickets_of(user: User) -> list[dict[str, Any]]:
    """Return tickets passed on to a person, and the person's own transfers."""
    held = Ticket.objects.filter(holder=user).prefetch_related("transfers").order_by("pk")
    return [
        {
            **_members([ticket], "code", "holder_name", "issued_at", "voided_at", "checked_in_at")[0],
            "received": _members(
                [each for each in ticket.transfers.all() if each.holder_id == user.pk],
                "email", "message", "accepted_at", "revoked_at",
            ),
            "transfers": _sent_by(user, ticket),
        }
        for ticket in held
    ]  # fmt: skip


def _code_for_payer(ticket: Ticket) -> str:
    """
    Return a ticket's code, or an empty text if passed on.

    Then another person comes in with it.
    """
    return "" if ticket.holder_id else ticket.code


def _sent_by(user: User, ticket: Ticket) -> list[dict[str, Any]]:
    sent = [each for each in ticket.transfers.all() if each.sender_id == user.pk]
    return _members(sent, "email", "message", "created_at", "accepted_at", "revoked_at")


def _members(rows: Iterable[Model], *names: str) -> list[dict[str, Any]]:
    return [{name: getattr(row, name) for name in names} for row in rows]


def erase_customer_of(user: User) -> None:
    """Erase what staff typed about a person into their bookings."""
    Booking.objects.filter(user=user).exclude(
        customer_name="", customer_email="", customer_phone=""
    ).update(customer_name="", customer_email="", customer_phone="")
    at_counter = Refund.objects.filter(booking__user=user, payment__provider__in=Payment.COUNTER)
    at_counter.exclude(reason="").update(reason="")
