"""Assertions that several tests of bookings share."""

import base64

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bookings.models import Booking, Ticket, TicketScan
from shows.models import ShowSeat


def assert_nothing_written() -> None:
    """Assert that there is no booking and every seat is available."""
    assert not Booking.objects.exists()
    assert not ShowSeat.objects.exclude(status="available").exists()


def verified_by_hand(payload: str, published: list[dict[str, str]]) -> list[str]:
    """Verify a payload with nothing but the published keys; return its fields."""
    message, _, signature = payload.rpartition(".")
    fields = message.split(".")
    x = next(key["x"] for key in published if key["kid"] == fields[1])
    public_key = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(x + "="))
    public_key.verify(base64.b32decode(signature + "="), message.encode())
    return fields


def is_in(ticket: Ticket) -> bool:
    """Tell whether a ticket has been checked in."""
    return Ticket.objects.exclude(checked_in_at=None).filter(pk=ticket.pk).exists()


def assert_nobody_in() -> None:
    """Check that no ticket has been checked in."""
    assert not Ticket.objects.exclude(checked_in_at=None).exists()
    assert not TicketScan.objects.filter(outcome="admitted").exists()
