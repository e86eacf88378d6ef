"""Venues, their screens (halls, auditoriums, arenas), and the seats of screens."""

import calendar
import uuid
from datetime import time
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, URLValidator
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from eventbooking_system.cache.catalogue import CatalogueQuerySet, InvalidatesCatalogue
from eventbooking_system.db.text_search import FoldedField, HasFoldedText
from eventbooking_system.money import DECIMAL_PLACES, MAX_DIGITS
from eventbooking_system.plain_text import validate_line
from eventbooking_system.timezones import validate_zone
from venues.countries import validate_country
from venues.querysets import ScreenQuerySet, SeatQuerySet, VenueQuerySet
from venues.refund_rules import rule

PERCENT = [MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))]


def validate_quarter(value: time) -> None:
    """Refuse a time of day that is no quarter of an hour. Reports sum quarters of an hour."""
    if value.minute % 15 or value.second or value.microsecond:
        raise ValidationError("Choose a full quarter of an hour.", "no_quarter")


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
        help_text="Several rules for refunds. Empty if the two fields above say everything.",
    )
    fees_refundable = models.BooleanField(
        default=True,
        db_default=True,
        help_text="Whether fees come back, too. They come back with the last ticket of a booking.",
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
        default=15, validators=[MaxValueValidator(1440)], help_text="Between two shows of a screen."
    )

    class Meta:
        abstract = True

    @property
    def rules(self) -> list[dict[str, str]]:
        """The refund rules, also where two columns say the only one."""
        return self.refund_rules or [rule(self.refund_cutoff_hours, self.refund_percent)]


SALES_TERMS = tuple(field.name for field in SalesTerms._meta.fields)


