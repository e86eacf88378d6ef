"""Forms of the actions after the sale."""

from decimal import Decimal
from typing import Any

from django import forms
from django.db.models.functions import Now

from bookings.admin.confirming import ReasonForm
from bookings.models import Booking, Refund, Ticket
from bookings.services import Exchange, SeatRequest
from eventbooking_system.money import DECIMAL_PLACES, MAX_DIGITS
from shows.admin.lists import local_time
from shows.models import Show
from venues.models import ExchangeScope, Seat

MAX_SHOWS = 100


class TicketsForm(ReasonForm):
    """A choice of a booking's valid tickets. At first, all are chosen."""

    has_preview = True
    tickets = forms.TypedMultipleChoiceField(coerce=int, widget=forms.CheckboxSelectMultiple)
    field_order = ["tickets"]

    def __init__(self, data: Any = None, *, booking: Booking) -> None:
        super().__init__(data)
        tickets = Ticket.objects.in_force().with_show_and_seat().filter(booking=booking)
        choices = [(ticket.pk, _ticket_label(ticket)) for ticket in tickets]
        self.fields["tickets"].choices = choices
        self.fields["tickets"].initial = [pk for pk, _ in choices]


class CancelTicketsForm(TicketsForm):
    in_full = forms.BooleanField(
        required=False,
        help_text="Refund all that was paid for the tickets, even if the rules refund less.",
    )


class ExchangeForm(TicketsForm):
    show = forms.TypedChoiceField(coerce=int)
    seats = forms.CharField(
        required=False,
        max_length=500,
        help_text="For example “A1, A2”. If this is empty, the best free seats are chosen.",
    )
    reason = None

    def __init__(self, data: Any = None, *, booking: Booking) -> None:
        super().__init__(data, booking=booking)
        self.booking = booking
        self.fields["show"].choices = [(show.pk, _show_label(show)) for show in _shows_for(booking)]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        labels = [label.strip() for label in cleaned.get("seats", "").split(",") if label.strip()]
        if labels and "show" in cleaned:
            seats = Seat.objects.filter(show_seats__show=cleaned["show"])
            known = {str(seat): seat.pk for seat in seats}
            if unknown := [label for label in labels if label not in known]:
                self.add_error("seats", f"The show has no seat {', '.join(unknown)}.")
            cleaned["seat_ids"] = [known[label] for label in labels if label in known]
        return cleaned

    @property
    def wanted(self) -> dict[str, Any]:
        """The requested exchange, as arguments of the service."""
        chosen, tickets = self.cleaned_data, self.cleaned_data["tickets"]
        named = {"seat_ids": chosen["seat_ids"]} if chosen.get("seat_ids") else {}
        asked = named or {"quantity": len(tickets)}
        return {
            "exchange": Exchange(self.booking.pk, tickets, field="seats"),
            "wanted": SeatRequest(chosen["show"], **asked),
        }


class ReseatForm(ReasonForm):
    """A valid ticket, and the label of the seat that it gets."""

    has_preview = True
    ticket = forms.TypedChoiceField(coerce=int)
    seat = forms.CharField(
        max_length=100, help_text="A free seat or a house seat of the show, for example “B4”."
    )
    reprice = forms.BooleanField(
        label="Allow the change of price",
        required=False,
        help_text="The seat may be in a cheaper category. The difference is refunded.",
    )
    reason = None

    def __init__(self, data: Any = None, *, booking: Booking) -> None:
        super().__init__(data)
        self.booking = booking
        tickets = Ticket.objects.in_force().with_show_and_seat().filter(booking=booking)
        self.fields["ticket"].choices = [(ticket.pk, _ticket_label(ticket)) for ticket in tickets]

    def clean_seat(self) -> int:
        label = self.cleaned_data["seat"].strip()
        seats = Seat.objects.filter(show_seats__show=self.booking.show_id, area="")
        found = [seat.pk for seat in seats if label in (str(seat), f"{seat.row}{seat.number}")]
        if len(found) != 1:
            raise forms.ValidationError(f"The show has no seat {label}.")
        return found[0]


class AmountForm(forms.Form):
    has_preview = True
    amount = forms.DecimalField(
        max_digits=MAX_DIGITS, decimal_places=DECIMAL_PLACES, min_value=Decimal("0.001")
    )
    reason = forms.CharField(
        max_length=Refund._meta.get_field("reason").max_length,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )


def _shows_for(booking: Booking) -> list[Show]:
    """Return the next shows that the booking's terms of exchange allow."""
    shows = Show.objects.filter(
        status=Show.Status.SCHEDULED, currency=booking.currency, start_time__gt=Now()
    )
    older = booking.show
    if older.exchange_scope == ExchangeScope.EVENT:
        shows = shows.filter(event=older.event_id)
    elif older.exchange_scope == ExchangeScope.VENUE:
        shows = shows.filter(screen__venue=older.screen.venue_id)
    related = shows.select_related("event", "screen__venue")
    return list(related.order_by("start_time", "pk")[:MAX_SHOWS])


def _show_label(show: Show) -> str:
    return f"{show.event.title}, {local_time(show.start_time, show.screen.venue)}, {show.screen}"


def _ticket_label(ticket: Ticket) -> str:
    used = ", checked in" if ticket.checked_in_at else ""
    return f"{ticket.seat}, {ticket.code}{used}"
