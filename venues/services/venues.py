"""Use cases that add, change and delete venues."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError

from audit.recording import record, state_of
from eventbooking_system.errors import InUse, InvalidField, NotFound
from eventbooking_system.slugs import save_with_slug
from venues.models import Venue
from venues.refund_rules import with_rules


@transaction.atomic(durable=True)
def create_venue(*, fields: Mapping[str, Any]) -> Venue:
    """
    Add a venue. Without a slug it gets one derived from its name.

    Raises InvalidField.
    """
    venue = _write(Venue(), fields)
    record("venues.add", venue)
    return venue


@transaction.atomic(durable=True)
def update_venue(
    *, venue_id: int, fields: Mapping[str, Any], confirm_timezone: bool = False
) -> Venue:
    """
    Change the given fields of a venue. Its slug stays unless another is given.

    Scheduled shows keep their start times and terms. With another zone they begin at another local
    time. While shows to come are sold, this has to be confirmed, and a periodic job tells the
    customers. Raises NotFound or InvalidField.
    """
    venue = lock_venue(venue_id)
    if not confirm_timezone:
        check_timezone(venue, fields.get("timezone", venue.timezone))
    before = state_of(venue)
    venue = _write(venue, fields)
    record("venues.change", venue, before=before)
    return venue


def check_timezone(venue: Venue, timezone: str) -> None:
    """
    Refuse to move the wall time of shows with booked seats.

    Expects the lock of the venue. Raises InvalidField.
    """
    stored = Venue.objects.filter(pk=venue.pk)
    if stored.filter(timezone=timezone).exists():
        return
    if sold := stored.sold_ahead().count():
        shows = "1 show to come has" if sold == 1 else f"{sold} shows to come have"
        raise InvalidField(
            "timezone",
            f"{shows} sold or held seats, and would begin at another time of day. To change the "
            "time zone anyway, and tell the customers, confirm it with confirm_timezone.",
            "shows_sold",
        )


@transaction.atomic(durable=True)
def delete_venue(*, venue_id: int) -> None:
    """
    Delete a venue that has no screens.

    Raises NotFound or InUse.
    """
    venue = lock_venue(venue_id)
    record("venues.delete", venue)
    try:
        venue.delete()
    except ProtectedError as error:
        raise InUse("The venue has screens. Delete them first.") from error


def lock_venue(venue_id: int) -> Venue:
    """Lock the row of a venue until the transaction ends. Raises NotFound."""
    venue = Venue.objects.locked().filter(pk=venue_id).first()
    if venue is None:
        raise NotFound
    return venue


def _write(venue: Venue, fields: Mapping[str, Any]) -> Venue:
    for name, value in with_rules(fields).items():
        setattr(venue, name, value)
    if (venue.latitude is None) != (venue.longitude is None):
        missing = "latitude" if venue.latitude is None else "longitude"
        raise InvalidField(missing, "Give both the latitude and the longitude, or neither.")
    save_with_slug(venue, text=venue.name)
    return venue
