"""The sales terms of shows, and their possible values."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from eventbooking_system.money import DECIMAL_PLACES, MAX_DIGITS
from venues.refund_rules import rule

PERCENT = [MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))]
NOT_NEGATIVE = [MinValueValidator(Decimal(0))]
# A year, in minutes.
MAX_EXCHANGE_CUTOFF = 525_600


class ExchangeScope(models.TextChoices):
    """The shows for which a ticket may be exchanged."""

    EVENT = "event", "Shows of the same event"
    VENUE = "venue", "Shows of the same venue"
    ANY = "any", "Any show"


class Downgrade(models.TextChoices):
    """The use of the difference if an exchange is for cheaper seats."""

    REFUND = "refund", "It goes back by the refund rules"
    FORFEIT = "forfeit", "It is kept"


class SalesTerms(models.Model):
    """The terms of sale of a show. A venue has them as defaults for its shows."""

    fee_per_ticket = models.DecimalField(
        max_digits=MAX_DIGITS, decimal_places=DECIMAL_PLACES, default=0, validators=NOT_NEGATIVE
    )
    fee_per_booking = models.DecimalField(
        max_digits=MAX_DIGITS, decimal_places=DECIMAL_PLACES, default=0, validators=NOT_NEGATIVE
    )
    tax_rate = models.DecimalField(
        max_digits=6, decimal_places=3, default=0, validators=PERCENT, help_text="Percent."
    )
    tax_inclusive = models.BooleanField(default=True, help_text="Whether prices contain the tax.")
    refund_cutoff_hours = models.PositiveSmallIntegerField(
        default=2, help_text="Hours before the start until which a customer may cancel."
    )
    refund_percent = models.DecimalField(
        max_digits=5, decimal_places=2, default=100, validators=PERCENT
    )
    refund_rules = models.JSONField(
        null=True,
        blank=True,
        help_text="Several rules for refunds. Empty if the two fields above are enough.",
    )
    fees_refundable = models.BooleanField(
        default=True,
        db_default=True,
        help_text="Whether fees are refunded, with the last ticket of a booking.",
    )
    exchange_fee = models.DecimalField(
        max_digits=MAX_DIGITS,
        decimal_places=DECIMAL_PLACES,
        default=0,
        db_default=0,
        validators=NOT_NEGATIVE,
        help_text="For each exchange of tickets.",
    )
    exchange_cutoff_minutes = models.PositiveIntegerField(
        default=30,
        db_default=30,
        validators=[MaxValueValidator(MAX_EXCHANGE_CUTOFF)],
        help_text="Minutes before the start until which a customer may exchange tickets.",
    )
    exchange_scope = models.CharField(
        max_length=5,
        choices=ExchangeScope,
        default=ExchangeScope.EVENT,
        db_default=ExchangeScope.EVENT,
        help_text="For which shows tickets may be exchanged.",
    )
    downgrade = models.CharField(
        max_length=7,
        choices=Downgrade,
        default=Downgrade.REFUND,
        db_default=Downgrade.REFUND,
        help_text="How the difference is used if the new seats cost less.",
    )
    cleaning_minutes = models.PositiveSmallIntegerField(
        default=15,
        validators=[MaxValueValidator(1440)],
        help_text="Minutes between two shows on a screen.",
    )

    class Meta:
        abstract = True

    @property
    def rules(self) -> list[dict[str, str]]:
        """The refund rules. Without `refund_rules` two columns hold the only one."""
        return self.refund_rules or [rule(self.refund_cutoff_hours, self.refund_percent)]


SALES_TERMS = tuple(field.name for field in SalesTerms._meta.fields)
