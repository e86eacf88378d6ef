"""Actions after the sale: cancel, exchange and reseat tickets, refund an amount."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from bookings import checkout, services
from bookings.admin.after_sale_forms import AmountForm, CancelTicketsForm, ExchangeForm, ReseatForm
from bookings.admin.booking_actions import (
    BookingAction,
    is_confirmed,
    preview,
    register_booking_action,
)
from bookings.admin.columns import change_url
from bookings.admin.confirming import warn_of_waiting_refunds
from bookings.models import Booking
from bookings.services import Caller
from eventbooking_system.db.contention import left_to_jobs
from eventbooking_system.errors import DomainError, InvalidField
from eventbooking_system.money import with_currency

_PERMISSION = "bookings.change_booking"


def _cancel_tickets(request: HttpRequest, booking: Booking) -> HttpResponse | None:
    form = CancelTicketsForm(request.POST or None, booking=booking)

    def which() -> dict[str, Any]:
        chosen = form.cleaned_data
        return {
            "booking_id": booking.pk,
            "ticket_ids": chosen["tickets"],
            "in_full": chosen["in_full"],
            "cancelled_by": request.user,
        }

    def act() -> None:
        checkout.cancel(**which(), reason=form.cleaned_data["reason"])
        messages.success(request, f"{len(form.cleaned_data['tickets'])} tickets are cancelled.")

    return _done_after_preview(
        request,
        booking,
        form,
        title="Cancel tickets",
        question="The chosen tickets become void, and their seats go on sale again.",
        yes="Cancel these tickets",
        effects=lambda: _cancelled_rows(services.preview_booking_cancellation(**which())),
        act=act,
    )


def _exchange(request: HttpRequest, booking: Booking) -> HttpResponse | None:
    form = ExchangeForm(request.POST or None, booking=booking)

    def act() -> HttpResponse:
        exchanged = checkout.exchange(caller=Caller(request.user.pk), **form.wanted)
        due = with_currency(exchanged.price_to_pay, exchanged.currency)
        state = f"{due} is due" if exchanged.price_to_pay else "nothing is due"
        messages.success(request, f"Exchanged for booking {exchanged.reference}: {state}.")
        return redirect(change_url(exchanged))

    return _done_after_preview(
        request,
        booking,
        form,
        title="Exchange tickets",
        question="The new seats are held for the customer. The older tickets become void once "
        "nothing is due any more.",
        yes="Exchange these tickets",
        effects=lambda: _quoted_rows(services.quote_exchange(**form.wanted)),
        act=act,
    )


def _reseat(request: HttpRequest, booking: Booking) -> HttpResponse | None:
    form = ReseatForm(request.POST or None, booking=booking)

    def which() -> dict[str, Any]:
        chosen = form.cleaned_data
        return {
            "ticket_id": chosen["ticket"], "seat_id": chosen["seat"], "reprice": chosen["reprice"],
        }  # fmt: skip

    def act() -> None:
        ticket = services.reseat_ticket(**which())
        with left_to_jobs():
            checkout.send_refunds(booking=booking.pk)
        messages.success(request, f"The ticket {ticket.code} is for seat {ticket.seat} now.")

    return _done_after_preview(
        request,
        booking,
        form,
        title="Give a ticket another seat",
        question="The ticket is issued again. The customer gets a mail with it, and the door "
        "refuses the earlier one.",
        yes="Give this seat",
        effects=lambda: _reseated_rows(services.preview_reseat(**which()), booking.currency),
        act=act,
    )


def _refund_amount(request: HttpRequest, booking: Booking) -> HttpResponse | None:
    form = AmountForm(request.POST or None)
    left = with_currency(services.left_of([booking.pk])[booking.pk], booking.currency)

    def effects() -> dict[str, Any]:
        amount = form.cleaned_data["amount"]
        stays = services.preview_refund(booking_id=booking.pk, amount=amount)
        return _refunded_rows(amount, stays, booking.currency)

    def act() -> None:
        checkout.refund_amount(booking_id=booking.pk, by=request.user, **form.cleaned_data)
        amount = with_currency(form.cleaned_data["amount"], booking.currency)
        messages.success(request, f"{amount} go back to the customer.")

    return _done_after_preview(
        request,
        booking,
        form,
        title="Refund an amount",
        question=f"The tickets stay valid. At most {left} can go back.",
        yes="Refund this amount",
        effects=effects,
        act=act,
    )


def _done_after_preview(
    request: HttpRequest,
    booking: Booking,
    form: forms.Form,
    *,
    effects: Callable[[], dict[str, Any]],
    act: Callable[[], HttpResponse | None],
    **texts: str,
) -> HttpResponse | None:
    """
    Ask for a choice, show its effects, and act after the confirmation.

    A refusal is shown beside the choice.
    """
    page = {**texts, "form": form}
    if not form.is_valid():
        return preview(request, booking, **page)
    try:
        if "post" not in request.POST:
            return preview(request, booking, **page, **effects())
        answer = act()
    except DomainError as refusal:
        return preview(request, booking, **page, error=_sentence(refusal))
    warn_of_waiting_refunds(request, booking=booking)
    return answer


def _cancelled_rows(effects: services.Cancellation) -> dict[str, Any]:
    money = partial(with_currency, currency=effects.currency)
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


def _reseated_rows(reseat: services.Reseat, currency: str) -> dict[str, Any]:
    before, after = reseat.before, reseat.after
    rows = [
        ("Seat now", before.seat, with_currency(before.booked_seat.price, currency)),
        ("New seat", after.seat, with_currency(after.booked_seat.price, currency)),
        ("Comes back", "", with_currency(reseat.refund, currency)),
    ]
    return {"head": ["", "Seat", "Amount"], "rows": rows}


def _refunded_rows(amount: Decimal, stays: Decimal, currency: str) -> dict[str, Any]:
    rows = [
        ("Comes back", with_currency(amount, currency)),
        ("Stays paid", with_currency(stays, currency)),
    ]
    return {"head": ["", "Amount"], "rows": rows}


def _quoted_rows(quoted: services.ExchangeQuote) -> dict[str, Any]:
    money = partial(with_currency, currency=quoted.currency)
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


def _sentence(refusal: DomainError) -> str:
    if isinstance(refusal, InvalidField):
        return refusal.members["errors"][0]["detail"]
    return refusal.detail


for _name, _label, _may, _view in (
    ("cancel-tickets", "Cancel tickets", _PERMISSION, _cancel_tickets),
    ("exchange", "Exchange tickets", _PERMISSION, _exchange),
    ("reseat", "Give another seat", "bookings.change_ticket", _reseat),
    ("refund-amount", "Refund an amount", _PERMISSION, _refund_amount),
):
    register_booking_action(
        BookingAction(_name, _label, _may, _view, is_confirmed, moves_money=True)
    )
