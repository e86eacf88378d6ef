"""What can be said about bookings in a query."""

from typing import Self

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

HAS_EXPIRED = Q(status="pending", expires_at__lte=Now())


class BookingQuerySet(LockingQuerySet):
    def past_expiry(self) -> Self:
        """Pending bookings whose time is over and that nobody has tidied yet."""
        return self.filter(HAS_EXPIRED)

    def with_live_status(self) -> Self:
        """Annotate `live_status`: a pending booking past its time has expired, tidied or not."""
        return self.annotate(
            live_status=Case(
                When(HAS_EXPIRED, then=Value("expired")),
                default=F("status"),
                output_field=CharField(),
            )
        )

    def of_live_status(self, status: str) -> Self:
        """Those with this live status, asked of the columns, which have indexes."""
        if status == "expired":
            return self.filter(Q(status="expired") | HAS_EXPIRED)
        if status == "pending":
            return self.filter(status="pending", expires_at__gt=Now())
        return self.filter(status=status)

    def with_amount_refunded(self) -> Self:
        """Annotate `amount_refunded`: what went back, or is on its way back."""
        payments = self.model._meta.get_field("payments").related_model.objects
        total = (
            payments.filter(booking=OuterRef("pk"))
            .order_by()
            .values("booking")
            .annotate(total=Sum("amount_refunded"))
            .values("total")
        )
        return self.annotate(
            amount_refunded=Coalesce(Subquery(total), Value(0), output_field=amount_field())
        )


_OF_TICKET = (
    "booking__user",
    "booking__show__event",
    "booking__show__screen__venue",
    "booked_seat__show_seat__seat__category",
)


class TicketQuerySet(LockingQuerySet):
    def in_force(self) -> Self:
        """Tickets of confirmed bookings: those that were not voided."""
        return self.filter(voided_at=None)

    def unused(self) -> Self:
        """Tickets with which nobody has come in."""
        return self.filter(checked_in_at=None)

    def with_show_and_seat(self) -> Self:
        """With all that a door or a sheet of paper says of them, and the database's `clock`."""
        return self.select_related(*_OF_TICKET).annotate(clock=Now())


class TicketScanQuerySet(models.QuerySet):
    def with_show_and_seat(self) -> Self:
        return self.select_related(*[f"ticket__{path}" for path in _OF_TICKET])


class OutgoingQuerySet(models.QuerySet):
    def due(self) -> Self:
        """What a worker may take now: its time has come, or whoever had it let its lease run out."""
        return self.filter(state__in=["queued", "sending"], due_at__lte=Now())

    def next_due(self) -> Self:
        """The row to take next, locked, less what other workers are taking at this moment."""
        return self.due().select_for_update(skip_locked=True).order_by("due_at", "pk")


class PeriodicJobQuerySet(models.QuerySet):
    def due(self) -> Self:
        """Jobs whose time has come, unless a worker is at it and its lease still runs."""
        free = Q(leased_until=None) | Q(leased_until__lte=Now())
        return self.filter(free, due_at__lte=Now())

    def next_due(self) -> Self:
        return self.due().select_for_update(skip_locked=True).order_by("due_at")
