"""The action that adds a note to a booking."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest

from bookings import services
from bookings.admin.booking_actions import BookingAction, register_booking_action
from bookings.models import Booking, BookingNote
from eventbooking_system.plain_text import validate_lines

ADD_NOTE = "add-note"


class NoteForm(forms.Form):
    text = forms.CharField(
        label="Note",
        max_length=BookingNote._meta.get_field("text").max_length,
        validators=[validate_lines],
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
    )


def _add_note(request: HttpRequest, booking: Booking) -> None:
    form = NoteForm(request.POST)
    if not form.is_valid():
        messages.error(request, f"The note was not saved. {' '.join(form.errors['text'])}")
        return
    services.add_note(booking=booking, text=form.cleaned_data["text"], by=request.user)
    messages.success(request, "The note was added.")


register_booking_action(
    BookingAction(
        name=ADD_NOTE,
        label="Add a note",
        permission="bookings.add_bookingnote",
        view=_add_note,
        is_offered=lambda booking: True,
        immediate=True,
        in_own_place=True,
    )
)
