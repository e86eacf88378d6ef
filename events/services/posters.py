"""Use cases that change the poster of an event."""

import hashlib
import secrets
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from audit.recording import record
from eventbooking_system.errors import NotFound
from events.models import Event, poster_file
from events.services.poster_images import PosterImage


def set_poster(*, event_id: int, images: Sequence[PosterImage]) -> Event:
    """
    Store a poster's sizes, and delete those of the earlier poster.

    The files are written before the transaction, which waits for no storage. Raises NotFound.
    """
    poster = _store(images)
    try:
        return _replace(event_id, poster)
    except BaseException:
        delete_poster_files(poster)
        raise


def remove_poster(*, event_id: int) -> Event:
    """Remove the uploaded poster of an event and its files. Raises NotFound."""
    return _replace(event_id, None)


def delete_poster_files(poster: dict[str, Any] | None) -> None:
    """Delete the files of a poster that no event has any more."""
    for width, _ in (poster or {}).get("sizes", ()):
        default_storage.delete(poster_file(poster["name"], width))


@transaction.atomic(durable=True)
def _replace(event_id: int, poster: dict[str, Any] | None) -> Event:
    event = Event.objects.locked().filter(pk=event_id).first()
    if event is None:
        raise NotFound
    earlier = event.poster
    event.poster = poster
    event.save(update_fields=["poster"])
    record("events.change_poster", event, changes={"poster": [bool(earlier), bool(poster)]})
    transaction.on_commit(partial(delete_poster_files, earlier))
    return event


def _store(images: Sequence[PosterImage]) -> dict[str, Any]:
    """
    Write a poster's files, and return the event's record of them.

    The name has the digest of the content, so a file never changes and may be cached for ever. Its
    random part belongs to one upload: two events never share a file that one of them deletes.
    """
    digest = hashlib.sha256(b"".join(image.content for image in images)).hexdigest()
    name = f"{digest[:20]}-{secrets.token_hex(4)}"
    for image in images:
        default_storage.save(poster_file(name, image.width), ContentFile(image.content))
    return {"name": name, "sizes": [[image.width, image.height] for image in images]}
