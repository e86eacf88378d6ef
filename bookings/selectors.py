"""Queries about bookings and their tickets."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from bookings.errors import InvalidTransition
from bookings.models import (
    BookedSeat,
    Booking,
    BookingLink,
    Message,
    Payment,
    Ticket,
    TicketTransfer,
)
from bookings.querysets import LINK_LIVES
from bookings.tickets import signing
from eventbooking_system.db.compiled import CompiledQuery, is_one_of
from eventbooking_system.money import formatted
from shows.models import Show
from shows.selectors import shows_visible_to
from users.models import User

# To an address that nobody confirmed, about bookings that were not paid.
MAX_FREE_MAILS_A_DAY = 5
_PAID = (Payment.Status.SUCCEEDED, Payment.Status.REFUNDED)
# Facts that can make a message untrue, or give it another recipient, while it waits.
_FACTS = (
    "state",
    "attempts",
    *(f"booking__{name}" for name in ("status", "expires_at", "user", "customer_email")),
    *(f"booking__user__{name}" for name in ("email", "contact_email", "erased_at", "sms_consent", "verified_phone")),
    *(f"booking__show__{name}" for name in ("status", "start_time", "end_time", "screen")),
    *(f"booking__tickets__{name}" for name in ("pk", "version", "voided_at", "holder")),
    *(f"transfer__{name}" for name in ("email", "accepted_at", "revoked_at")),
)  # fmt: skip


def bookings_with_details(*, with_shows: bool = False) -> QuerySet[Booking]:
    """Select bookings with everything that the API shows."""
    shows = [Prefetch("show", shows_visible_to(is_staff=True))] if with_shows else []
    lines = BookedSeat.objects.active().select_related("show_seat__seat__category")
    return _with_details(lines, shows)


def _with_details(lines: QuerySet[BookedSeat], shows: Sequence[Prefetch]) -> QuerySet[Booking]:
    return (
        Booking.objects.with_live_status()
        .with_amount_refunded()
        .select_related("promo_code")
        .prefetch_related(Prefetch("booked_seats", lines, to_attr="lines"), *shows)
    )


def bookings_to_write_about(ids: Collection[int]) -> dict[int, Booking]:
    """Return bookings with everything that messages need, and whether they were paid."""
    paid = Payment.objects.filter(booking=OuterRef("pk"), status__in=_PAID)
    shows = Prefetch("show", Show.objects.select_related("event", "screen__venue"))
    tickets = Prefetch("tickets", Ticket.objects.in_force(), to_attr="valid_tickets")
    bookings = bookings_with_details().annotate(is_paid=Exists(paid)).select_related("user")
    found = bookings.prefetch_related(shows, tickets, "transitions").in_bulk(ids)
    for booking in found.values():
        lines = {line.pk: line for line in booking.lines}
        for ticket in booking.valid_tickets:
            if line := lines.get(ticket.booked_seat_id):
                ticket.booked_seat = line
    return found


def booking_as_held(booking_id: int) -> Booking:
    """
    Return a booking as it was when it was held.

    Among the fields that the API shows, only the status and the refunds can have changed since.
    """
    # Lines may have been given back since, and another seat is a line of its own.
    lines = BookedSeat.objects.exclude(replaces__booking=booking_id)
    lines = lines.select_related("show_seat__seat__category")
    booking = _with_details(lines, []).get(pk=booking_id)
    booking.live_status, booking.amount_refunded = Booking.Status.PENDING, Decimal(0)
    return booking


def place_when_booked(booking: Booking) -> tuple[datetime, int]:
    """Return the show's start and screen when the booking was made."""
    history = Show.history.model.objects.filter(id=booking.show_id)
    booked = history.filter(history_date__lte=booking.booked_at)
    row = booked.order_by("history_id").last() or history.earliest("history_id")
    return row.start_time, row.screen_id


def give_back_deadline(booking: Booking) -> datetime | None:
    """
    Return the deadline for a full refund because the show moved.

    That is the deadline that staff set, and at the latest the start. None stands for a show without
    a deadline, or one that is where and when the customer booked it.
    """
    show = booking.show
    if show.give_back_until is None or show.status != Show.Status.SCHEDULED:
        return None
    if place_when_booked(booking) == (show.start_time, show.screen_id):
        return None
    return min(show.give_back_until, show.start_time)


def live_link(link_id: int) -> BookingLink | None:
    """Return a link that opens its booking, with the customer, or None."""
    return BookingLink.objects.live().select_related("booking__user").filter(pk=link_id).first()


def tickets_of(booking: Booking) -> QuerySet[Ticket]:
    """
    Select the tickets of a booking, each with its show and seat.

    Raises InvalidTransition for a booking that is not confirmed.
    """
    if booking.live_status != Booking.Status.CONFIRMED:
        raise InvalidTransition(
            _("Only confirmed bookings have tickets; this one is %(status)s.")
            % {"status": booking.live_status},
            booking_status=booking.live_status,
        )
    offers = Prefetch("transfers", TicketTransfer.objects.pending(), to_attr="offers")
    tickets = Ticket.objects.in_force().with_show_and_seat().filter(booking=booking)
    return tickets.prefetch_related(offers)


def held_tickets(user: User) -> QuerySet[Ticket]:
    """Select the valid tickets that others passed on to a user."""
    offers = Prefetch("transfers", TicketTransfer.objects.pending(), to_attr="offers")
    held = Ticket.objects.in_force().with_show_and_seat().filter(holder=user)
    to_come = held.filter(booking__show__end_time__gt=Now() - LINK_LIVES)
    return to_come.prefetch_related(offers).order_by("-pk")


