"""Serializers of requests for seats."""

import re
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from bookings.models import Booking
from eventbooking_system.api.serializers import (
    BIGINT,
    IdField,
    MoneyField,
    StrictBooleanField,
    StrictCharField,
    StrictIntegerField,
    StrictSerializer,
)
from shows.serializers import AreasField, SeatIdsField

# Far above the limit of any show. The show's own limit is checked by the service.
MAX_SEATS = 500


@extend_schema_field({"oneOf": [
    {"type": "string"}, {"type": "object", "additionalProperties": {"type": "integer", "minimum": 1}}
]})  # fmt: skip
class TicketTypeField(serializers.Field):
    """A ticket type, or the number of tickets of each type."""

    name = StrictCharField(max_length=50)
    counts = AreasField(allow_empty=False)

    def to_internal_value(self, data: Any) -> str | dict[str, int]:
        return (self.counts if isinstance(data, dict) else self.name).run_validation(data)

    def to_representation(self, value: Any) -> Any:
        return value


class TicketTypesField(serializers.DictField):
    """
    Ticket types by seat id or by an area's name.

    In JSON the ids are strings.
    """

    child = TicketTypeField()
    default_error_messages = {
        "seat": "Use the ids of seats and the names of areas as keys.",
        "count": "A seat has one ticket type.",
        "twice": "A seat is named twice.",
    }

    def to_internal_value(self, data: Any) -> dict[int | str, str | dict[str, int]]:
        types: dict[int | str, Any] = {}
        for name, ticket_type in super().to_internal_value(data).items():
            if name.isascii() and name.isdigit():
                if len(name) > 18:
                    self.fail("seat")
                if not isinstance(ticket_type, str):
                    raise serializers.ValidationError({name: [self.error_messages["count"]]})
                if int(name) in types:  # The same id with leading zeros.
                    raise serializers.ValidationError({name: [self.error_messages["twice"]]})
                types[int(name)] = ticket_type
            else:
                types[name] = ticket_type
        if len(types) > MAX_SEATS:
            self.fail("seat")
        return types


def _usual(body: Any) -> dict[str, Any] | None:
    """
    Return the values of a usual, valid request.

    It names seats, perhaps with their ticket types, or has a quantity, perhaps with a category, and
    perhaps a promo code. Return None for any other body. The fields give the same result and take
    ten times as long. A test compares both.
    """
    if not isinstance(body, dict):
        return None
    if _BEST_SEATS <= body.keys() <= _WITH_WISHES:
        return body if _is_usual_choice(body) else None
    return _named_seats(body) if _NAMED_SEATS <= body.keys() <= _WITH_TYPES else None


def _is_usual_choice(body: dict[str, Any]) -> bool:
    show_id, quantity = body["show_id"], body["quantity"]
    if not type(show_id) is type(quantity) is int:
        return False
    if not (0 < show_id <= BIGINT and 0 < quantity <= MAX_SEATS):
        return False
    return all(_is_plain(body[name]) for name in body.keys() - _BEST_SEATS)


def _named_seats(body: dict[str, Any]) -> dict[str, Any] | None:
    show_id, seat_ids = body["show_id"], body["seat_ids"]
    if not isinstance(seat_ids, list):
        return None
    if not all(type(item) is int and 0 < item <= BIGINT for item in (show_id, *seat_ids)):
        return None
    if not 0 < len(set(seat_ids)) == len(seat_ids) <= MAX_SEATS:
        return None
    if "promo_code" in body and not _is_plain(body["promo_code"]):
        return None
    types = body.get("ticket_types")
    if types is None:
        return None if "ticket_types" in body else body
    if not isinstance(types, dict) or len(types) > MAX_SEATS:
        return None
    if not all(_SEAT_ID.fullmatch(seat) and _is_plain(name) for seat, name in types.items()):
        return None
    return {**body, "ticket_types": {int(seat): name for seat, name in types.items()}}


_NAMED_SEATS = {"show_id", "seat_ids"}
_WITH_TYPES = _NAMED_SEATS | {"promo_code", "ticket_types"}
_BEST_SEATS = {"show_id", "quantity"}
_WITH_WISHES = _BEST_SEATS | {"promo_code", "category"}
_SEAT_ID = re.compile(r"[1-9][0-9]{0,17}")
_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,40}")


def _is_plain(text: Any) -> bool:
    """Tell whether a value is short text that validation leaves unchanged."""
    return isinstance(text, str) and _PLAIN.fullmatch(text) is not None


class BookingRequestSerializer(StrictSerializer):
    """
    A request for named seats, or for the best ones.

    Send either `seat_ids` and `areas`, or `quantity` with optional wishes such as `category`.
    """

    show_id = IdField()
    seat_ids = SeatIdsField(required=False, allow_empty=False, max_length=MAX_SEATS)
    areas = AreasField(
        required=False,
        allow_empty=False,
        help_text="The number of places in each area, by the area's name.",
    )
    quantity = StrictIntegerField(required=False, min_value=1, max_value=MAX_SEATS)
    category = StrictCharField(required=False, max_length=100)
    section = StrictCharField(required=False, max_length=100, allow_blank=True)
    max_price = MoneyField(required=False)
    accessible = StrictBooleanField(required=False)
    ticket_types = TicketTypesField(required=False)
    promo_code = StrictCharField(required=False, max_length=40)

    def run_validation(self, data: Any = serializers.empty) -> dict[str, Any]:
        """Validate a usual request without the fields."""
        return _usual(data) or super().run_validation(data)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        names_seats = "seat_ids" in attrs or "areas" in attrs
        if "quantity" not in attrs and not names_seats:
            raise serializers.ValidationError(
                {"seat_ids": ["Name the seats, or a quantity."]}, "required"
            )
        chosen_for = {"quantity", "category", "section", "max_price", "accessible"}
        excluded = chosen_for if names_seats else {"ticket_types"}
        if surplus := sorted(excluded & attrs.keys()):
            message = "Name seats or send a quantity, not both. Ticket types need named seats."
            raise serializers.ValidationError({name: [message] for name in surplus})
        return attrs


class QuoteRequestSerializer(BookingRequestSerializer):
    """A request for the price of a booking. Staff may ask for the price at the counter."""

    sales_channel = serializers.ChoiceField(
        Booking.Channel.choices,
        required=False,
        help_text="`box_office` for the price at the counter, which only staff may ask for.",
    )
