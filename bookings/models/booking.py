"""Bookings, their lines, and the record of their transitions."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.utils.functional import cached_property

from bookings.querysets import BookedSeatQuerySet, BookingQuerySet
from eventbooking_system.money import amount_field
from users.names import is_plain_name


class Booking(models.Model):
    """
    Seats of a show for a customer.

    A booking is `pending` while the customer pays, and then `confirmed`, `expired` or `cancelled`.
    A confirmed booking can still be cancelled. Its prices never change.
    """

    class Status(models.TextChoices):
        PENDING = "pending"
        CONFIRMED = "confirmed"
        EXPIRED = "expired"
        CANCELLED = "cancelled"

    class Channel(models.TextChoices):
        WEB = "web", "Web"
        BOX_OFFICE = "box_office", "Box office"

    reference = models.CharField(max_length=9, help_text="The code for people, such as K7QF-2MXD.")
    user = models.ForeignKey(
        "users.User", on_delete=models.PROTECT, related_name="bookings", db_index=False
    )
    show = models.ForeignKey(
        "shows.Show", on_delete=models.PROTECT, related_name="bookings", db_index=False
    )
    status = models.CharField(max_length=9, choices=Status, default=Status.PENDING)
    booked_at = models.DateTimeField()
    expires_at = models.DateTimeField(help_text="Until when a pending booking holds its seats.")
    promo_code = models.ForeignKey(
        "bookings.PromoCode",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="bookings",
        db_index=False,
    )
    currency = models.CharField(max_length=3)
    subtotal = amount_field()
    discount = amount_field()
    fees = amount_field()
    tax = amount_field()
    total = amount_field()
    # The columns of sales at the counter. The defaults of the database serve code that is older.
    sales_channel = models.CharField(
        max_length=10, choices=Channel, default=Channel.WEB, db_default=Channel.WEB
    )
    sold_by = models.ForeignKey(
        "users.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        db_index=False,
    )  # fmt: skip
    customer_name = models.CharField(max_length=200, blank=True, default="", db_default="")
    customer_email = models.EmailField(blank=True, default="", db_default="")
    customer_phone = models.CharField(max_length=20, blank=True, default="", db_default="")
    complimentary_reason = models.CharField(max_length=200, blank=True, default="", db_default="")
    # The terms, frozen at the hold. They are null where older code held the seats.
    refund_rules = models.JSONField(null=True, blank=True)
    fees_refundable = models.BooleanField(default=True, db_default=True)
    exchange_until = models.DateTimeField(null=True, blank=True)
    exchanged_from = models.ForeignKey(
        "bookings.Booking", null=True, blank=True, on_delete=models.PROTECT,
        related_name="exchanges", db_index=False,
        help_text="The booking whose tickets this one replaces.",
    )  # fmt: skip
    credit = amount_field(
        default=0, db_default=0, help_text="The part of the total that the exchanged tickets pay."
    )

    objects = BookingQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            # Not `unique=True`, which on PostgreSQL makes a second index, for patterns.
            models.UniqueConstraint(fields=["reference"], name="bookings_booking_unique_reference"),
            models.CheckConstraint(
                condition=Q(
                    subtotal__gte=0, discount__gte=0, fees__gte=0, tax__gte=0, total__gte=0
                ),
                name="bookings_booking_amounts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(sales_channel="web", sold_by=None)
                | Q(sales_channel="box_office", sold_by__isnull=False),
                name="bookings_booking_box_office_has_seller",
            ),
            models.CheckConstraint(
                condition=Q(credit=0)
                | Q(exchanged_from__isnull=False, credit__gt=0, credit__lte=F("total")),
                name="bookings_booking_credit_of_exchange",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="bookings_booking_of_user"),
            models.Index(fields=["show", "user"], name="bookings_booking_of_show"),
            models.Index(
                fields=["expires_at"],
                condition=Q(status="pending"),
                name="bookings_booking_pending",
            ),
            models.Index(fields=["booked_at"], name="bookings_booking_booked_at"),
            models.Index(
                fields=["status", "-id"],
                condition=Q(status__in=["cancelled", "expired"]),
                name="bookings_booking_over",
            ),
            models.Index(
                fields=["promo_code"],
                condition=Q(promo_code__isnull=False),
                name="bookings_booking_promo_code",
            ),
            models.Index(
                fields=["sold_by", "-id"],
                condition=Q(sold_by__isnull=False),
                name="bookings_booking_sold_by",
            ),
            models.Index(
                fields=["exchanged_from"],
                condition=Q(exchanged_from__isnull=False),
                name="bookings_booking_exchanged",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def rules(self) -> list[dict[str, str]]:
        """The refund rules of this booking. They are its show's where older code held the seats."""
        return self.refund_rules if self.refund_rules is not None else self.show.rules

    @property
    def price_to_pay(self) -> Decimal:
        """The part of the total that a payment must bring. It is all but an exchange's credit."""
        return self.total - self.credit

    @property
    def amount_due(self) -> Decimal:
        """The amount that the customer still has to pay."""
        status = getattr(self, "live_status", self.status)
        return self.price_to_pay if status == self.Status.PENDING else Decimal(0)

    @property
    def contact_name(self) -> str:
        """The typed name for this booking, or its account's name."""
        return self.customer_name or self.user.get_full_name()

    @property
    def contact_email(self) -> str:
        """The address for messages about this booking. It is empty for a walk-in who gave none."""
        if self.customer_email:
            return self.customer_email
        return "" if self.user.is_walk_in else self.user.mail_address

    @property
    def name_in_messages(self) -> str:
        """The name of a greeting. A name with a web address in it is left out."""
        if not self.customer_name:
            return self.user.name_in_messages
        return self.customer_name if is_plain_name(self.customer_name) else ""


