"""Venues: cinemas, theatres and stadiums."""

import calendar
from datetime import time

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, URLValidator
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from eventbooking_system.cache.catalogue import InvalidatesCatalogue
from eventbooking_system.db.text_search import FoldedField, HasFoldedText
from eventbooking_system.plain_text import validate_line
from eventbooking_system.timezones import validate_zone
from venues.countries import validate_country
from venues.models.terms import SalesTerms
from venues.querysets import VenueQuerySet


def validate_quarter(value: time) -> None:
    """Refuse a time of day that is no quarter of an hour. Reports sum quarters of an hour."""
    if value.minute % 15 or value.second or value.microsecond:
        raise ValidationError("Choose a full quarter of an hour.", "no_quarter")


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
