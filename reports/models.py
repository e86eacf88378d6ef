"""The closings of business days, files of reports, and reports by mail."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from bookings.models.outgoing import UNDER_WAY, Outgoing
from eventbooking_system.db.querysets import LockingQuerySet


class DayClosing(models.Model):
    """
    The figures of a venue's business day when it was closed.

    Append-only. The number has no gaps within a venue, and each digest covers the one before.
    """

    venue = models.ForeignKey("venues.Venue", on_delete=models.PROTECT, related_name="+")
    business_date = models.DateField()
    number = models.PositiveIntegerField()
    figures = models.JSONField()
    digest = models.CharField(max_length=64)
    previous_digest = models.CharField(max_length=64, blank=True)
    closed_at = models.DateTimeField()
    closed_by = models.ForeignKey("users.User", on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["venue", "business_date"], name="reports_dayclosing_unique_day"
            ),
            models.UniqueConstraint(
                fields=["venue", "number"], name="reports_dayclosing_unique_number"
            ),
        ]
        default_permissions = ("add", "change", "delete")
        permissions = [("view", "Can view reports"), ("close_day", "Can close a business day")]

    def __str__(self) -> str:
        return f"{self.venue}, {self.business_date}, no. {self.number}"


class ReportRun(models.Model):
    """
    A slow report, which a worker writes into a CSV file.

    A worker that is killed loses its lease, and the run begins again.
    """

    class Report(models.TextChoices):
        TAKINGS = "takings"
        ADMISSIONS = "admissions"
        OCCUPANCY = "occupancy"
        TAX = "tax"
        REFUNDS = "refunds"
        LINES = "lines", "One line a ticket"

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    report = models.CharField(max_length=10, choices=Report)
    venue = models.ForeignKey(
        "venues.Venue", null=True, blank=True, on_delete=models.CASCADE, related_name="+",
        help_text="All venues, if empty.",
    )  # fmt: skip
    date_from = models.DateField(help_text="The first business day.")
    date_to = models.DateField(help_text="The last business day.")
    group_by = models.CharField(
        max_length=40, default="day", blank=True, help_text="One or two, with a comma between."
    )
    currency = models.CharField(max_length=3, blank=True)
    state = models.CharField(max_length=7, choices=State, default=State.QUEUED, editable=False)
    progress = models.PositiveSmallIntegerField(default=0, editable=False, help_text="Percent.")
    row_count = models.PositiveIntegerField(default=0, editable=False)
    error = models.CharField(max_length=500, blank=True, editable=False)
    requested_by = models.ForeignKey(
        "users.User", on_delete=models.CASCADE, related_name="+", editable=False
    )
    requested_at = models.DateTimeField(auto_now_add=True)
    leased_until = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)
    content = models.BinaryField(null=True, help_text="The file, compressed by gzip.")

    objects = LockingQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(state__in=["queued", "running"]),
                name="reports_reportrun_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.report}, {self.date_from} to {self.date_to}"


class ScheduledReport(models.Model):
    """Figures of a venue that are mailed daily or each film week."""

    class Kind(models.TextChoices):
        DAILY_TAKINGS = "daily_takings", "Daily takings"
        WEEKLY_RETURN = "weekly_return", "Weekly return to distributors"

    kind = models.CharField(max_length=13, choices=Kind)
    venue = models.ForeignKey("venues.Venue", on_delete=models.CASCADE, related_name="+")
    recipients = models.JSONField(help_text="E-mail addresses.")
    language = models.CharField(max_length=5, choices=settings.LANGUAGES, default="en")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["venue", "kind", "pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.venue}"


class ReportMail(Outgoing):
    """One mail of a scheduled report, for one period."""

    scheduled = models.ForeignKey(
        "reports.ScheduledReport", on_delete=models.CASCADE, related_name="mails"
    )
    recipient = models.EmailField()
    day = models.DateField()

    class Meta(Outgoing.Meta):
        indexes = [
            models.Index(fields=["due_at"], condition=UNDER_WAY, name="reports_reportmail_due")
        ]

    def __str__(self) -> str:
        return f"{self.scheduled}, {self.day}"