class BookedSeat(models.Model):
    """
    A seat of a booking, with the price that was agreed.

    A line that was given back or exchanged alone has `cancelled_at`; it is active otherwise. If the
    whole booking ends, its lines stay as they are.
    """

    booking = models.ForeignKey(
        "bookings.Booking", on_delete=models.PROTECT, related_name="booked_seats", db_index=False
    )
    show_seat = models.ForeignKey(
        "shows.ShowSeat", on_delete=models.PROTECT, related_name="booked_seats"
    )
    ticket_type = models.CharField(max_length=50, blank=True)
    price = amount_field()
    discount = amount_field(
        default=0, db_default=0, help_text="The line's part of the booking's discount."
    )
    cancelled_at = models.DateTimeField(null=True, blank=True)
    replaces = models.ForeignKey(
        "bookings.BookedSeat", null=True, blank=True, on_delete=models.PROTECT,
        related_name="replacements", db_index=False,
        help_text="The line that an exchange or another seat replaced.",
    )  # fmt: skip

    objects = BookedSeatQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["booking", "show_seat"],
                condition=Q(cancelled_at=None),
                name="bookings_bookedseat_one_active",
            ),
            models.CheckConstraint(
                condition=Q(price__gte=0), name="bookings_bookedseat_price_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(discount__gte=0, discount__lte=F("price")),
                name="bookings_bookedseat_discount_within_price",
            ),
        ]
        indexes = [
            # All lines, those that were cancelled as well.
            models.Index(fields=["booking", "show_seat"], name="bookings_bookedseat_of_booking"),
            models.Index(
                fields=["replaces"],
                condition=Q(replaces__isnull=False),
                name="bookings_bookedseat_replaces",
            ),
        ]

    def __str__(self) -> str:
        return f"seat {self.show_seat_id} of booking {self.booking_id}"

    @cached_property
    def currency(self) -> str:
        return self.booking.currency


class BookingTransition(models.Model):
    """
    A change of a booking's status after the hold.

    Rows are only appended. The erasure of a person empties the reasons that people wrote.
    """

    booking = models.ForeignKey(
        "bookings.Booking", on_delete=models.PROTECT, related_name="transitions"
    )
    from_status = models.CharField(max_length=9)
    to_status = models.CharField(max_length=9)
    at = models.DateTimeField()
    by = models.ForeignKey(
        "users.User", null=True, on_delete=models.PROTECT, related_name="+",
        help_text="The person who did it. Empty if the system did it.",
    )  # fmt: skip
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.from_status} → {self.to_status}"
