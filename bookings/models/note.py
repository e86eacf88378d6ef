"""Notes of staff about bookings."""

from django.db import models
from django.db.models.functions import Now


class BookingNote(models.Model):
    """
    A note of a staff member about a booking. Customers see it only in their data export.

    Rows are only appended. The erasure of a person empties their text.
    """

    booking = models.ForeignKey("bookings.Booking", on_delete=models.PROTECT, related_name="notes")
    text = models.CharField(max_length=1000)
    by = models.ForeignKey("users.User", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-pk"]
        default_permissions = ("add", "view")

    def __str__(self) -> str:
        return self.text
