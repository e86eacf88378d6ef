"""Shows, and the identity of this installation."""

import uuid
from datetime import datetime
from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from simple_history.models import HistoricalRecords

from eventbooking_system.cache.catalogue import InvalidatesCatalogue
from eventbooking_system.money import amount_field, payable
from eventbooking_system.timezones import on_wall
from shows import seating
from shows.querysets import ShowQuerySet
from venues.models import SalesTerms

# The version of the film that a show has, beside its language and format.
VERSION_FIELDS = ("subtitles", "captions", "audio_description", "signed", "relaxed")


class Show(InvalidatesCatalogue, SalesTerms):
    """
    An event on a screen at a time.

    Two scheduled shows never overlap on a screen from `start_time` to `occupied_until`. On PostgreSQL
    the exclusion constraint `shows_show_no_overlap` (migration 0002) ensures it, on SQLite the
    serialised transaction of `schedule_show`.
    """

    class Status(models.TextChoices):
        SCHEDULED = "scheduled"
        CANCELLED = "cancelled"

    class SingleSeatRule(models.TextChoices):
        OFF = seating.OFF
        LENIENT = seating.LENIENT
        STRICT = seating.STRICT

    class Publication(models.TextChoices):
        DRAFT = "draft"
        UNLISTED = "unlisted"
        PUBLIC = "public"

    # db_index is off where an index or a unique constraint below begins with the column.
    event = models.ForeignKey(
        "events.Event", on_delete=models.PROTECT, related_name="shows", db_index=False
    )
    screen = models.ForeignKey(
        "venues.Screen", on_delete=models.PROTECT, related_name="shows", db_index=False
    )
    layout = models.ForeignKey(
        "venues.Layout",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="shows",
        help_text="The version of the screen's seating plan that the show was scheduled with.",
    )
    start_time = models.DateTimeField()
    end_time = models.DateTimeField()
    occupied_until = models.DateTimeField(
        editable=False, help_text="The end and the cleaning after it."
    )
    language = models.CharField(max_length=50, blank=True)
    format = models.CharField(max_length=30, blank=True, help_text="2D, 3D, IMAX …")
    subtitles = models.CharField(
        max_length=50,
        blank=True,
        default="",
        db_default="",
        help_text="The language of the subtitles.",
    )
    captions = models.BooleanField(
        default=False, db_default=False, help_text="Whether the sound is also shown as text."
    )
    audio_description = models.BooleanField(default=False, db_default=False)
    signed = models.BooleanField(
        default=False, db_default=False, help_text="Whether the show is also in sign language."
    )
    relaxed = models.BooleanField(
        default=False, db_default=False, help_text="Softer sound and light, and free movement."
    )
    status = models.CharField(
        max_length=9, choices=Status, default=Status.SCHEDULED, editable=False
    )
    currency = models.CharField(max_length=3, help_text="ISO 4217.")
    sales_open_at = models.DateTimeField(null=True, blank=True)
    sales_close_at = models.DateTimeField(null=True, blank=True, help_text="The start, if empty.")
    max_seats_per_booking = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)]
    )
    single_seat_rule = models.CharField(
        max_length=7, choices=SingleSeatRule, default=SingleSeatRule.OFF
    )
    publication = models.CharField(
        max_length=8,
        choices=Publication,
        default=Publication.PUBLIC,
        db_default=Publication.PUBLIC,
        help_text="A draft is for staff only. An unlisted show is sold by its link and is in no list.",
    )
    publish_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Until this time the show is a draft. Then a draft becomes public.",
    )
    early_bird_percent = models.DecimalField(
        max_digits=6,
        decimal_places=3,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
        help_text="The percentage of the prices that counts until the early bird ends.",
    )
    early_bird_until = models.DateTimeField(null=True, blank=True)
    needs_confirmed_account = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Sell only to accounts whose e-mail address is confirmed.",
    )
    give_back_until = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Until when customers who booked another time or hall get a full refund.",
    )
    previous_start_time = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="The start before the last move."
    )
    cancelled_at = models.DateTimeField(null=True, blank=True, editable=False)
    cancel_reason = models.CharField(
        max_length=500, blank=True, default="", db_default="", editable=False,
        help_text="The reason in the mails to customers.",
    )  # fmt: skip
    # The range over all ticket types, so that a filter by price need not read ShowPrice.
    lowest_price = amount_field(editable=False)
    highest_price = amount_field(editable=False)
    import_key = models.CharField(
        max_length=120,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="The source of an imported show: the kind of file, a colon, and the key in the file.",
    )
    final_counts = models.JSONField(
        null=True,
        blank=True,
        editable=False,
        help_text="An archived show's available and total seats, and the seats of each category by "
        "status.",
    )
    history = HistoricalRecords(
        excluded_fields=["layout", "lowest_price", "highest_price", "final_counts", "import_key"],
    )

    objects = ShowQuerySet.as_manager()

    class Meta:
        ordering = ["start_time", "pk"]
        unique_together = ("screen", "start_time")
        constraints = [
            models.CheckConstraint(
                condition=Q(end_time__gt=F("start_time")) & Q(occupied_until__gte=F("end_time")),
                name="shows_show_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(status="scheduled", cancelled_at=None)
                | Q(status="cancelled", cancelled_at__isnull=False),
                name="shows_show_cancelled_at_matches_status",
            ),
            models.CheckConstraint(
                condition=Q(early_bird_until=None, early_bird_percent=None)
                | Q(early_bird_until__isnull=False, early_bird_percent__isnull=False),
                name="shows_show_early_bird_whole",
            ),
        ]
        indexes = [
            models.Index(
                # In the order of the list, so that counting upcoming shows reads only this index.
                fields=["start_time", "id", "end_time", "status", "event", "screen"],
                include=["lowest_price", "highest_price"],
                name="shows_show_whats_on",
            ),
            models.Index(
                fields=["event", "start_time"],
                include=["id", "end_time", "status", "screen"],
                name="shows_show_of_event",
            ),
            models.Index(
                fields=["screen", "start_time"],
                include=["id", "end_time", "status", "event"],
                name="shows_show_of_screen",
            ),
            # The plain columns are included: PostgreSQL reads the table for a column of an expression.
            models.Index(
                Upper("language"),
                "start_time",
                "id",
                "end_time",
                "status",
                include=["event", "language"],
                name="shows_show_by_language",
            ),
            models.Index(
                Upper("format"),
                "start_time",
                "id",
                "end_time",
                "status",
                include=["event", "format"],
                name="shows_show_by_format",
            ),
            models.Index(
                fields=["start_time", "id"],
                condition=Q(status="cancelled"),
                name="shows_show_cancelled",
            ),
            # Most shows are public from the start, so lists leave out the few others by these.
            models.Index(
                fields=["publication", "publish_at", "id"],
                condition=Q(publication__in=["draft", "unlisted"]),
                name="shows_show_not_public",
            ),
            models.Index(
                fields=["publish_at", "id"],
                condition=Q(publish_at__isnull=False),
                name="shows_show_publish_at",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event.title}, {on_wall(self.start_time, self.screen.venue.timezone)}"

    def price_at(self, amount: Decimal, now: datetime) -> Decimal:
        """Return a show's price at this time. It is less during the early bird."""
        if self.early_bird_until is None or now >= self.early_bird_until:
            return amount
        return payable(amount * self.early_bird_percent / 100, self.currency)

    def publication_at(self, now: datetime) -> str:
        """Return the publication at this time: draft, unlisted or public."""
        if self.publish_at is None:
            return self.publication
        if self.publish_at > now:
            return self.Publication.DRAFT
        is_draft = self.publication == self.Publication.DRAFT
        return self.Publication.PUBLIC if is_draft else self.publication


class Installation(models.Model):
    """This installation, whose identity marks its calendar entries."""

    identity = models.UUIDField(default=uuid.uuid4, editable=False)

    def __str__(self) -> str:
        return str(self.identity)

    @classmethod
    def current_identity(cls) -> uuid.UUID:
        """Return the identity, which never changes. It is made when it is first needed."""
        # The fixed key keeps two requests from making two rows.
        return cls.objects.get_or_create(pk=1)[0].identity
