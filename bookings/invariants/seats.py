"""The invariants of seats, their bookings and their tickets."""

from collections.abc import Iterator

from django.db.models import BigIntegerField, Count, Exists, F, Max, Min, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Now

from bookings.models import BookedSeat, Ticket, TicketTransfer
from shows.models import Show, ShowPrice, ShowSeat

# The lines of a live booking that were not given back.
_KEPT = Q(booking__status="confirmed", cancelled_at=None)
_LIVE = _KEPT | Q(booking__status="pending", booking__expires_at__gt=Now(), cancelled_at=None)


def a_seat_has_one_live_booking() -> Iterator[str]:
    sold_twice = (
        BookedSeat.objects.filter(_LIVE)
        .values("show_seat__show", "show_seat__seat")
        .annotate(bookings=Count("booking", distinct=True))
        .filter(bookings__gt=1)
    )
    for row in sold_twice.order_by():
        yield (
            f"seat {row['show_seat__seat']} of show {row['show_seat__show']}: "
            f"{row['bookings']} live bookings"
        )


def live_bookings_have_their_seats() -> Iterator[str]:
    lines = BookedSeat.objects.filter(_LIVE).annotate(
        has=F("show_seat__booking"), seat_status=F("show_seat__status")
    )
    right = Q(booking__status="confirmed", seat_status="booked") | Q(
        booking__status="pending", seat_status="held"
    )
    for line in lines.exclude(right & Q(has=F("booking"))):
        yield f"booking {line.booking_id}: its seat {line.show_seat_id} is not its own"
    for seat in ShowSeat.objects.filter(status="booked").exclude(booking__status="confirmed"):
        yield f"seat {seat.pk} is booked by booking {seat.booking_id}, which is not confirmed"
    lines_of_owner = BookedSeat.objects.active().filter(
        booking=OuterRef("booking"), show_seat=OuterRef("pk")
    )
    taken = ShowSeat.objects.filter(booking__isnull=False)
    for seat in taken.annotate(line=Subquery(lines_of_owner.values("pk")[:1])).filter(line=None):
        yield f"seat {seat.pk} has booking {seat.booking_id}, which has no line for it"


def no_hold_outlives_its_booking() -> Iterator[str]:
    holds = ShowSeat.objects.filter(status="held", held_until__gt=Now())
    for seat in holds.exclude(booking__status="pending", booking__expires_at__gte=F("held_until")):
        yield f"seat {seat.pk} is held past the end of booking {seat.booking_id}"


def confirmed_seats_have_a_ticket() -> Iterator[str]:
    """Check that exactly the seats of confirmed bookings have a valid ticket."""
    lines = BookedSeat.objects.filter(_KEPT)
    for line in lines.exclude(ticket__in=Ticket.objects.in_force()):
        yield f"booking {line.booking_id}: its seat {line.show_seat_id} has no ticket"
    for ticket in Ticket.objects.in_force().exclude(booking__status="confirmed"):
        yield f"ticket {ticket.pk} is in force, and booking {ticket.booking_id} is not confirmed"
    for ticket in Ticket.objects.in_force().exclude(booked_seat__cancelled_at=None):
        yield f"ticket {ticket.pk} is in force, and its line was given back"
    for ticket in Ticket.objects.exclude(booking=F("booked_seat__booking")):
        yield f"ticket {ticket.pk} is of booking {ticket.booking_id}, and its seat is of another"


def a_ticket_has_one_holder() -> Iterator[str]:
    """Check that the last person who accepted a ticket holds it."""
    held = TicketTransfer.objects.held().filter(ticket=OuterRef("pk")).values("holder_id")
    of_user = {"output_field": BigIntegerField()}
    tickets = Ticket.objects.in_force().annotate(
        accepted_by=Coalesce(Subquery(held[:1]), 0, **of_user),
        held_by=Coalesce("holder_id", 0, **of_user),
    )
    for ticket in tickets.exclude(accepted_by=F("held_by")):
        yield (
            f"ticket {ticket.pk} is held by user {ticket.held_by}, "
            f"but user {ticket.accepted_by} accepted it"
        )
    open_ones = TicketTransfer.objects.filter(revoked_at=None)
    for transfer in open_ones.exclude(ticket__voided_at=None):
        yield f"transfer {transfer.pk} is open, and its ticket {transfer.ticket_id} is void"


def shows_know_what_lists_ask_for() -> Iterator[str]:
    """Check the columns of shows that repeat facts for lists."""
    prices = ShowPrice.objects.filter(show=OuterRef("pk")).order_by().values("show")
    ranges = Show.objects.annotate(
        lowest=Subquery(prices.annotate(amount=Min("amount")).values("amount")),
        highest=Subquery(prices.annotate(amount=Max("amount")).values("amount")),
    )
    for show in ranges.exclude(lowest=F("lowest_price"), highest=F("highest_price")):
        yield (
            f"show {show.pk} stores the price range {show.lowest_price} to {show.highest_price}, "
            f"but its prices are {show.lowest} to {show.highest}"
        )
    to_come = Show.objects.filter(status="scheduled", end_time__gt=Now())
    last = ShowSeat.objects.filter(sells_last_until=OuterRef("end_time"), show=OuterRef("pk"))
    for show in to_come.exclude(Exists(last)):
        yield f"show {show.pk} has no seat that sells last until its end"


def reseated_lines_follow_each_other() -> Iterator[str]:
    """Check the lines that replace others after staff changed seats."""
    lines = BookedSeat.objects.filter(replaces__booking=F("booking"))
    right = Q(replaces__cancelled_at__isnull=False) & Q(price__lte=F("replaces__price"))
    for line in lines.exclude(right & Q(show_seat__show=F("replaces__show_seat__show"))):
        yield f"line {line.pk} replaces line {line.replaces_id}, which is active, cheaper or elsewhere"
    replaced_twice = lines.values("replaces").annotate(count=Count("pk")).filter(count__gt=1)
    for row in replaced_twice.order_by():
        yield f"line {row['replaces']} is replaced by {row['count']} lines"
    for ticket in Ticket.objects.filter(booked_seat__replacements__booking=F("booking")):
        yield f"ticket {ticket.pk} is of line {ticket.booked_seat_id}, which was replaced"
