"""Actions after the sale: cancel, exchange and reseat tickets, refund an amount."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from bookings import checkout, services
from bookings.admin.booking_actions import (
    BookingAction,
    is_confirmed,
    preview,
    register_booking_action,
)
from bookings.admin.columns import change_url
from bookings.admin.confirming import ReasonForm, warn_of_waiting_refunds
from bookings.models import Booking, Refund, Ticket
from bookings.services import Caller, Exchange, SeatRequest
from eventbooking_system.db.contention import left_to_jobs
from eventbooking_system.errors import DomainError, InvalidField
from eventbooking_system.money import DECIMAL_PLACES, MAX_DIGITS, formatted
from shows.admin.lists import local_time
from shows.models import Show
from venues.models import ExchangeScope, Seat

MAX_SHOWS = 100
_PERMISSION = "bookings.change_booking"


class TicketsForm(ReasonForm):
    """A choice of a booking's valid tickets; all of them at first."""

    has_preview = True
    tickets = forms.TypedMultipleChoiceField(coerce=int, widget=forms.CheckboxSelectMultiple)
    field_order = ["tickets"]

    def __init__(self, data: Any = None, *, booking: Booking) -> None:
        super().__init__(data)
        tickets = Ticket.objects.in_force().with_show_and_seat().filter(booking=booking)
        choices = [(ticket.pk, _described(ticket)) for ticket in tickets]
        self.fields["tickets"].choices = choices
        self.fields["tickets"].initial = [pk for pk, _ in choices]


class CancelTicketsForm(TicketsForm):
    in_full = forms.BooleanField(
        required=False, help_text="Give back all that was paid for them, whatever the rules say."
    )


class ExchangeForm(TicketsForm):
    show = forms.TypedChoiceField(coerce=int)
    seats = forms.CharField(
        required=False,
        max_length=500,
        help_text="Such as “A1, A2”. If it is empty, the best free seats are taken.",
    )
    reason = None

    def __init__(self, data: Any = None, *, booking: Booking) -> None:
        super().__init__(data, booking=booking)
        self.booking = booking
        self.fields["show"].choices = [(show.pk, _starts(show)) for show in _shows_for(booking)]

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
        """The exchange that is asked for, as the services take it."""
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
        max_length=100, help_text="Such as “B4”: a free seat or a house seat of the show."
    )
    reprice = forms.BooleanField(
        required=False, help_text="Allow a seat of a cheaper category. The difference goes back."
    )
    reason = None

    def __init__(self, data: Any = None, *, booking: Booking) -> None:
        super().__init__(data)
        self.booking = booking
        tickets = Ticket.objects.in_force().with_show_and_seat().filter(booking=booking)
        self.fields["ticket"].choices = [(ticket.pk, _described(ticket)) for ticket in tickets]

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


def _cancel_tickets(request: HttpRequest, booking: Booking) -> HttpResponse | None:
    form = CancelTicketsForm(request.POST or None, booking=booking)
    page = {
        "title": "Cancel tickets",
        "question": "The chosen tickets become void, and their seats go on sale again.",
        "yes": "Cancel these tickets",
        "form": form,
    }
    if not form.is_valid():
        return preview(request, booking, **page)
    chosen = form.cleaned_data
    which = {
        "booking_id": booking.pk,
        "ticket_ids": chosen["tickets"],
        "in_full": chosen["in_full"],
        "cancelled_by": request.user,
    }
    try:
        if "post" not in request.POST:
            effects = services.preview_booking_cancellation(**which)
            return preview(request, booking, **page, **_cancelled_rows(effects))
        checkout.cancel(**which, reason=chosen["reason"])
    except DomainError as refusal:
        return preview(request, booking, **page, error=_sentence(refusal))
    messages.success(request, f"{len(chosen['tickets'])} tickets are cancelled.")
    warn_of_waiting_refunds(request, booking=booking)
    return None


def _exchange(request: HttpRequest, booking: Booking) -> HttpResponse | None:
    form = ExchangeForm(request.POST or None, booking=booking)
    page = {
        "title": "Exchange tickets",
        "question": "The new seats are held for the customer. The older tickets become void once "
        "nothing is due any more.",
        "yes": "Exchange these tickets",
        "form": form,
    }
    if not form.is_valid():
        return preview(request, booking, **page)
    try:
        if "post" not in request.POST:
            quoted = services.quote_exchange(**form.wanted)
            return preview(request, booking, **page, **_quoted_rows(quoted))
        exchanged = checkout.exchange(caller=Caller(request.user.pk), **form.wanted)
    except DomainError as refusal:
        return preview(request, booking, **page, error=_sentence(refusal))
    due = f"{formatted(exchanged.price_to_pay, exchanged.currency)} {exchanged.currency}"
    state = f"{due} is due" if exchanged.price_to_pay else "nothing is due"
    messages.success(request, f"Exchanged for booking {exchanged.reference}: {state}.")
    return redirect(change_url(exchanged))


