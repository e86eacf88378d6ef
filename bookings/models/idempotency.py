"""Requests that may be repeated."""

from django.db import models


class IdempotencyKey(models.Model):
    """
    A request that its sender may repeat, and the first answer to it.

    `status` is null while the first request is under way. The answer is `body`, or, where there is a
    `booking`, what was said of that when it was held.
    """

    # Kept for a day: to check and index what it refers to would cost every hold more than it is worth.
    user = models.ForeignKey(
        "users.User",
        on_delete=models.CASCADE,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    path = models.CharField(max_length=200)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of the body.")
    status = models.PositiveSmallIntegerField(null=True)
    body = models.TextField(blank=True)
    booking = models.ForeignKey(
        "bookings.Booking", null=True, on_delete=models.DO_NOTHING, related_name="+",
        db_constraint=False, db_index=False,
    )  # fmt: skip
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "path", "key"], name="bookings_idempotencykey_unique_key"
            )
        ]

    def __str__(self) -> str:
        return f"{self.path} {self.key}"
