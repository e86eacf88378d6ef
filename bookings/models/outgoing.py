"""Messages to customers, events for partners, and the periodic jobs."""

import uuid

from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q

from bookings.querysets import OutgoingQuerySet, PeriodicJobQuerySet
from users.mails import MailKind

UNDER_WAY = Q(state__in=["queued", "sending"])
DEAD = Q(state="dead")


class Outgoing(models.Model):
    """
    An outgoing message, written in the transaction of its cause.

    A worker sends it. A worker may claim the row from `due_at` on. For a queued row that is the
    time of the next attempt. For a row that is being sent it is the end of the lease, so that the
    row of a killed worker is sent again. The dedupe key keeps a repeated cause from adding a second
    row. A dead row waits for staff.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        SENDING = "sending"
        SENT = "sent"
        DROPPED = "dropped"
        DEAD = "dead"

    dedupe_key = models.CharField(max_length=150, unique=True)
    state = models.CharField(max_length=7, choices=State, default=State.QUEUED)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    give_up_at = models.DateTimeField(help_text="A failure after this is the last one.")
    last_error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = OutgoingQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["-pk"]


class Message(Outgoing):
    """
    A message to the customer of a booking.

    The address and the language are read when it is sent, so the row holds no personal data that
    would outlive an erased account.
    """

    class Kind(models.TextChoices):
        CONFIRMED = "confirmed"
        RESERVED = "reserved"
        PAYMENT_FAILED = "payment_failed"
        PAYMENT_RETURNED = "payment_returned"
        REMINDER_24H = "reminder_24h"
        REMINDER_2H = "reminder_2h"
        SHOW_CHANGED = "show_changed"
        SHOW_CANCELLED = "show_cancelled"
        CANCELLED = "cancelled"
        PART_CANCELLED = "part_cancelled"
        EXCHANGED = "exchanged"
        SENT_AGAIN = "sent_again"
        DISPUTE = "dispute"
        RESEATED = "reseated"
        TRANSFER_OFFERED = "transfer_offered"
        TICKET_RECEIVED = "ticket_received"
        TICKET_PASSED_ON = "ticket_passed_on"
        TICKET_ENDED = "ticket_ended"
        REISSUED = "reissued"
        REFUNDED = "refunded"
        EXPIRED = "expired"

    # Kinds that are sent to the staff's address, not to the customer.
    TO_STAFF = (Kind.DISPUTE,)

    class Channel(models.TextChoices):
        EMAIL = "email"
        SMS = "sms"

    booking = models.ForeignKey(
        "bookings.Booking", on_delete=models.PROTECT, related_name="messages"
    )
    transfer = models.ForeignKey(
        "bookings.TicketTransfer", null=True, blank=True, on_delete=models.PROTECT,
        related_name="messages", db_index=False,
        help_text="If set, the message is sent to the address of the transfer.",
    )  # fmt: skip
    kind = models.CharField(max_length=16, choices=Kind)
    channel = models.CharField(max_length=5, choices=Channel)
    facts = models.JSONField(default=dict, help_text="Facts of the message that no other row has.")

    class Meta(Outgoing.Meta):
        indexes = [
            models.Index(fields=["due_at"], condition=UNDER_WAY, name="bookings_message_due"),
            models.Index(fields=["state"], condition=DEAD, name="bookings_message_dead"),
            models.Index(
                fields=["transfer"],
                condition=Q(transfer__isnull=False),
                name="bookings_message_of_transfer",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} by {self.channel}"


class AccountMail(Outgoing):
    """
    A mail about an account, which may have no booking.

    The text and its link are made when the mail is sent, so the row has no token. `to` is empty if
    the mail goes to the account's address, and once the mail was sent.
    """

    user = models.ForeignKey("users.User", on_delete=models.CASCADE, related_name="account_mails")
    kind = models.CharField(max_length=16, choices=MailKind)
    to = models.EmailField(blank=True)
    facts = models.JSONField(default=dict)

    class Meta(Outgoing.Meta):
        indexes = [
            models.Index(fields=["due_at"], condition=UNDER_WAY, name="bookings_accountmail_due"),
            models.Index(fields=["state"], condition=DEAD, name="bookings_accountmail_dead"),
        ]

    def __str__(self) -> str:
        return self.kind


class WebhookSubscription(models.Model):
    """A partner's URL that receives chosen events, signed with a shared secret."""

    class Event(models.TextChoices):
        BOOKING_CONFIRMED = "booking.confirmed"
        BOOKING_CANCELLED = "booking.cancelled"
        BOOKING_EXCHANGED = "booking.exchanged"
        SHOW_CANCELLED = "show.cancelled"
        SHOW_CHANGED = "show.changed"
        TICKET_CHECKED_IN = "ticket.checked_in"
        TICKET_REISSUED = "ticket.reissued"
        TICKET_TRANSFERRED = "ticket.transferred"
        REFUND_SUCCEEDED = "refund.succeeded"
        SHOW_CREATED = "show.created"
        BOOKING_EXPIRED = "booking.expired"

    name = models.CharField(max_length=100)
    url = models.CharField(
        max_length=500, validators=[URLValidator(schemes=["https", "http"])],
        help_text="https://…; plain http only where settings allow internal addresses.",
    )  # fmt: skip
    events = models.JSONField(help_text="The events that the partner receives.")
    secret = models.CharField(
        max_length=100, help_text="The signing secret of Standard Webhooks, whsec_…."
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class WebhookDelivery(Outgoing):
    """An event for one subscription, with its body and the answer's status."""

    subscription = models.ForeignKey(
        "bookings.WebhookSubscription", on_delete=models.PROTECT, related_name="deliveries"
    )
    event = models.CharField(max_length=30, choices=WebhookSubscription.Event)
    # The same at every attempt, so that a partner recognises a repeated event.
    webhook_id = models.UUIDField(default=uuid.uuid4, editable=False)
    body = models.TextField()
    response_status = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta(Outgoing.Meta):
        verbose_name_plural = "webhook deliveries"
        indexes = [
            models.Index(fields=["due_at"], condition=UNDER_WAY, name="bookings_delivery_due"),
            models.Index(fields=["state"], condition=DEAD, name="bookings_delivery_dead"),
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.subscription_id}"


class PeriodicJob(models.Model):
    """
    A job that workers run at intervals, one worker at a time.

    `leased_until` is set while a worker runs it. `runs` counts the starts, and identifies a run.
    """

    name = models.CharField(max_length=50, primary_key=True)
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True, blank=True)
    runs = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    succeeded_at = models.DateTimeField(
        null=True, blank=True, help_text="The start of the last successful run."
    )
    last_error = models.CharField(max_length=500, blank=True)

    objects = PeriodicJobQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