def _reseat(request: HttpRequest, booking: Booking) -> HttpResponse | None:
    form = ReseatForm(request.POST or None, booking=booking)
    page = {
        "title": "Give a ticket another seat",
        "question": "The ticket is issued again. The customer gets a mail with it, and the door "
        "refuses the earlier one.",
        "yes": "Give this seat",
        "form": form,
    }
    if not form.is_valid():
        return preview(request, booking, **page)
    chosen = form.cleaned_data
    which = {
        "ticket_id": chosen["ticket"], "seat_id": chosen["seat"], "reprice": chosen["reprice"],
    }  # fmt: skip
    try:
        if "post" not in request.POST:
            rows = _reseated_rows(services.preview_reseat(**which), booking)
            return preview(request, booking, **page, **rows)
        ticket = services.reseat_ticket(**which)
    except DomainError as refusal:
        return preview(request, booking, **page, error=_sentence(refusal))
    with left_to_jobs():
        checkout.send_refunds(booking=booking.pk)
    messages.success(request, f"The ticket {ticket.code} is for seat {ticket.seat} now.")
    warn_of_waiting_refunds(request, booking=booking)
    return None


def _refund_amount(request: HttpRequest, booking: Booking) -> HttpResponse | None:
    form = AmountForm(request.POST or None)
    left = services.left_of([booking.pk])[booking.pk]
    page = {
        "title": "Refund an amount",
        "question": f"The tickets stay valid. At most {formatted(left, booking.currency)} "
        f"{booking.currency} can go back.",
        "yes": "Refund this amount",
        "form": form,
    }
    if not form.is_valid():
        return preview(request, booking, **page)
    amount = form.cleaned_data["amount"]
    try:
        if "post" not in request.POST:
            stays = services.preview_refund(booking_id=booking.pk, amount=amount)
            return preview(request, booking, **page, **_refunded_rows(amount, stays, booking))
        checkout.refund_amount(booking_id=booking.pk, by=request.user, **form.cleaned_data)
    except DomainError as refusal:
        return preview(request, booking, **page, error=_sentence(refusal))
    messages.success(request, f"{_money(amount, booking)} go back to the customer.")
    warn_of_waiting_refunds(request, booking=booking)
    return None


def _cancelled_rows(effects: services.Cancellation) -> dict[str, Any]:
    def money(amount: Decimal) -> str:
        return f"{formatted(amount, effects.currency)} {effects.currency}"

    rows: list[Sequence[Any]] = [
        (
            str(line.show_seat.seat),
            money(line.price),
            money(line.discount),
            money(paid),
            money(back),
        )
        for line, paid, back in effects.lines
    ]
    if effects.fees:
        rows.append(("Fees", "", "", "", money(effects.fees)))
    if effects.discount_kept:
        rows.append(("Discount of the other tickets, kept back", "", "", "", money(-effects.discount_kept)))  # fmt: skip
    rows.append(("In all", "", "", "", money(effects.refund)))
    return {"head": ["Seat", "Price", "Discount", "Paid", "Comes back"], "rows": rows}


def _reseated_rows(reseat: services.Reseat, booking: Booking) -> dict[str, Any]:
    before, after = reseat.before, reseat.after
    rows = [
        ("Seat now", before.seat, _money(before.booked_seat.price, booking)),
        ("New seat", after.seat, _money(after.booked_seat.price, booking)),
        ("Comes back", "", _money(reseat.refund, booking)),
    ]
    return {"head": ["", "Seat", "Amount"], "rows": rows}


def _refunded_rows(amount: Decimal, stays: Decimal, booking: Booking) -> dict[str, Any]:
    rows = [("Comes back", _money(amount, booking)), ("Stays paid", _money(stays, booking))]
    return {"head": ["", "Amount"], "rows": rows}


def _money(amount: Decimal, booking: Booking) -> str:
    return f"{formatted(amount, booking.currency)} {booking.currency}"


def _quoted_rows(quoted: services.ExchangeQuote) -> dict[str, Any]:
    def money(amount: Decimal) -> str:
        return f"{formatted(amount, quoted.currency)} {quoted.currency}"

    seats = [(str(line.show_seat.seat), money(line.price)) for line in quoted.lines]
    sums = [
        ("Fees", quoted.fees),
        ("Total", quoted.total),
        ("Paid by the older tickets", -quoted.credit),
        ("Due", quoted.amount_due),
        ("Comes back", quoted.refund),
    ]
    rows = [*seats, *((name, money(amount)) for name, amount in sums if amount or name == "Due")]
    return {"head": ["", "Amount"], "rows": rows}


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


def _starts(show: Show) -> str:
    return f"{show.event.title}, {local_time(show.start_time, show.screen.venue)}, {show.screen}"


def _described(ticket: Ticket) -> str:
    used = ", checked in" if ticket.checked_in_at else ""
    return f"{ticket.seat}, {ticket.code}{used}"


def _sentence(refusal: DomainError) -> str:
    if isinstance(refusal, InvalidField):
        return refusal.members["errors"][0]["detail"]
    return refusal.detail


for _action in (
    BookingAction("cancel-tickets", "Cancel tickets", _PERMISSION, _cancel_tickets, is_confirmed),
    BookingAction("exchange", "Exchange tickets", _PERMISSION, _exchange, is_confirmed),
    BookingAction("reseat", "Give another seat", "bookings.change_ticket", _reseat, is_confirmed),
    BookingAction("refund-amount", "Refund an amount", _PERMISSION, _refund_amount, is_confirmed),
):
    register_booking_action(_action)
