"""Who asks for seats, and for which."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

# By seat id; or by the name of an area, one type for all of its places or how many of which.
TicketTypes = Mapping[int | str, str | Mapping[str, int]]


@dataclass(frozen=True)
class Caller:
    """
    The account that asks for seats.

    With a `session_id`, that login is confirmed to be live where the seats are read.
    """

    user_id: int
    session_id: uuid.UUID | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """The caller as the queries take it."""
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
        """How many seats are wanted."""
        return self.quantity or len(self.seat_ids) + sum(self.areas.values())

    @property
    def wishes(self) -> dict[str, Any]:
        """What a party asks for that leaves the choice to us."""
        names = ("quantity", "category", "section", "max_price", "accessible")
        return {name: getattr(self, name) for name in names}
