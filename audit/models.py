"""The record of what staff do."""

from django.db import models
from django.db.models.functions import Now


class Entry(models.Model):
    """
    One action of a member of staff. Append-only.

    The database refuses to change a row, and to delete one that is less than two years old.
    `changes` has, for each field that changed, its old and its new value; the values of secrets and
    of texts about people are left out.
    """

    actor = models.ForeignKey("users.User", on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=100, help_text="A verb and its object: `shows.cancel`.")
    object_type = models.CharField(max_length=100, blank=True, help_text="Such as `shows.show`.")
    object_id = models.CharField(max_length=64, blank=True)
    changes = models.JSONField(default=dict)
    request_id = models.CharField(max_length=128, blank=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "entries"
        # Rows are added by the system and never changed, so viewing is the only right.
        default_permissions = ["view"]
        indexes = [
            models.Index(fields=["object_type", "object_id"], name="audit_entry_object"),
            models.Index(fields=["at"], name="audit_entry_at"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_id}".strip()
