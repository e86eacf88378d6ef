"""The idempotency keys of requests that may be repeated."""

from django.db import models


class IdempotencyKey(models.Model):
    """
    A request with an idempotency key, and the first answer to it.

    `status` is null while the first request is running. The answer is in `body`, or is made again
    from `booking` as it was when it was held.
    """

    # Rows are kept for a day. Foreign keys with constraints and indexes would slow down every hold.
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
