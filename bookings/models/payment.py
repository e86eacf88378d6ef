"""Payments, refunds, the events of providers, and the ledger."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from bookings.querysets import MONEY_KINDS
from eventbooking_system.db.querysets import LockingQuerySet
from eventbooking_system.money import amount_field, formatted, with_currency


class Payment(models.Model):
    """
    One attempt to pay for a booking.

    `processing`: stored, and the provider is being asked. At most one attempt of a booking is
    open (processing or requires_action) at a time.
    """

    class Status(models.TextChoices):
        PROCESSING = "processing"
        REQUIRES_ACTION = "requires_action"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        REFUNDED = "refunded"

    OPEN = (Status.PROCESSING, Status.REQUIRES_ACTION)
    # The providers of payments that staff take. No gateway has these names.
    COUNTER = ("cash", "card_terminal", "bank_transfer")

    booking = models.ForeignKey(
        "bookings.Booking", on_delete=models.PROTECT, related_name="payments", db_index=False
    )
    attempt = models.PositiveSmallIntegerField()
    provider = models.CharField(max_length=20)
    provider_id = models.CharField(max_length=255, blank=True)
    payment_method = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=15, choices=Status, default=Status.PROCESSING)
    amount = amount_field()
    currency = models.CharField(max_length=3)
    client_secret = models.CharField(max_length=255, blank=True)
    action_url = models.CharField(max_length=500, blank=True)
    failure = models.CharField(max_length=300, blank=True)
    amount_refunded = amount_field(
        default=0, help_text="The sum of the refunds that were sent or are being sent."
    )
    amount_lost = amount_field(
        default=0, db_default=0,
        help_text="The amount that lost disputes took, apart from settled refunds.",
    )  # fmt: skip
    reported_status = models.CharField(
        max_length=15, blank=True, default="", db_default="",
        help_text="The provider's answer, until it is recorded with the booking.",
    )  # fmt: skip
    asked_until = models.DateTimeField(
        null=True, blank=True, help_text="Until when no other request may ask the provider."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = LockingQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_refunded__gte=0, amount_refunded__lte=F("amount")),
                name="bookings_payment_refunds_within_amount",
            ),
            models.CheckConstraint(
                condition=Q(amount_lost__gte=0, amount_lost__lte=F("amount")),
                name="bookings_payment_losses_within_amount",
            ),
            models.UniqueConstraint(
                fields=["booking", "attempt"], name="bookings_payment_unique_attempt"
            ),
            models.UniqueConstraint(
                fields=["booking"],
                condition=Q(status__in=["processing", "requires_action"]),
                name="bookings_payment_one_open",
            ),
            models.UniqueConstraint(
                fields=["provider", "provider_id"],
                condition=~Q(provider_id=""),
                name="bookings_payment_unique_provider_id",
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="bookings_payment_amount_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{with_currency(self.amount, self.currency)}, {self.status}"

    @property
    def amount_left(self) -> Decimal:
        """The amount less the refunds sent or under way."""
        return self.amount - self.amount_refunded

    @property
    def idempotency_key(self) -> str:
        """The attempt's key at the provider, the same after a crash."""
        return f"{self.booking_id}:{self.attempt}"


class Refund(models.Model):
    """
    Money that is sent back to a customer.

    The row is stored before the provider is asked. A pending refund is sent at growing intervals
    until the provider accepts it. After `MAX_TRIES` it has failed. The money is still owed, and
    staff must act. A refund that succeeded can come back if the customer's bank does not accept it.
    Then it is owed again and sent as a new request. A refund is settled, and never sent, once the
    customer has got its amount by a dispute. Until `asked_until` the provider may have a request of it,
    so its amount and its key do not change.
    """

    MAX_TRIES = 10
    # The reason of a refund that was made at the provider itself.
    OUTSIDE = "refunded at the provider"
    # Reasons that this system writes. All others are the words of people.
    OTHER_SEAT = "another seat costs less"
    SYSTEM_REASONS = ("", "booking cancelled", "show cancelled", OUTSIDE, OTHER_SEAT)
    PAID_WHEN = "paid when "

    class Status(models.TextChoices):
        PENDING = "pending"
        SUCCEEDED = "succeeded"
        FAILED = "failed"
        SETTLED = "settled"

    # The money is still owed to the customer.
    OWED = (Status.PENDING, Status.FAILED)

    booking = models.ForeignKey(
        "bookings.Booking", on_delete=models.PROTECT, related_name="refunds"
    )
    payment = models.ForeignKey(
        "bookings.Payment", on_delete=models.PROTECT, related_name="refunds"
    )
    status = models.CharField(max_length=9, choices=Status, default=Status.PENDING)
    amount = amount_field()
    reason = models.CharField(max_length=500, blank=True)
    provider_id = models.CharField(max_length=255, blank=True)
    failure = models.CharField(max_length=300, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    refusals = models.PositiveSmallIntegerField(
        default=0,
        help_text="The number of tries that the provider refused. The next try is a new request.",
    )
    came_back = models.PositiveSmallIntegerField(
        default=0, help_text="How often the bank sent the money back."
    )
    next_try_at = models.DateTimeField(null=True, blank=True)
    asked_until = models.DateTimeField(
        null=True, blank=True, editable=False,
        help_text="Set while the provider may have the refund. Until then it is not looked up.",
    )  # fmt: skip
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = LockingQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="bookings_refund_amount_positive"
            )
        ]
        indexes = [
            models.Index(
                fields=["status"],
                condition=~Q(status="succeeded"),
                name="bookings_refund_on_its_way",
            )
        ]

    def __str__(self) -> str:
        return f"{formatted(self.amount, self.payment.currency)}, {self.status}"


