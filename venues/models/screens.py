"""The screens of venues (halls, auditoriums, arenas), their layouts and seats."""

import uuid

from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from eventbooking_system.cache.catalogue import CatalogueQuerySet, InvalidatesCatalogue
from venues.querysets import ScreenQuerySet, SeatQuerySet


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
    position = models.PositiveSmallIntegerField(
        default=0, help_text="The order in lists, the lowest number first."
    )

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
    A seat of a screen, or a place in a general-admission area.

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
    """A seat that each new show of its screen keeps blocked."""

    screen = models.ForeignKey(
        "venues.Screen", on_delete=models.CASCADE, related_name="house_seats"
    )
    seat = models.OneToOneField("venues.Seat", on_delete=models.CASCADE, related_name="house_seat")
    reason = models.CharField(max_length=200)

    class Meta:
        ordering = ["seat"]

    def __str__(self) -> str:
        return f"{self.seat}: {self.reason}"
