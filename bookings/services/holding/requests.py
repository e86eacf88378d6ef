"""The caller and the contents of a request for seats."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from bookings.models import Booking

# The keys are seat ids and names of areas. An area has one type for all of its places, or the number
# of places of each type.
TicketTypes = Mapping[int | str, str | Mapping[str, int]]


@dataclass(frozen=True)
class Caller:
    """
    The account that asks for seats.

    With a `session_id`, reading the seats also checks that this login has not ended. Staff
    at the counter sell to others, and some limits do not bind them. The holds of a guest
    count with those of all guests who typed the same address.
    """

    user_id: int
    session_id: uuid.UUID | None = None
    at_counter: bool = False
    is_guest: bool = False

    @property
    def kind(self) -> tuple[bool, bool]:
        """Whether a login must be confirmed, and whether it is a guest's."""
        return self.session_id is not None, self.is_guest


@dataclass(frozen=True)
class Counter:
    """
    A sale at the counter: the seller, the account and the terms.

    With a `complimentary_reason` the seats cost nothing. With `pay_by` the hold lasts until then.
    """

    seller_id: int
    account_id: int
    is_walk_in: bool = False
    customer_name: str = ""
    customer_email: str = ""
    customer_phone: str = ""
    complimentary_reason: str = ""
    pay_by: datetime | None = None

    @property
    def caller(self) -> Caller:
        return Caller(self.seller_id, at_counter=True)

    @property
    def columns(self) -> dict[str, Any]:
        """The booking's columns that only a sale at the counter has."""
        return {
            "sales_channel": Booking.Channel.BOX_OFFICE,
            "sold_by_id": self.seller_id,
            "customer_name": self.customer_name,
            "customer_email": self.customer_email,
            "customer_phone": self.customer_phone,
            "complimentary_reason": self.complimentary_reason,
        }


@dataclass(frozen=True)
class SeatRequest:
    """Named seats and places of areas, or a quantity of the best."""

    show_id: int
    seat_ids: Sequence[int] = ()
    areas: Mapping[str, int] = field(default_factory=dict)
    quantity: int = 0
    category: str | None = None
    section: str | None = None
    max_price: Decimal | None = None
    accessible: bool = False
    ticket_types: TicketTypes = field(default_factory=dict)
    promo_code: str | None = None

    @property
    def count(self) -> int:
        """The number of wanted seats and places."""
        return self.quantity or len(self.seat_ids) + sum(self.areas.values())

    @property
    def wishes(self) -> dict[str, Any]:
        """The wishes of a party that lets the system choose its seats."""
        names = ("quantity", "category", "section", "max_price", "accessible")
        return {name: getattr(self, name) for name in names}