class Venue(HasFoldedText, InvalidatesCatalogue, SalesTerms):
    """A cinema, theatre or stadium. Its sales terms are the defaults of its shows."""

    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=200, unique=True)
    address = models.CharField(max_length=300, blank=True)
    city = models.CharField(max_length=100)
    country = models.CharField(
        max_length=2, validators=[validate_country], help_text="ISO 3166-1 alpha-2."
    )
    timezone = models.CharField(
        max_length=64, validators=[validate_zone], help_text="IANA name, such as Asia/Kolkata."
    )
    business_day_starts_at = models.TimeField(
        default=time(6),
        db_default=time(6),
        validators=[validate_quarter],
        help_text="A show before this time belongs to the evening before.",
    )
    week_starts_on = models.PositiveSmallIntegerField(
        choices=[(day, name) for day, name in enumerate(calendar.day_name)],
        default=calendar.FRIDAY,
        db_default=calendar.FRIDAY,
        help_text="The first day of the film week.",
    )
    sender_name = models.CharField(
        max_length=100,
        blank=True,
        default="",
        db_default="",
        validators=[validate_line],
        help_text="The sender of mails about its shows. The installation's sender, if empty.",
    )
    reply_to = models.EmailField(
        blank=True, default="", db_default="", help_text="Where answers to these mails go."
    )
    logo_url = models.URLField(
        max_length=500,
        blank=True,
        default="",
        db_default="",
        validators=[URLValidator(["http", "https"])],
        help_text="The logo in these mails.",
    )
    tax_id = models.CharField(
        max_length=50,
        blank=True,
        default="",
        db_default="",
        validators=[validate_line],
        help_text="Its number at the tax office, such as a GSTIN, printed in these mails.",
    )
    latitude = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    longitude = models.FloatField(
        null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )
    name_folded = FoldedField("name", "city")
    city_folded = FoldedField("city")
    address_folded = FoldedField("address")
    history = HistoricalRecords(excluded_fields=["name_folded", "city_folded", "address_folded"])

    objects = VenueQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        indexes = [
            models.Index(fields=["name"], name="venues_venue_name"),
            models.Index(fields=["city_folded"], name="venues_venue_city_folded"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(latitude=None, longitude=None)
                # Both are needed: a CHECK passes where a comparison with NULL is unknown.
                | Q(latitude__isnull=False, longitude__isnull=False)
                & Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                name="venues_venue_position_whole",
                violation_error_message="Give both the latitude and the longitude, or neither.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Screen(InvalidatesCatalogue):
    """A hall of a venue. New shows get the version of its layout in `layout`."""

    venue = models.ForeignKey(
        "venues.Venue", on_delete=models.PROTECT, related_name="screens", db_index=False
    )
    name = models.CharField(max_length=100)
    layout = models.ForeignKey(
        "venues.Layout",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    history = HistoricalRecords(excluded_fields=["layout"])

    objects = ScreenQuerySet.as_manager()

    class Meta:
        ordering = ["venue", "name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["venue", "name"], name="venues_screen_unique_name")
        ]

    def __str__(self) -> str:
        return f"{self.venue.name}, {self.name}"


class Layout(InvalidatesCatalogue):
    """
    A version of a screen's layout.

    A show keeps the version that it was scheduled with. Shows of one version have the same seats.
    `document` is the layout as staff sent it, and a GET returns it unchanged. `areas` lists the
    rectangles of the areas of general admission (`name, x, y, width, height`), in their order. The
    best seats are near the focus that the document names. `stage` is the middle of the stage that a
    plan draws; without a focus, it says where the front is.
    """

    screen = models.ForeignKey("venues.Screen", on_delete=models.CASCADE, related_name="layouts")
    document = models.JSONField()
    areas = models.JSONField(default=list)
    focus_x = models.FloatField(null=True, blank=True)
    focus_y = models.FloatField(null=True, blank=True)
    stage_x = models.FloatField(null=True, blank=True)
    stage_y = models.FloatField(null=True, blank=True)
    revision = models.UUIDField(
        default=uuid.uuid4, help_text="Changes whenever the seats of the screen change."
    )

    objects = CatalogueQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"layout {self.pk} of screen {self.screen_id}"


class SeatCategory(InvalidatesCatalogue):
    """A price class of seats in a screen, such as Gold. Each show gives it a price."""

    screen = models.ForeignKey(
        "venues.Screen", on_delete=models.CASCADE, related_name="seat_categories", db_index=False
    )
    name = models.CharField(max_length=100)
    color = models.CharField(max_length=7, default="#888888", help_text="#rrggbb")
    position = models.PositiveSmallIntegerField(default=0, help_text="Rank in lists.")

    objects = CatalogueQuerySet.as_manager()

    class Meta:
        ordering = ["screen", "position", "pk"]
        verbose_name_plural = "seat categories"
        constraints = [
            models.UniqueConstraint(
                fields=["screen", "name"], name="venues_seatcategory_unique_name"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Seat(InvalidatesCatalogue):
    """
    A seat of a screen, or a place in an area of general admission.

    `x` and `y` are its position in the hall, in the units of the layout. In a plain layout one unit
    is one seat, and row 0 is nearest to the stage. `guid` identifies it in the seating plan. A place
    in an area has the area's name as its row; its number and position have no meaning.
    """

    screen = models.ForeignKey(
        "venues.Screen",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="seats",
        db_index=False,
        help_text="Empty if a newer layout dropped the seat. Older shows keep it.",
    )
    # RESTRICT, unlike PROTECT, allows deleting the screen with its categories and seats.
    category = models.ForeignKey(
        "venues.SeatCategory", on_delete=models.RESTRICT, related_name="seats"
    )
    section = models.CharField(max_length=100, blank=True)
    row = models.CharField(max_length=120)
    number = models.CharField(max_length=20)
    guid = models.CharField(max_length=190, blank=True)
    area = models.CharField(max_length=100, blank=True)
    x = models.FloatField()
    y = models.FloatField()
    accessible = models.BooleanField(default=False, help_text="Whether this is a wheelchair space.")
    companion = models.BooleanField(
        default=False, help_text="Whether this seat is beside a wheelchair space."
    )
    restricted_view = models.BooleanField(default=False)
    couple = models.CharField(
        max_length=50, blank=True, help_text="Seats with the same label are sold together."
    )

    objects = SeatQuerySet.as_manager()

    class Meta:
        # Seats are created in the order of the layout.
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["screen", "row", "number"], name="unique_seat_in_screen"
            ),
            models.UniqueConstraint(
                fields=["screen", "guid"], condition=~Q(guid=""), name="venues_seat_unique_guid"
            ),
            models.CheckConstraint(
                condition=Q(area="") | Q(row=F("area")), name="venues_seat_row_is_area"
            ),
        ]

    def __str__(self) -> str:
        if self.area:
            return self.area
        return f"{self.row}{self.number}" if self.row.isalpha() else f"{self.row} {self.number}"

    @property
    def printed_number(self) -> str:
        """The number as people see it. Places in an area have none."""
        return "" if self.area else self.number


class HouseSeat(models.Model):
    """A seat that every new show of its screen keeps for the house: it is blocked from the start."""

    screen = models.ForeignKey(
        "venues.Screen", on_delete=models.CASCADE, related_name="house_seats"
    )
    seat = models.OneToOneField("venues.Seat", on_delete=models.CASCADE, related_name="house_seat")
    reason = models.CharField(max_length=200)

    class Meta:
        ordering = ["seat"]

    def __str__(self) -> str:
        return f"{self.seat}: {self.reason}"
