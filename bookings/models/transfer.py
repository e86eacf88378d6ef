"""Tickets that their holders pass on to somebody else."""

from django.db import models
from django.db.models import Q

from bookings.querysets import TransferQuerySet


class TicketTransfer(models.Model):
    """
    An offer of a ticket to an address, and its acceptance.

    `pending` until it is accepted or revoked: then the sender's ticket is still valid. From its
    acceptance to its end the recipient holds the ticket. Only the digest of the mailed token is
    stored. Every change of a row expects the lock of its ticket.
    """

    ticket = models.ForeignKey(
        "bookings.Ticket", on_delete=models.PROTECT, related_name="transfers"
    )
    sender = models.ForeignKey(
        "users.User", on_delete=models.PROTECT, related_name="+", db_index=False,
        help_text="The person who held the ticket before.",
    )  # fmt: skip
    email = models.EmailField(blank=True, help_text="Empty once it was erased.")
    message = models.CharField(max_length=500, blank=True)
    token_hash = models.CharField(max_length=64, blank=True, editable=False)
    holder = models.ForeignKey(
        "users.User", null=True, blank=True, on_delete=models.PROTECT, related_name="transfers"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(
        null=True, blank=True, help_text="When the offer, or the holding of the ticket, ended."
    )

    objects = TransferQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["token_hash"],
                condition=~Q(token_hash=""),
                name="bookings_tickettransfer_unique_token",
            ),
            models.UniqueConstraint(
                fields=["ticket"],
                condition=Q(accepted_at=None, revoked_at=None),
                name="bookings_tickettransfer_one_pending",
            ),
            models.UniqueConstraint(
                fields=["ticket"],
                condition=Q(accepted_at__isnull=False, revoked_at=None),
                name="bookings_tickettransfer_one_holder",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None, holder=None)
                | Q(accepted_at__isnull=False, holder__isnull=False),
                name="bookings_tickettransfer_accepted_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"transfer {self.pk} of ticket {self.ticket_id}"

    @property
    def booking(self) -> models.Model:
        return self.ticket.booking
