"""Use cases that change an event and its genres."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from audit.recording import record, state_of
from eventbooking_system.errors import InUse, NotFound
from eventbooking_system.slugs import save_with_slug
from events.models import Event, Genre
from events.services.posters import delete_poster_files


@transaction.atomic(durable=True)
def create_event(*, fields: Mapping[str, Any]) -> Event:
    """
    Add an event. `genres` are names, and new names are added to the genres.

    Without a slug it gets one derived from its title. Raises InvalidField for a slug in use.
    """
    event = _write(Event(), fields)
    record("events.add", event)
    return event


@transaction.atomic(durable=True)
def update_event(*, event_id: int, fields: Mapping[str, Any]) -> Event:
    """
    Change the given fields of an event. Its slug stays unless another is given.

    Raises NotFound, or InvalidField for a slug in use.
    """
    # Saving writes every column, so without the lock two changes would undo each other.
    event = Event.objects.locked().filter(pk=event_id).first()
    if event is None:
        raise NotFound
    before = state_of(event)
    if event.poster and fields.get("poster_url") == event.shown_poster_url:
        # A client sends back what it read. The uploaded poster is not the typed address.
        fields = {name: value for name, value in fields.items() if name != "poster_url"}
    event = _write(event, fields)
    record("events.change", event, before=before)
    return event


def delete_event(*, event_id: int) -> None:
    """
    Delete an event that never had a show.

    Raises InUse for an event that has shows, or that a promo code is for.
    """
    try:
        with transaction.atomic(durable=True):
            _refuse_if_promoted(event_id)
            record("events.delete", Event(pk=event_id))
            for event in Event.objects.locked().filter(pk=event_id):
                event.delete()
                transaction.on_commit(partial(delete_poster_files, event.poster))
    # The commit fails if a show was scheduled meanwhile.
    except (ProtectedError, IntegrityError) as error:
        raise InUse("The event has shows. Unpublish it to hide it.") from error


def promo_codes_for(events: Sequence[int]) -> list[str]:
    """
    List the promo codes that are for these events.

    Such events must not be deleted, because a code without an event is for all events.
    """
    # The model is found by its name, because events must not import bookings.
    promo_codes = apps.get_model("bookings.PromoCode").objects.filter(events__in=events)
    return list(promo_codes.order_by("code").values_list("code", flat=True).distinct())


def _refuse_if_promoted(event_id: int) -> None:
    if codes := promo_codes_for([event_id]):
        raise InUse(f"Promo codes are for the event: {', '.join(codes[:10])}.")


def _write(event: Event, fields: Mapping[str, Any]) -> Event:
    columns = {name: value for name, value in fields.items() if name != "genres"}
    for name, value in columns.items():
        setattr(event, name, value)
    save_with_slug(event, text=event.title)
    if "genres" in fields:
        event.genres.set(_genres(fields["genres"]))
    return event


def _genres(names: Sequence[str]) -> list[Genre]:
    """Return the genres with these names. Add those that are missing."""
    known = {genre.name.lower() for genre in Genre.objects.named(names)}
    missing = [Genre(name=name) for name in names if name.lower() not in known]
    # Another request may add the same genre at this moment. Either row will do.
    Genre.objects.bulk_create(missing, ignore_conflicts=True)
    return list(Genre.objects.named(names))
