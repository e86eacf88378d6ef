"""Slugs: readable parts of addresses, unique in a table."""

from itertools import chain, count

from django.db import IntegrityError, models, transaction
from django.utils.text import slugify

from eventbooking_system.errors import InvalidField

_ROOM_FOR_NUMBER = 8


def save_with_slug(instance: models.Model, *, text: str) -> None:
    """
    Save a row, and derive a missing slug from `text`.

    The slug is free. Raises InvalidField if another row has the chosen slug. Expects a transaction.
    """
    chosen = instance.slug
    while True:
        instance.slug = chosen or free_slug(type(instance), text)
        try:
            with transaction.atomic():
                return instance.save()
        except IntegrityError:
            rivals = type(instance).objects.filter(slug=instance.slug).exclude(pk=instance.pk)
            if not rivals.exists():
                raise
            if chosen:
                raise InvalidField("slug", "This slug is in use.", "unique") from None
            # Another transaction has just taken the derived slug, so derive the next one.


def free_slug(model: type[models.Model], text: str) -> str:
    """Derive a slug from a text that no row has yet."""
    room = model._meta.get_field("slug").max_length - _ROOM_FOR_NUMBER
    # A title without any Latin letter or digit gives an empty slug.
    base = slugify(text)[:room].strip("-") or model._meta.model_name
    taken = set(model.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    candidates = chain([base], (f"{base}-{number}" for number in count(2)))
    return next(slug for slug in candidates if slug not in taken)