class LedgerEntry(models.Model):
    """
    A movement of money, or of an amount owed.

    Rows are only appended; PostgreSQL refuses to change or delete them. `captured`, `refunded` and
    `came_back` are movements of money: from the customer, to the customer, and back from the
    customer's bank. The other kinds are amounts owed. When a booking is confirmed, its `tickets`,
    `discount`, `fees` and `tax` add up to its total, where `tax_included` offsets tax that the
    prices contain. When it is cancelled, `cancelled` takes off all but the part that the policy
    keeps. `reduced` is a refund of a booking that stays confirmed. An exchange moves money between
    two bookings: each has a `credit` row, and together they are zero. `exchanged` takes the credit
    off what the older booking owes. For each booking both sides are equal, except for refunds under
    way. `disputed`, `dispute_won` and `dispute_fee` are movements between the provider and the
    customer's bank. They do not change what is owed.
    """

    class Kind(models.TextChoices):
        CAPTURED = "captured"
        REFUNDED = "refunded"
        CAME_BACK = "came_back"
        TICKETS = "tickets"
        DISCOUNT = "discount"
        FEES = "fees"
        TAX = "tax"
        TAX_INCLUDED = "tax_included"
        CANCELLED = "cancelled"
        REDUCED = "reduced"
        EXCHANGED = "exchanged"
        CREDIT = "credit"
        DISPUTED = "disputed"
        DISPUTE_WON = "dispute_won"
        DISPUTE_FEE = "dispute_fee"

    MONEY = MONEY_KINDS
    DISPUTES = (Kind.DISPUTED, Kind.DISPUTE_WON, Kind.DISPUTE_FEE)

    booking = models.ForeignKey(
        "bookings.Booking", on_delete=models.PROTECT, related_name="ledger_entries"
    )
    booked_seat = models.ForeignKey(
        "bookings.BookedSeat", null=True, on_delete=models.PROTECT,
        related_name="ledger_entries", db_index=False,
        help_text="The line that the amount belongs to, if it belongs to one.",
    )  # fmt: skip
    payment = models.ForeignKey(
        "bookings.Payment", null=True, on_delete=models.PROTECT, related_name="ledger_entries"
    )
    refund = models.ForeignKey(
        "bookings.Refund", null=True, on_delete=models.PROTECT, related_name="ledger_entries"
    )
    dispute = models.ForeignKey(
        "bookings.Dispute", null=True, on_delete=models.PROTECT, related_name="ledger_entries",
        db_index=False,
    )  # fmt: skip
    refund_try = models.PositiveSmallIntegerField(
        default=0, help_text="How often the provider had refused the refund before."
    )
    kind = models.CharField(max_length=12, choices=Kind)
    amount = amount_field(help_text="Negative if the money goes to the customer.")
    currency = models.CharField(max_length=3)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = "ledger entries"
        constraints = [
            models.UniqueConstraint(
                fields=["payment"],
                condition=Q(kind="captured"),
                name="bookings_ledgerentry_captured_once",
            ),
            models.UniqueConstraint(
                fields=["refund", "kind", "refund_try"],
                condition=Q(refund__isnull=False),
                name="bookings_ledgerentry_once_a_try",
            ),
            models.UniqueConstraint(
                fields=["dispute"],
                condition=Q(kind="disputed"),
                name="bookings_ledgerentry_disputed_once",
            ),
            models.CheckConstraint(
                condition=Q(
                    kind__in=["disputed", "dispute_won", "dispute_fee"], dispute__isnull=False
                )
                | (~Q(kind__in=["disputed", "dispute_won", "dispute_fee"]) & Q(dispute=None)),
                name="bookings_ledgerentry_dispute_has_kind",
            ),
        ]
        indexes = [
            models.Index(
                fields=["dispute"],
                condition=Q(dispute__isnull=False),
                name="bookings_ledgerentry_dispute",
            ),
            models.Index(fields=["at"], name="bookings_ledgerentry_at"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {with_currency(self.amount, self.currency)}"


class ProviderEvent(models.Model):
    """A payment provider's event, stored once, in the transaction of its effect."""

    provider = models.CharField(max_length=20)
    event_id = models.CharField(max_length=255)
    type = models.CharField(max_length=100)
    payload = models.JSONField()
    outcome = models.CharField(max_length=300)
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "event_id"], name="bookings_providerevent_unique_id"
            )
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.event_id}"


class StrayPayment(models.Model):
    """
    Money at a provider that fits no payment of ours.

    Staff settle it.
    """

    provider = models.CharField(max_length=20)
    provider_id = models.CharField(max_length=255)
    payment = models.ForeignKey(
        "bookings.Payment", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    status = models.CharField(max_length=20)
    amount = amount_field()
    currency = models.CharField(max_length=10)
    reason = models.CharField(max_length=300)
    found_at = models.DateTimeField(auto_now_add=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "provider_id"], name="bookings_straypayment_unique_id"
            )
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.provider_id}"


class Reconciliation(models.Model):
    """The time until which a provider's payments were compared with ours."""

    provider = models.CharField(max_length=20, primary_key=True)
    up_to = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.provider} up to {self.up_to}"
