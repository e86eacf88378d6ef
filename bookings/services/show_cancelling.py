"""
Cancelling a show with all of its bookings, in short transactions.

The show goes off sale first, and its bookings follow in batches. So no request waits long for a seat
of the show. A repeated request, or the periodic job, completes a cancellation that was cut off.
"""

import logging
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now
from django.utils import timezone

from audit.recording import record
from bookings.models import Booking, BookingTransition
from bookings.querysets import HAS_EXPIRED, BookingQuerySet
from bookings.services.outbox import queue_cancelled_bookings, queue_cancelled_show
from bookings.services.owing import give_back
from bookings.services.ticketing import void_tickets
from eventbooking_system.db.contention import left_to_jobs, retried
from eventbooking_system.money import with_currency
from shows.models import Show, ShowSeat
from shows.services import stock
from users.models import User

log = logging.getLogger(__name__)
Status = Booking.Status

BOOKINGS_AT_ONCE = 50
SEATS_AT_ONCE = 500
# Tries of a batch whose seats somebody else has locked, for up to 3 s each time.
TRIES = 3
# Passes over a show's seats. Two are enough, as no seat can be held after the show is off sale.
PASSES = 5
# Cancellations that were cut off are looked for among shows that began after this.
LOOK_BACK = timedelta(days=1)
BLOCK_REASON = "show cancelled"


@dataclass(frozen=True)
class ShowCancellation:
    """The effects of cancelling a show, in numbers."""

    show_id: int
    status: str
    pending_bookings: int
    confirmed_bookings: int
    refund_total: Decimal
    currency: str


def cancel_show(*, show_id: int, cancelled_by: User | None, reason: str = "") -> ShowCancellation:
    """
    Cancel a show with its bookings, which are refunded in full.

    Its seats go off sale. The reason is kept with the show, in one line, and told to its customers.
    Safe to repeat: a cancelled show keeps its reason, and what an earlier call left undone is done.
    """
    cancellation = _take_off_sale(show_id, in_one_line(reason))
    finish_show_cancellation(show_id=show_id, cancelled_by=cancelled_by)
    return cancellation


def preview_cancellation(*, show_id: int) -> ShowCancellation:
    """Return what `cancel_show` would do now; nothing is changed."""
    return _tally(Show.objects.get(pk=show_id))


def finish_show_cancellation(*, show_id: int, cancelled_by: User | None) -> bool:
    """
    Cancel the bookings of a cancelled show, and block its seats. Return whether all is done.

    Bookings that others keep locked for long are left to the next call.
    """
    with left_to_jobs():
        for _ in range(PASSES):
            while retried(_cancel_batch, show_id, cancelled_by, tries=TRIES):
                pass
            if _block_seats(show_id):
                return True
    log.warning("show not cancelled to the end", extra={"show": show_id})
    return False


def unfinished_show_cancellations() -> list[int]:
    """Return the ids of cancelled shows that still have live bookings."""
    live = _live_bookings().filter(show=OuterRef("pk"))
    shows = Show.objects.filter(
        Exists(live), start_time__gt=timezone.now() - LOOK_BACK, status=Show.Status.CANCELLED
    )
    return list(shows.values_list("pk", flat=True))


def in_one_line(text: str) -> str:
    """Return a text without line breaks and other control characters."""
    letters = (" " if unicodedata.category(letter) == "Cc" else letter for letter in text)
    return " ".join("".join(letters).split())


@transaction.atomic(durable=True)
def _take_off_sale(show_id: int, reason: str) -> ShowCancellation:
    """
    Cancel a show's row. Return the effects that its bookings still need.

    A hold reads the show once it has locked its seats. So a hold that locks a seat after this commit
    is refused, and the batches find the booking of a hold that locked it before.
    """
    show = Show.objects.locked().annotate(clock=Now()).get(pk=show_id)
    if show.status != Show.Status.CANCELLED:
        show.status, show.cancelled_at, show.cancel_reason = (
            Show.Status.CANCELLED,
            show.clock,
            reason,
        )
        show.save(update_fields=["status", "cancelled_at", "cancel_reason"])
        queue_cancelled_show(show)
        cancelled = _tally(show)
        changes = {
            "status": [Show.Status.SCHEDULED, Show.Status.CANCELLED],
            "bookings": cancelled.pending_bookings + cancelled.confirmed_bookings,
            "refund_total": with_currency(cancelled.refund_total, show.currency),
        }
        record("shows.cancel", show, changes=changes)
    return _tally(show)


