"""Promo codes."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from eventbooking_system.db.querysets import LockingQuerySet
from eventbooking_system.money import amount_field


class PromoCode(models.Model):
    """
    A discount for customers who enter a code.

    Codes are stored in upper case. It is a percentage, or an amount in a currency. Without shows
    and events it applies to all shows.
    """

    code = models.CharField(max_length=40, unique=True)
    percent = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(Decimal(100))],
    )
    amount = amount_field(null=True, blank=True)
    currency = models.CharField(
        max_length=3, blank=True, help_text="The currency of amount and min_total."
    )
    valid_from = models.DateTimeField(null=True, blank=True)
    valid_until = models.DateTimeField(null=True, blank=True)
    max_uses = models.PositiveIntegerField(null=True, blank=True)
    max_uses_per_customer = models.PositiveIntegerField(null=True, blank=True)
    min_total = amount_field(
        null=True, blank=True, help_text="The tickets must cost this much before the discount."
    )
    shows = models.ManyToManyField("shows.Show", blank=True, related_name="+")
    events = models.ManyToManyField("events.Event", blank=True, related_name="+")
    is_active = models.BooleanField(default=True)

    objects = LockingQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(percent__gt=0, percent__lte=100, amount=None)
                | Q(amount__gt=0, percent=None),
                name="bookings_promocode_percent_or_amount",
            ),
            models.CheckConstraint(
                condition=Q(amount=None, min_total=None) | ~Q(currency=""),
                name="bookings_promocode_amounts_have_currency",
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None)
                | Q(valid_from=None)
                | Q(valid_until__gt=F("valid_from")),
                name="bookings_promocode_valid_for_a_while",
            ),
        ]

    def __str__(self) -> str:
        return self.code
