"""The query sets of bookings, tickets, outgoing messages and jobs."""

from datetime import timedelta
from typing import Any, Self

from django.db import models
from django.db.models import (
    Case,
    CharField,
    F,
    OuterRef,
    Q,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Now

from eventbooking_system.db.querysets import LockingQuerySet
from eventbooking_system.money import amount_field

# How long after the show the links in its mails open their booking.
LINK_LIVES = timedelta(days=90)
# The kinds of ledger entries that are movements of money.
MONEY_KINDS = ("captured", "refunded", "came_back", "credit")
HAS_EXPIRED = Q(status="pending", expires_at__lte=Now())


class BookingQuerySet(LockingQuerySet):
    def past_expiry(self) -> Self:
        """Select pending bookings whose time to pay is over."""
        return self.filter(HAS_EXPIRED)

    def with_live_status(self) -> Self:
        """Annotate `live_status`, in which an overdue pending booking counts as expired."""
        return self.annotate(
            live_status=Case(
                When(HAS_EXPIRED, then=Value("expired")),
                default=F("status"),
                output_field=CharField(),
            )
        )

    def of_live_status(self, status: str) -> Self:
        """Filter by live status, with conditions that can use indexes."""
        if status == "expired":
            return self.filter(Q(status="expired") | HAS_EXPIRED)
        if status == "pending":
            return self.filter(status="pending", expires_at__gt=Now())
        return self.filter(status=status)

    def with_amount_refunded(self) -> Self:
        """Annotate `amount_refunded`, the total of refunds sent or under way."""
        return self.annotate(amount_refunded=self._sum_of("refunds"))

    def with_amount_left(self) -> Self:
        """
        Annotate `amount_left`: a booking's money less refunds sent or under way.

        The ledger also says what an exchange moved from one booking to another. `amount_lost` is
        the part that disputes took, and that the customer has already.
        """
        money = self._sum_of("ledger_entries", kind__in=MONEY_KINDS)
        under_way = self._sum_of("refunds", ~Q(status="succeeded"))
        lost = self._sum_of("payments", column="amount_lost", status="succeeded")
        return self.annotate(amount_left=money - under_way, amount_lost=lost)

    def _sum_of(
        self, related: str, *conditions: Q, column: str = "amount", **lookups: Any
    ) -> Coalesce:
        rows = self.model._meta.get_field(related).related_model.objects
        rows = rows.filter(*conditions, booking=OuterRef("pk"), **lookups)
        summed = Subquery(rows.order_by().values("booking").annotate(sum=Sum(column)).values("sum"))
        return Coalesce(summed, Value(0), output_field=amount_field())


class BookedSeatQuerySet(models.QuerySet):
    def active(self) -> Self:
        """Select lines that were neither given back nor exchanged."""
        return self.filter(cancelled_at=None)


_OF_TICKET = (
    "booking__user",
    "booking__show__event",
    "booking__show__screen__venue",
    "booked_seat__show_seat__seat__category",
)


class TicketQuerySet(LockingQuerySet):
    def in_force(self) -> Self:
        """Select tickets that were not voided."""
        return self.filter(voided_at=None)

    def unused(self) -> Self:
        """Select tickets that have not been checked in."""
        return self.filter(checked_in_at=None)

    def kept(self) -> Self:
        """Select tickets that their customer has not passed on."""
        return self.filter(holder=None)

    def with_show_and_seat(self) -> Self:
        """
        Join the rows that check-in and printing need.

        The database's time is annotated as `clock`.
        """
        return self.select_related(*_OF_TICKET).annotate(clock=Now())


class TicketScanQuerySet(models.QuerySet):
    def with_show_and_seat(self) -> Self:
        return self.select_related(*[f"ticket__{path}" for path in _OF_TICKET])


class BookingLinkQuerySet(models.QuerySet):
    def live(self) -> Self:
        """
        Select links that open their booking.

        They are not revoked, and it is within 90 days after the show.
        """
        return self.filter(
            revoked_at=None,
            booking__user__erased_at=None,
            booking__show__end_time__gt=Now() - LINK_LIVES,
        )

    def outlived(self) -> Self:
        """Select links of shows that ended too long ago."""
        return self.filter(booking__show__end_time__lte=Now() - LINK_LIVES)

    def revoke(self) -> int:
        """Let these links open nothing any more."""
        return self.filter(revoked_at=None).update(revoked_at=Now())


class TransferQuerySet(models.QuerySet):
    def pending(self) -> Self:
        """Select offers that are neither accepted nor withdrawn, even past their time."""
        return self.filter(accepted_at=None, revoked_at=None)

    def held(self) -> Self:
        """Select the transfers by which somebody holds a ticket now."""
        return self.filter(accepted_at__isnull=False, revoked_at=None)

    def with_state(self) -> Self:
        """Annotate `state`. An offer that nobody can accept any more is `expired`."""
        is_open = Q(
            ticket__voided_at=None,
            ticket__checked_in_at=None,
            ticket__booking__status="confirmed",
            ticket__booking__show__status="scheduled",
            ticket__booking__show__start_time__gt=Now(),
        )
        is_accepted = Q(accepted_at__isnull=False)
        return self.annotate(
            state=Case(
                When(is_accepted & Q(revoked_at=None), then=Value("accepted")),
                When(is_accepted, then=Value("ended")),
                When(revoked_at__isnull=False, then=Value("withdrawn")),
                When(is_open, then=Value("pending")),
                default=Value("expired"),
                output_field=CharField(),
            )
        )


class DisputeQuerySet(models.QuerySet):
    def in_progress(self) -> Self:
        """Select disputes that are not closed."""
        return self.filter(closed_at=None)

    def holding_refunds(self) -> Self:
        """Select disputes while which no refund of their payment is sent."""
        return self.filter(state__in=self.model.HOLDS_REFUNDS)


class OutgoingQuerySet(models.QuerySet):
    def due(self) -> Self:
        """Select due rows, and rows whose lease has ended."""
        return self.filter(state__in=["queued", "sending"], due_at__lte=Now())

    def next_due(self) -> Self:
        """Lock the due rows in order, skipping rows that are locked."""
        return self.due().select_for_update(skip_locked=True).order_by("due_at", "pk")


class PeriodicJobQuerySet(models.QuerySet):
    def due(self) -> Self:
        """Select due jobs that no worker has a lease of."""
        free = Q(leased_until=None) | Q(leased_until__lte=Now())
        return self.filter(free, due_at__lte=Now())

    def next_due(self) -> Self:
        return self.due().select_for_update(skip_locked=True).order_by("due_at")
