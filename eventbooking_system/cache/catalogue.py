"""
What staff plan and everyone reads: events, venues, halls, shows and their prices.

Its models derive from InvalidatesCatalogue, and their managers from CatalogueQuerySet: every write that goes
through the ORM, be it a service's, the admin's, an import's or a shell's, makes what was kept of the
catalogue outdated when it commits. What writes these tables by SQL of its own has to save its
object, or to say `invalidate(CATALOGUE)`.
"""

from typing import Any

from django.db import models

from eventbooking_system.cache.versioned import invalidate
from eventbooking_system.db.querysets import LockingQuerySet

CATALOGUE = "catalogue"


class CatalogueQuerySet(LockingQuerySet):
    def update(self, **fields: Any) -> int:
        updated = super().update(**fields)
        invalidate(CATALOGUE)
        return updated

    def bulk_create(self, *args: Any, **options: Any) -> list[Any]:
        created = super().bulk_create(*args, **options)
        invalidate(CATALOGUE)
        return created

    def delete(self) -> tuple[int, dict[str, int]]:
        deleted = super().delete()
        invalidate(CATALOGUE)
        return deleted


# As Django's own querysets have it, so that no template can call them.
CatalogueQuerySet.update.alters_data = True
CatalogueQuerySet.delete.alters_data = True
CatalogueQuerySet.delete.queryset_only = True


class InvalidatesCatalogue(models.Model):
    class Meta:
        abstract = True

    def save_base(self, *args: Any, **options: Any) -> None:
        # Below `save`, as fixtures are loaded past that.
        super().save_base(*args, **options)
        invalidate(CATALOGUE)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        deleted = super().delete(*args, **options)
        invalidate(CATALOGUE)
        return deleted
