"""Cash sessions, cash movements and tenders."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from box_office.querysets import CashSessionQuerySet
from eventbooking_system.money import amount_field, formatted, with_currency
from eventbooking_system.timezones import on_wall


class Method(models.TextChoices):
    """How money changes hands at the counter."""

    CASH = "cash", "Cash"
    CARD_TERMINAL = "card_terminal", "Card terminal"
    BANK_TRANSFER = "bank_transfer", "Bank transfer"


class CashSession(models.Model):
    """
    The time between two counts of one drawer.

    A station has at most one open session. Closing it writes its Z report: a number without gaps
    within the station, what must be in the drawer, what was counted, and a digest of every row of
    the session and of the session before. PostgreSQL refuses to change a closed session.
    """

    venue = models.ForeignKey("venues.Venue", on_delete=models.PROTECT, related_name="+")
    station = models.CharField(max_length=50, help_text="The till, such as “Foyer 1”.")
    currency = models.CharField(max_length=3)
    opening_float = amount_field(help_text="The cash in the drawer at the start.")
    opened_by = models.ForeignKey("users.User", on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(db_default=Now())
    closed_by = models.ForeignKey(
        "users.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    number = models.PositiveIntegerField(
        null=True, blank=True, help_text="The number of the Z report within its station."
    )
    expected = amount_field(null=True, blank=True)
    counted = amount_field(null=True, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    previous_digest = models.CharField(max_length=64, blank=True)

    objects = CashSessionQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["venue", "station"],
                condition=Q(closed_at=None),
                name="box_office_cashsession_one_open",
            ),
            models.UniqueConstraint(
                fields=["venue", "station", "number"], name="box_office_cashsession_unique_number"
            ),
            models.CheckConstraint(
                condition=Q(
                    closed_at=None, closed_by=None, number=None, expected=None, counted=None,
                    digest="",
                )
                | (
                    Q(closed_at__isnull=False, closed_by__isnull=False, number__isnull=False)
                    & Q(expected__isnull=False, counted__isnull=False)
                    & ~Q(digest="")
                ),
                name="box_office_cashsession_closed_as_a_whole",
            ),
            models.CheckConstraint(
                condition=Q(opening_float__gte=0) & (Q(counted=None) | Q(counted__gte=0)),
                name="box_office_cashsession_amounts_not_negative",
            ),
        ]  # fmt: skip
        permissions = [
            ("sell", "Can sell tickets at the box office"),
            ("give_complimentary", "Can give complimentary tickets"),
            ("refund", "Can refund tickets at the box office"),
        ]

    def __str__(self) -> str:
        return f"{self.station}, {on_wall(self.opened_at, self.venue.timezone)}"


class CashMovement(models.Model):
    """Cash that enters or leaves a drawer without a sale. Append-only."""

    class Kind(models.TextChoices):
        FLOAT_IN = "float_in", "Float in"
        DROP = "drop", "Drop"
        PAYOUT = "payout", "Payout"
        ADJUSTMENT = "adjustment", "Adjustment"

    # Whether a movement adds cash or takes it; an adjustment's amount has a sign of its own.
    SIGNS = {Kind.FLOAT_IN: 1, Kind.DROP: -1, Kind.PAYOUT: -1, Kind.ADJUSTMENT: 1}

    session = models.ForeignKey(
        "box_office.CashSession", on_delete=models.PROTECT, related_name="movements"
    )
    kind = models.CharField(max_length=10, choices=Kind)
    amount = amount_field(help_text="Positive. Only an adjustment may be negative.")
    reason = models.CharField(max_length=200)
    by = models.ForeignKey("users.User", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0) | (Q(kind="adjustment") & Q(amount__lt=0)),
                name="box_office_cashmovement_amount_has_its_sign",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {formatted(self.amount, self.session.currency)}"


class Tender(models.Model):
    """
    Money that staff took for a payment or returned for a refund.

    Append-only. Cash always belongs to a session. A card or a transfer belongs to the session that
    its seller had open, if any, so that reports of a shift are complete.
    """

    session = models.ForeignKey(
        "box_office.CashSession", null=True, on_delete=models.PROTECT, related_name="tenders"
    )
    payment = models.OneToOneField(
        "bookings.Payment", null=True, on_delete=models.PROTECT, related_name="tender"
    )
    refund = models.OneToOneField(
        "bookings.Refund", null=True, on_delete=models.PROTECT, related_name="tender"
    )
    method = models.CharField(max_length=13, choices=Method)
    amount = amount_field()
    tendered = amount_field(help_text="The amount that the customer handed over.")
    currency = models.CharField(max_length=3)
    reference = models.CharField(max_length=100, blank=True, help_text="The receipt's number.")
    by = models.ForeignKey("users.User", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(payment=None, refund__isnull=False)
                | Q(payment__isnull=False, refund=None),
                name="box_office_tender_payment_or_refund",
            ),
            models.CheckConstraint(
                condition=~Q(method="cash") | Q(session__isnull=False),
                name="box_office_tender_cash_has_a_session",
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0, tendered__gte=models.F("amount")),
                name="box_office_tender_amount_is_covered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.method} {with_currency(self.amount, self.currency)}"

    @property
    def change_due(self) -> Any:
        return self.tendered - self.amount
