"""Use cases that add, rename and delete screens."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from audit.recording import record, state_of
from eventbooking_system.errors import InUse, InvalidField, NotFound
from venues.models import Screen, Seat
from venues.services.venues import lock_venue


@transaction.atomic(durable=True)
def create_screen(*, venue_id: int, fields: Mapping[str, Any]) -> Screen:
    """
    Add a screen without seats.

    Raises NotFound, or InvalidField for a name in use.
    """
    screen = _write(Screen(venue=lock_venue(venue_id)), fields)
    record("screens.add", screen)
    return screen


@transaction.atomic(durable=True)
def update_screen(*, screen_id: int, fields: Mapping[str, Any]) -> Screen:
    """
    Rename a screen.

    Raises NotFound, or InvalidField for a name in use.
    """
    screen = lock_screen(screen_id)
    before = state_of(screen)
    screen = _write(screen, fields)
    record("screens.change", screen, before=before)
    return screen


@transaction.atomic(durable=True)
def delete_screen(*, screen_id: int) -> None:
    """
    Delete a screen that never had a show, with its seats.

    Raises NotFound or InUse.
    """
    # The same lock order as scheduling a show: the screen first, then its seats.
    screen = lock_screen(screen_id)
    record("screens.delete", screen)
    try:
        Seat.objects.filter(screen=None, category__screen=screen).delete()
        screen.delete()
    except ProtectedError as error:
        raise InUse("The screen has shows.") from error


def lock_screen(screen_id: int) -> Screen:
    """
    Lock the row of a screen until the transaction ends. Raises NotFound.

    Scheduling a show takes the same lock, so no stock is made while the seats change.
    """
    screen = Screen.objects.locked().filter(pk=screen_id).first()
    if screen is None:
        raise NotFound
    return screen


def _write(screen: Screen, fields: Mapping[str, Any]) -> Screen:
    for name, value in fields.items():
        setattr(screen, name, value)
    try:
        with transaction.atomic():
            screen.save()
    except IntegrityError as error:
        raise InvalidField("name", "The venue has a screen of this name.", "unique") from error
    return screen
