"""
What staff plan and everyone reads: events, venues, halls, shows and their prices.

Its models derive from Catalogued, and their managers from CatalogueQuerySet: every write that goes
through the ORM, be it a service's, the admin's, an import's or a shell's, makes what was kept of the
catalogue outdated when it commits. What writes these tables by SQL of its own has to save its
object, or to say `changed(CATALOGUE)`.
"""

from typing import Any

from django.db import models

from eventbooking_system.caching import changed
from eventbooking_system.querysets import LockingQuerySet

CATALOGUE = "catalogue"


class CatalogueQuerySet(LockingQuerySet):
    def update(self, **fields: Any) -> int:
        updated = super().update(**fields)
        changed(CATALOGUE)
        return updated

    def bulk_create(self, *args: Any, **options: Any) -> list[Any]:
        created = super().bulk_create(*args, **options)
        changed(CATALOGUE)
        return created

    def delete(self) -> tuple[int, dict[str, int]]:
        deleted = super().delete()
        changed(CATALOGUE)
        return deleted


# As Django's own querysets have it, so that no template can call them.
CatalogueQuerySet.update.alters_data = True
CatalogueQuerySet.delete.alters_data = True
CatalogueQuerySet.delete.queryset_only = True


class Catalogued(models.Model):
    class Meta:
        abstract = True

    def save_base(self, *args: Any, **options: Any) -> None:
        # Below `save`, as fixtures are loaded past that.
        super().save_base(*args, **options)
        changed(CATALOGUE)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        deleted = super().delete(*args, **options)
        changed(CATALOGUE)
        return deleted
