"""The links in mails that open one booking without a login."""

from django.db import models

from bookings.querysets import BookingLinkQuerySet


class BookingLink(models.Model):
    """
    A link to one booking that was mailed to its customer.

    Only the digest of its token is stored, so a reader of the database cannot open a booking.
    """

    booking = models.ForeignKey("bookings.Booking", on_delete=models.CASCADE, related_name="links")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = BookingLinkQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"link {self.pk} of booking {self.booking_id}"
