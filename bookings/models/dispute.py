"""Disputes: payments that a customer's bank takes back."""

from django.db import models
from django.db.models import Q

from bookings.querysets import DisputeQuerySet
from eventbooking_system.money import amount_field, with_currency


class Dispute(models.Model):
    """
    A payment that the customer disputes at their bank.

    `inquiry`: the bank only asks, and no money has moved. `needs_response`: staff must send evidence
    to the provider by `evidence_due_at`. `under_review`: the bank decides. The states `won`, `lost`
    and `inquiry_closed` are final. While the money is in dispute, no refund of the payment
    is sent. Every change of a row expects the lock of its payment.
    """

    class State(models.TextChoices):
        INQUIRY = "inquiry"
        INQUIRY_CLOSED = "inquiry_closed"
        NEEDS_RESPONSE = "needs_response"
        UNDER_REVIEW = "under_review"
        WON = "won"
        LOST = "lost"

    CLOSED = (State.INQUIRY_CLOSED, State.WON, State.LOST)
    # Refunds wait in these states. An inquiry may be answered by a refund, and takes no money.
    HOLDS_REFUNDS = (State.NEEDS_RESPONSE, State.UNDER_REVIEW)

    payment = models.ForeignKey(
        "bookings.Payment", on_delete=models.PROTECT, related_name="disputes"
    )
    provider_id = models.CharField(max_length=255)
    state = models.CharField(max_length=14, choices=State)
    reason = models.CharField(max_length=100, blank=True)
    amount = amount_field()
    currency = models.CharField(max_length=3)
    evidence_due_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(help_text="When the dispute began at the provider.")
    closed_at = models.DateTimeField(
        null=True, blank=True, help_text="When this system learned of the end."
    )

    objects = DisputeQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider_id"], name="bookings_dispute_unique_provider_id"
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="bookings_dispute_amount_positive"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["inquiry_closed", "won", "lost"], closed_at__isnull=False)
                | Q(state__in=["inquiry", "needs_response", "under_review"], closed_at=None),
                name="bookings_dispute_closed_has_a_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["evidence_due_at"],
                condition=Q(closed_at=None),
                name="bookings_dispute_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.provider_id}, {with_currency(self.amount, self.currency)}"
