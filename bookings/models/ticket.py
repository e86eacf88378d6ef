"""Tickets, and the scans of them at the door."""

import uuid

from django.db import models
from django.db.models import Q

from bookings.querysets import TicketQuerySet, TicketScanQuerySet


class Ticket(models.Model):
    """
    The right to a seat of a confirmed booking.

    Issuing a ticket again changes `version` and `code`, and the door refuses the earlier ones. The
    payload of the QR code is not stored but signed for each request.
    """

    booking = models.ForeignKey(
        "bookings.Booking", on_delete=models.PROTECT, related_name="tickets"
    )
    booked_seat = models.OneToOneField(
        "bookings.BookedSeat", on_delete=models.PROTECT, related_name="ticket"
    )
    code = models.CharField(
        max_length=11, unique=True, help_text="The code for people, such as K7Q-F2M-XD4."
    )
    version = models.PositiveSmallIntegerField(default=1)
    issued_at = models.DateTimeField(help_text="When this version of the ticket was issued.")
    voided_at = models.DateTimeField(
        null=True, blank=True, help_text="When the booking was cancelled."
    )
    checked_in_at = models.DateTimeField(null=True, blank=True)
    holder_name = models.CharField(
        max_length=200, blank=True, default="", db_default="",
        help_text="The person who accepted the ticket from the customer.",
    )  # fmt: skip

    holder = models.ForeignKey(
        "users.User", null=True, blank=True, on_delete=models.PROTECT, related_name="held_tickets",
        db_index=False, help_text="The account or guest who accepted it.",
    )  # fmt: skip

    objects = TicketQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(
                fields=["holder", "-id"],
                condition=Q(holder__isnull=False),
                name="bookings_ticket_of_holder",
            )
        ]
        permissions = [
            ("check_in_ticket", "Can check in tickets and find them at the door"),
            ("undo_check_in", "Can undo a check-in"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(version__gte=1), name="bookings_ticket_version_positive"
            )
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def owner_id(self) -> int:
        """The user who may show and pass on the ticket. It is the holder, otherwise the payer."""
        return self.holder_id or self.booking.user_id

    @property
    def person_name(self) -> str:
        """The name of the person who may show the ticket."""
        return self.holder_name or self.booking.contact_name

    @property
    def show(self) -> models.Model:
        return self.booking.show

    @property
    def seat(self) -> models.Model:
        return self.booked_seat.show_seat.seat


class TicketScan(models.Model):
    """
    A scan of a ticket at the door, with its outcome.

    Rows are only appended; PostgreSQL refuses to change or delete them. A text that is not
    one of our tickets is not recorded.
    """

    class Outcome(models.TextChoices):
        ADMITTED = "admitted"
        ALREADY_CHECKED_IN = "already_checked_in"
        TICKET_NOT_VALID = "ticket_not_valid"
        UNDONE = "undone"

    ticket = models.ForeignKey("bookings.Ticket", on_delete=models.PROTECT, related_name="scans")
    scan_id = models.UUIDField(
        default=uuid.uuid4,
        unique=True,
        help_text="The scanner's own id. A scan that is sent again counts once.",
    )
    outcome = models.CharField(max_length=18, choices=Outcome)
    reason = models.CharField(max_length=14, blank=True)
    scanned_at = models.DateTimeField()
    recorded_at = models.DateTimeField(
        help_text="When the server got the scan. Scans of an offline scanner arrive later."
    )
    checked_in_at = models.DateTimeField(
        null=True, help_text="When the ticket was checked in, as known at the time of the scan."
    )
    by = models.ForeignKey("users.User", on_delete=models.PROTECT, related_name="+")

    objects = TicketScanQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.outcome}"
