"""
The cache's catalogue: events, venues, halls, shows and prices.

The models of the catalogue derive from InvalidatesCatalogue, and their managers from
CatalogueQuerySet. So every write through the ORM invalidates the cached catalogue when it commits,
whether a service, the admin, an import or a shell makes it. Code that writes these tables with its
own SQL must save an object, or call `invalidate(CATALOGUE)`.
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


# As on Django's own querysets, so that no template can call them.
CatalogueQuerySet.update.alters_data = True
CatalogueQuerySet.delete.alters_data = True
CatalogueQuerySet.delete.queryset_only = True


class InvalidatesCatalogue(models.Model):
    class Meta:
        abstract = True

    def save_base(self, *args: Any, **options: Any) -> None:
        # Not in `save`, which loading fixtures does not call.
        super().save_base(*args, **options)
        invalidate(CATALOGUE)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        deleted = super().delete(*args, **options)
        invalidate(CATALOGUE)
        return deleted
