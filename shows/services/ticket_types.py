"""Ticket types: their rules, as staff write them."""

from typing import Any

from django.db import IntegrityError, transaction

from audit.recording import record, state_of
from eventbooking_system.errors import InUse, InvalidField, NotFound
from shows.models import TicketType


@transaction.atomic(durable=True)
def save_ticket_type(*, ticket_type_id: int | None = None, **fields: Any) -> TicketType:
    """
    Add a ticket type, or change one. Bookings that were made keep their tickets.

    Raises NotFound, and InvalidField for rules that contradict each other or a name in use.
    """
    kind = TicketType()
    if ticket_type_id is not None:
        kind = TicketType.objects.locked().filter(pk=ticket_type_id).first()
        if kind is None:
            raise NotFound
    before = state_of(kind)
    for name, value in fields.items():
        setattr(kind, name, value)
    check_ticket_type(kind)
    try:
        with transaction.atomic():
            kind.save()
    except IntegrityError as error:
        field = "code" if "code" in str(error) else "name"
        detail = f"There is a ticket type with this {field}."
        raise InvalidField(field, detail, "unique") from error
    if ticket_type_id is None:
        record("ticket_types.add", kind)
    else:
        record("ticket_types.change", kind, before=before)
    return kind


def check_ticket_type(kind: TicketType) -> None:
    """Check that the rules can be kept. Raises InvalidField."""
    limit = kind.max_per_booking
    if limit is not None and limit < kind.min_per_booking:
        raise InvalidField("max_per_booking", "This is less than the minimum of a booking.")
    if kind.max_per_show is not None and kind.max_per_show < kind.min_per_booking:
        raise InvalidField("max_per_show", "This is less than the minimum of a booking.")
    if not (kind.on_web or kind.at_box_office):
        raise InvalidField("channels", "Choose at least one channel of sale.", "required")
    needed = kind.needs
    if needed is None:
        return
    if needed.pk == kind.pk:
        raise InvalidField("needs", "A ticket type cannot need itself.")
    if needed.venue_id is not None and needed.venue_id != kind.venue_id:
        raise InvalidField("needs", "This type is sold at another venue.")


@transaction.atomic(durable=True)
def delete_ticket_type(*, ticket_type_id: int) -> None:
    """
    Delete a ticket type. Prices keep its name, and have no rules any more.

    Raises NotFound, and InUse for a type that another one needs.
    """
    kind = TicketType.objects.locked().filter(pk=ticket_type_id).first()
    if kind is None:
        raise NotFound
    if other := kind.needed_by.first():
        raise InUse(f"“{other.name}” needs this ticket type.")
    record("ticket_types.delete", kind)
    kind.delete()
