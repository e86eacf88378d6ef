"""The closings of business days."""

from django.db import models


class DayClosing(models.Model):
    """
    The figures of a venue's business day, as they were when it was closed. Append-only.

    The number has no gaps within a venue, and each digest covers the one before.
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
