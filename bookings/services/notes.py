"""Notes of staff about bookings."""

from django.db import transaction

from audit.recording import record
from bookings.models import Booking, BookingNote
from eventbooking_system.errors import InvalidField
from users.models import User


@transaction.atomic(durable=True)
def add_note(*, booking: Booking, text: str, by: User) -> BookingNote:
    """Write a note about a booking. Raises InvalidField for a text that is empty or too long."""
    text = text.strip()
    longest = BookingNote._meta.get_field("text").max_length
    if not text or len(text) > longest:
        raise InvalidField("text", f"Write 1 to {longest} characters.")
    note = BookingNote.objects.create(booking=booking, text=text, by=by)
    record("bookings.add_note", booking, by=by)
    return note
