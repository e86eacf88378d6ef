"""Ticket types as data: the rules that go with a price's name."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from eventbooking_system.cache.catalogue import InvalidatesCatalogue
from shows.querysets import TicketTypeQuerySet

AT_LEAST_ONE = [MinValueValidator(1)]


class TicketType(InvalidatesCatalogue):
    """
    A kind of ticket, such as Adult or Carer, with its rules.

    It applies to the prices that have its name or its code as their ticket type: at one venue, or
    at every venue that has no type of this name.
    """

    venue = models.ForeignKey(
        "venues.Venue",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="ticket_types",
        help_text="Empty for every venue.",
    )
    code = models.SlugField(max_length=50)
    name = models.CharField(max_length=50)
    min_per_booking = models.PositiveSmallIntegerField(
        default=1,
        validators=AT_LEAST_ONE,
        help_text="The least number in a booking that has any of them.",
    )
    max_per_booking = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=AT_LEAST_ONE
    )
    max_per_show = models.PositiveIntegerField(null=True, blank=True, validators=AT_LEAST_ONE)
    needs = models.ForeignKey(
        "shows.TicketType",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="needed_by",
        help_text="A ticket of this type must be in the same booking.",
    )
    per_needed = models.PositiveSmallIntegerField(
        default=1,
        validators=AT_LEAST_ONE,
        help_text="How many of these tickets one ticket of the needed type allows.",
    )
    no_fee = models.BooleanField(
        default=False, help_text="No fee per ticket, as for the companion of a wheelchair user."
    )
    on_web = models.BooleanField(default=True, help_text="Whether customers can book it.")
    at_box_office = models.BooleanField(default=True, help_text="Whether the counter sells it.")
    proof_text = models.CharField(
        max_length=200, blank=True, help_text="The proof that the customer has to show at the door."
    )
    minimum_age = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(120)]
    )
    position = models.PositiveSmallIntegerField(
        default=0, help_text="The order in lists, the lowest number first."
    )

    objects = TicketTypeQuerySet.as_manager()

    class Meta:
        ordering = ["venue", "position", "name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["venue", "code"], name="shows_tickettype_unique_code"),
            models.UniqueConstraint(fields=["venue", "name"], name="shows_tickettype_unique_name"),
            # NULL is unequal to NULL.
            models.UniqueConstraint(
                fields=["code"], condition=Q(venue=None), name="shows_tickettype_unique_global_code"
            ),
            models.UniqueConstraint(
                fields=["name"], condition=Q(venue=None), name="shows_tickettype_unique_global_name"
            ),
            models.CheckConstraint(
                condition=Q(max_per_booking=None)
                | Q(max_per_booking__isnull=False, max_per_booking__gte=F("min_per_booking")),
                name="shows_tickettype_min_within_max",
            ),
            models.CheckConstraint(
                condition=Q(on_web=True) | Q(at_box_office=True),
                name="shows_tickettype_sold_somewhere",
            ),
            models.CheckConstraint(
                condition=Q(needs=None) | ~Q(needs=F("pk")), name="shows_tickettype_needs_another"
            ),
        ]

    def __str__(self) -> str:
        return self.name if self.venue_id is None else f"{self.name} ({self.venue})"
