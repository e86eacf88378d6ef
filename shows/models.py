"""Shows, their prices, and their stock of seats."""

import uuid
from datetime import datetime
from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from simple_history.models import HistoricalRecords

from eventbooking_system.cache.catalogue import CatalogueQuerySet, InvalidatesCatalogue
from eventbooking_system.money import DECIMAL_PLACES, MAX_DIGITS, amount_field
from shows import seating
from shows.querysets import ShowQuerySet, ShowSeatQuerySet
from venues.models import SalesTerms
from venues.timezones import on_wall


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
        help_text="Until this time the show is a draft; a draft then becomes public.",
    )
    needs_confirmed_account = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Sell only to accounts whose e-mail address is confirmed.",
    )
    give_back_until = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Until when customers who booked another time or hall get all of their money back.",
    )
    cancelled_at = models.DateTimeField(null=True, blank=True, editable=False)
    cancel_reason = models.CharField(
        max_length=500, blank=True, default="", db_default="", editable=False,
        help_text="Told to the customers.",
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
        help_text="The kind of file that an import made the show from, a colon, and its key there.",
    )
    final_counts = models.JSONField(
        null=True,
        blank=True,
        editable=False,
        help_text="For an archived show: available and total seats, and the seats of each category by "
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

    def publication_at(self, now: datetime) -> str:
        """Return what the show is at this time: a draft, unlisted or public."""
        if self.publish_at is None:
            return self.publication
        if self.publish_at > now:
            return self.Publication.DRAFT
        is_draft = self.publication == self.Publication.DRAFT
        return self.Publication.PUBLIC if is_draft else self.publication


class Installation(models.Model):
    """This installation; its identity tells its calendar entries from those of all others."""

    identity = models.UUIDField(default=uuid.uuid4, editable=False)

    def __str__(self) -> str:
        return str(self.identity)

    @classmethod
    def current_identity(cls) -> uuid.UUID:
        """Return the identity, which is made when it is first needed and never changes."""
        # There is one row: the key keeps two requests from making two.
        return cls.objects.get_or_create(pk=1)[0].identity


class ShowPrice(InvalidatesCatalogue):
    """
    The price of a category for a ticket type.

    The default type has the position 0.
    """

    show = models.ForeignKey(
        "shows.Show", on_delete=models.CASCADE, related_name="show_prices", db_index=False
    )
    category = models.ForeignKey(
        "venues.SeatCategory", on_delete=models.PROTECT, related_name="show_prices"
    )
    ticket_type = models.CharField(
        max_length=50, blank=True, help_text="Adult, Child …; empty if the category has one price."
    )
    amount = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=DECIMAL_PLACES)
    position = models.PositiveSmallIntegerField(default=0)

    objects = CatalogueQuerySet.as_manager()

    class Meta:
        ordering = ["show", "category__position", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["show", "category", "ticket_type"], name="shows_showprice_unique_type"
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=0), name="shows_showprice_amount_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.category.name} {self.ticket_type} {self.amount}"


class ShowSeat(models.Model):
    """
    A seat in a show's stock, with its state.

    The two constraints make a double sale unrepresentable: one row a seat, and a row that is held
    or booked names the one booking that has it.
    """

    class Status(models.TextChoices):
        AVAILABLE = "available"
        HELD = "held"
        BOOKED = "booked"
        BLOCKED = "blocked"

    # Each index costs every hold and every seat that is scheduled: here only what is needed.
    show = models.ForeignKey(
        "shows.Show", on_delete=models.CASCADE, related_name="show_seats", db_index=False
    )
    seat = models.ForeignKey("venues.Seat", on_delete=models.PROTECT, related_name="show_seats")
    price = models.DecimalField(
        max_digits=MAX_DIGITS, decimal_places=DECIMAL_PLACES, help_text="Of the default type."
    )
    status = models.CharField(max_length=9, choices=Status, default=Status.AVAILABLE)
    held_until = models.DateTimeField(null=True, blank=True)
    booking = models.ForeignKey(
        "bookings.Booking",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="show_seats",
        db_index=False,
    )
    block_reason = models.CharField(max_length=200, blank=True)
    block_owner = models.CharField(
        max_length=100, blank=True, help_text="For whom it is blocked: house, press, a partner …"
    )
    released_at = models.DateTimeField(
        null=True, blank=True, help_text="When a blocked seat goes on sale by itself."
    )
    sells_last_until = models.DateTimeField(
        null=True,
        editable=False,
        help_text="The show's end, at one seat of it, probably its last: while that is available, the "
        "show is not sold out, and none of the others need be asked.",
    )

    objects = ShowSeatQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["show", "seat"], name="shows_showseat_unique_seat"),
            models.CheckConstraint(
                condition=Q(status="available", booking=None, held_until=None)
                | Q(status="held", booking__isnull=False, held_until__isnull=False)
                | Q(status="booked", booking__isnull=False, held_until=None)
                | Q(status="blocked", booking=None, held_until=None),
                name="shows_showseat_status_matches_owner",
            ),
            models.CheckConstraint(
                condition=Q(released_at=None) | Q(status="blocked"),
                name="shows_showseat_only_blocked_are_released",
            ),
            models.CheckConstraint(
                condition=Q(price__gte=0), name="shows_showseat_price_not_negative"
            ),
        ]
        indexes = [
            models.Index(
                fields=["held_until"], condition=Q(status="held"), name="shows_showseat_held_until"
            ),
            models.Index(
                fields=["released_at"],
                condition=Q(status="blocked"),
                name="shows_showseat_released_at",
            ),
            models.Index(
                fields=["booking"],
                condition=Q(booking__isnull=False),
                name="shows_showseat_of_booking",
            ),
            models.Index(
                fields=["show"], condition=Q(status="available"), name="shows_showseat_available"
            ),
            models.Index(
                fields=["sells_last_until", "show"],
                condition=Q(sells_last_until__isnull=False) & ~Q(status="available"),
                name="shows_showseat_sold_until",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seat} of show {self.show_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add a seat to a show. `shows.services.stock` writes those that are there."""
        if not self._state.adding:
            raise TypeError("shows.services.stock writes the seats of a show.")
        super().save(*args, **kwargs)
