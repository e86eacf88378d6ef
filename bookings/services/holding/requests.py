"""The caller and the contents of a request for seats."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

# The keys are seat ids and names of areas. An area has one type for all of its places, or the number
# of places of each type.
TicketTypes = Mapping[int | str, str | Mapping[str, int]]


@dataclass(frozen=True)
class Caller:
    """
    The account that asks for seats.

    With a `session_id`, reading the seats also checks that this login has not ended.
    """

    user_id: int
    session_id: uuid.UUID | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """The caller as parameters of the queries."""
        known_id = self.user_id if self.session_id is None else None
        return {"user_id": self.user_id, "session_id": self.session_id, "known_id": known_id}


@dataclass(frozen=True)
class SeatRequest:
    """Named seats and places of areas, or a quantity of the best ones."""

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