def sitters_of(show: Show) -> dict[int, dict[str, Any]]:
    """Return a show's valid tickets with their holders, by seat id."""
    tickets = Ticket.objects.in_force().filter(
        booking__show=show, booked_seat__show_seat__seat__area=""
    )
    rows = tickets.select_related("booking__user", "booked_seat__show_seat")
    return {
        ticket.booked_seat.show_seat.seat_id: {
            "ticket": ticket.pk,
            "booking": ticket.booking_id,
            "reference": ticket.booking.reference,
            "name": ticket.person_name,
            "ticket_type": ticket.booked_seat.ticket_type,
            "price": formatted(ticket.booked_seat.price, ticket.booking.currency),
            "checked_in": ticket.checked_in_at is not None,
        }
        for ticket in rows
    }


def payload_of(ticket: Ticket) -> str:
    """Return the text of a ticket's QR code."""
    show = ticket.show
    return signing.sign(
        signing.Claims(
            ticket=ticket.pk,
            show=show.pk,
            seat=ticket.seat.pk,
            # A show may start before 1970 by mistake, and payloads have no negative numbers.
            start=max(0, int(show.start_time.timestamp())),
            version=ticket.version,
        )
    )


def states_of_messages(ids: Iterable[int]) -> dict[int, set[tuple[Any, ...]]]:
    """
    Return the facts on which messages depend, to be compared later.

    The first two of each tuple are the state and the attempts of the message.
    """
    found = defaultdict(set)
    for message_id, *facts in _states_of_messages(list(ids)):
        found[message_id].add(tuple(facts))
    return found


@CompiledQuery
def _states_of_messages(ids: list[int]) -> QuerySet[Message]:
    return Message.objects.filter(is_one_of("pk", ids)).order_by().values_list("pk", *_FACTS)


def messages_of_today(message: Message, booking: Booking) -> QuerySet[Message]:
    """
    Select other messages to the same recipient and channel within 24 hours.

    A message that is being sent counts if it was claimed earlier. So the first of several messages
    is not held up by those that wait behind it.
    """
    user, channel = booking.user, message.channel
    earlier = Q(due_at__lt=message.due_at) | Q(due_at=message.due_at, pk__lt=message.pk)
    sent = Message.objects.filter(_sent_today() | Q(earlier, state="sending"), channel=channel)
    sent = sent.exclude(pk=message.pk).exclude(kind__in=Message.TO_STAFF)
    if message.transfer:
        return sent.filter(transfer__email=message.transfer.email)
    sent = sent.filter(transfer=None)
    if channel == Message.Channel.SMS:
        return sent.filter(booking__user__verified_phone=user.verified_phone)
    address = booking.contact_email
    return sent.filter(
        Q(booking__user__email=address)
        | Q(booking__user__contact_email=address, booking__user__is_guest=True)
    )


def mails_of_today(addresses: Collection[str]) -> Counter[str]:
    """
    Count the mails to each address within 24 hours.

    Mails that are being sent count, too. The number may be too high, but not too low.
    """
    mails = Message.objects.filter(
        _sent_today() | Q(state="sending"), channel=Message.Channel.EMAIL, transfer=None
    )
    to_them = Q(booking__user__email__in=addresses) | Q(
        booking__user__contact_email__in=addresses, booking__user__is_guest=True
    )
    rows = mails.filter(to_them).exclude(kind__in=Message.TO_STAFF).order_by()
    counts: Counter[str] = Counter()
    pairs = rows.values_list("booking__user__email", "booking__user__contact_email")
    for email, contact_email, count in pairs.annotate(Count("pk")):
        counts.update(dict.fromkeys({email, contact_email}, count))
    return counts


def _sent_today() -> Q:
    return Q(state="sent", finished_at__gt=Now() - timedelta(days=1))


def is_one_free_mail_too_many(message: Message, booking: Booking) -> bool:
    """
    Tell whether a mail must not be sent to an unconfirmed address.

    Mails about paid bookings are always sent. Others could be used to write to strangers, so an address
    gets a few of them a day. Expects a booking of `bookings_to_write_about`.
    """
    is_known = booking.user.email_verified_at or booking.customer_email  # Typed by staff.
    if message.channel == Message.Channel.SMS or is_known:
        return False
    if booking.is_paid:
        return False
    unpaid = messages_of_today(message, booking).exclude(booking__payments__status__in=_PAID)
    return unpaid.count() >= MAX_FREE_MAILS_A_DAY


def is_one_free_offer_too_many(*, email: str, booking_id: int) -> bool:
    """
    Tell whether this address has had its free offers of today.

    Offers of paid tickets are always sent. Others could be used to write to strangers.
    """
    if Payment.objects.filter(booking=booking_id, status__in=_PAID).exists():
        return False
    today = TicketTransfer.objects.filter(email=email, created_at__gt=Now() - timedelta(days=1))
    unpaid = today.exclude(ticket__booking__payments__status__in=_PAID)
    return unpaid.count() >= MAX_FREE_MAILS_A_DAY


def tickets_of_type(show_id: int, ticket_types: Iterable[str]) -> QuerySet[BookedSeat]:
    """Select lines of these ticket types whose seat is sold or payable."""
    lines = BookedSeat.objects.filter(
        show_seat__show=show_id, show_seat__booking=F("booking"), ticket_type__in=ticket_types
    )
    return lines.exclude(show_seat__status="held", show_seat__held_until__lte=Now())