@transaction.atomic(durable=True)
def _cancel_batch(show_id: int, by: User | None) -> int:
    """Cancel and refund the next bookings of a cancelled show. Return their number."""
    show = Show.objects.get(pk=show_id)
    live = _live_bookings().filter(show=show)
    ids = list(live.order_by("pk").values_list("pk", flat=True)[:BOOKINGS_AT_ONCE])
    list(ShowSeat.objects.filter(booking__in=ids).locked().values_list("pk"))
    # Read again under the locks, because some may have been paid, cancelled or expired since.
    rows = live.filter(pk__in=ids).select_related("user").annotate(clock=Now()).locked()
    bookings = list(rows)
    if not bookings:
        return 0
    ids = [booking.pk for booking in bookings]
    seats = ShowSeat.objects.filter(booking__in=ids)
    paid = [booking for booking in bookings if booking.status == Status.CONFIRMED]
    given_back = give_back(paid, reason="show cancelled")
    stock.block(seats, show_id=show.pk, count=seats.count(), reason=BLOCK_REASON, cancelled=ids)
    at = bookings[0].clock
    void_tickets(bookings, at=at)
    _note_cancellations(bookings, at=at, by=by, reason=show.cancel_reason or "show cancelled")
    queue_cancelled_bookings(bookings, given_back=given_back)
    return len(bookings)


def _block_seats(show_id: int) -> bool:
    """Block the seats that no booking has. Return whether no other seat is left."""
    is_done, after = True, 0
    while batch := retried(_block_batch, show_id, after, tries=TRIES):
        after, all_blocked = batch
        is_done = is_done and all_blocked
    return is_done


@transaction.atomic(durable=True)
def _block_batch(show_id: int, after: int) -> tuple[int, bool] | None:
    """Block the free seats among the next ones. Return the last one's key, and whether all were."""
    seats = ShowSeat.objects.filter(show=show_id, pk__gt=after).exclude(
        status=ShowSeat.Status.BLOCKED, released_at=None
    )
    ids = list(seats.order_by("pk").values_list("pk", flat=True)[:SEATS_AT_ONCE])
    if not ids:
        return None
    locked = list(ShowSeat.objects.filter(pk__in=ids).with_is_free().locked())
    blocked = [seat.pk for seat in locked if seat.is_free or seat.status == ShowSeat.Status.BLOCKED]
    stock.block(
        ShowSeat.objects.filter(pk__in=blocked),
        show_id=show_id,
        count=len(blocked),
        reason=BLOCK_REASON,
    )
    return ids[-1], len(blocked) == len(ids)


def _live_bookings() -> BookingQuerySet:
    live = Booking.objects.filter(status__in=[Status.PENDING, Status.CONFIRMED])
    return live.exclude(HAS_EXPIRED)


def _note_cancellations(
    bookings: Sequence[Booking], *, at: datetime, by: User | None, reason: str
) -> None:
    Booking.objects.filter(pk__in=[booking.pk for booking in bookings]).update(
        status=Status.CANCELLED
    )
    BookingTransition.objects.bulk_create(
        BookingTransition(
            booking=booking,
            from_status=booking.status,
            to_status=Status.CANCELLED,
            at=at,
            by=by,
            reason=reason,
        )
        for booking in bookings
    )


def _tally(show: Show) -> ShowCancellation:
    """Count a show's live bookings, and the money still to go back."""
    bookings = list(_live_bookings().filter(show=show).with_amount_left())
    paid = [booking for booking in bookings if booking.status == Status.CONFIRMED]
    return ShowCancellation(
        show_id=show.pk,
        status=show.status,
        pending_bookings=len(bookings) - len(paid),
        confirmed_bookings=len(paid),
        refund_total=sum((_sent_back(booking) for booking in paid), Decimal(0)),
        currency=show.currency,
    )


def _sent_back(booking: Booking) -> Decimal:
    """Return what is left of a booking's money without what disputes took."""
    return max(Decimal(0), booking.amount_left - booking.amount_lost)
