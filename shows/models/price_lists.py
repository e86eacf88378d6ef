"""Named price lists of a venue, and the windows that change them."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from eventbooking_system.db.querysets import LockingQuerySet
from eventbooking_system.money import DECIMAL_PLACES, MAX_DIGITS

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MAX_PERCENT = 500
PERCENT = [MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(MAX_PERCENT))]


class PriceList(models.Model):
    """Prices by category and ticket type, which a new show copies."""

    venue = models.ForeignKey("venues.Venue", on_delete=models.CASCADE, related_name="price_lists")
    name = models.CharField(max_length=100)
    currency = models.CharField(max_length=3, help_text="ISO 4217.")

    objects = LockingQuerySet.as_manager()

    class Meta:
        ordering = ["venue", "name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["venue", "name"], name="shows_pricelist_unique_name")
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.venue.name}, {self.currency})"


class ListPrice(models.Model):
    """
    One price of a list, for all categories with this name.

    The default type has the position 0.
    """

    price_list = models.ForeignKey(
        "shows.PriceList", on_delete=models.CASCADE, related_name="prices", db_index=False
    )
    category = models.CharField(max_length=100)
    ticket_type = models.CharField(
        max_length=50, blank=True, help_text="Adult, Child … Empty if the category has one price."
    )
    amount = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=DECIMAL_PLACES)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["price_list", "category", "ticket_type"], name="shows_listprice_unique_type"
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=0), name="shows_listprice_amount_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.category} {self.ticket_type} {self.amount}"


class PriceWindow(models.Model):
    """
    Days and times at which a list's prices are another percentage.

    It applies to one list, or to all lists of a venue. Without `days_before` it decides the prices with
    which a show is scheduled. With it, the show is cheaper until that number of days before its start.
    """

    venue = models.ForeignKey(
        "venues.Venue", on_delete=models.CASCADE, related_name="price_windows"
    )
    price_list = models.ForeignKey(
        "shows.PriceList",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="windows",
        help_text="Empty for all lists of the venue.",
    )
    name = models.CharField(max_length=100)
    weekdays = models.CharField(
        max_length=20,
        blank=True,
        help_text="Business days, such as MO,TU. Empty for every day of the week.",
    )
    from_time = models.TimeField(
        null=True, blank=True, help_text="For shows that start at this time or later."
    )
    to_time = models.TimeField(
        null=True, blank=True, help_text="For shows that start before this time."
    )
    days_before = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
        help_text="An early-bird price ends this many days before the start.",
    )
    percent = models.DecimalField(
        max_digits=6,
        decimal_places=3,
        validators=PERCENT,
        help_text="80 makes the prices a fifth lower.",
    )
    position = models.PositiveSmallIntegerField(
        default=0, help_text="If several windows fit, the first one applies."
    )

    objects = LockingQuerySet.as_manager()

    class Meta:
        ordering = ["venue", "position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(percent__gte=0) & Q(percent__lte=MAX_PERCENT),
                name="shows_pricewindow_percent_in_range",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.venue.name}"
