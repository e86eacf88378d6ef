"""The prices of a show, and its stock of seats."""

from typing import Any

from django.db import models
from django.db.models import Q

from eventbooking_system.cache.catalogue import CatalogueQuerySet, InvalidatesCatalogue
from eventbooking_system.money import DECIMAL_PLACES, MAX_DIGITS
from shows.querysets import ShowSeatQuerySet


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
        max_length=50, blank=True, help_text="Adult, Child … Empty if the category has one price."
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

    # Each index slows down every hold and every new show, so there are only the needed ones.
    show = models.ForeignKey(
        "shows.Show", on_delete=models.CASCADE, related_name="show_seats", db_index=False
    )
    seat = models.ForeignKey("venues.Seat", on_delete=models.PROTECT, related_name="show_seats")
    price = models.DecimalField(
        max_digits=MAX_DIGITS,
        decimal_places=DECIMAL_PLACES,
        help_text="The price of the default ticket type.",
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
        null=True, blank=True, help_text="When a blocked seat goes on sale automatically."
    )
    sells_last_until = models.DateTimeField(
        null=True,
        editable=False,
        help_text="The show's end, stored at the seat that probably sells last. While that seat is "
        "available, the show is not sold out, and no other seat is read.",
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
