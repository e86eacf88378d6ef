"""The rules of a show's ticket types."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from django.db.models import OuterRef, Subquery

from shows.models import Show, ShowPrice, TicketType

# Used by the statement of a hold, which reads the show anyway.
RULES = Subquery(TicketType.objects.of_venue(OuterRef("screen__venue")).as_rules())


@dataclass(frozen=True)
class TicketRule:
    """The rules of a ticket type that its sale depends on."""

    venue_id: int | None
    code: str
    name: str
    min_per_booking: int
    max_per_booking: int | None
    max_per_show: int | None
    needs_code: str | None
    needs_name: str | None
    per_needed: int
    no_fee: bool
    on_web: bool
    at_box_office: bool

    @property
    def names(self) -> set[str]:
        return {self.name, self.code}

    @property
    def needed_names(self) -> set[str]:
        return {name for name in (self.needs_name, self.needs_code) if name}

    def is_sold(self, *, at_counter: bool) -> bool:
        return bool(self.at_box_office if at_counter else self.on_web)


class TicketRules(dict[str, TicketRule]):
    """Rules by the name or the code of a ticket type."""

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]] | None) -> Self:
        """Make the rules from rows of `as_rules`. A venue's own type comes before a general one."""
        rules = cls()
        for row in sorted(rows or (), key=lambda row: row["venue_id"] is not None):
            rule = TicketRule(**row)
            rules.update(dict.fromkeys((rule.code, rule.name), rule))
        return rules

    def fulfilling(self, needed: set[str], ticket_type: str) -> bool:
        """Tell whether a ticket of this type counts as a needed one."""
        rule = self.get(ticket_type)
        return ticket_type in needed or bool(rule and rule.names & needed)


def ticket_types_of(show: Show) -> list[dict[str, Any]]:
    """
    Describe a show's ticket types for a buyer, in price order.

    `ticket_type` is the name that the prices have. A type without rules has the defaults.
    """
    prices = getattr(show, "prices_in_order", None)
    if prices is None:
        prices = ShowPrice.objects.filter(show=show).order_by(
            "category__position", "category_id", "position"
        )
    names = list(dict.fromkeys(price.ticket_type for price in prices if price.ticket_type))
    if not names:
        return []
    found = TicketType.objects.of_venue(show.screen.venue_id).select_related("needs")
    types: dict[str, TicketType] = {}
    for each in sorted(found, key=lambda each: each.venue_id is not None):
        types |= dict.fromkeys((each.code, each.name), each)
    return [_described(name, types.get(name) or TicketType(name=name), names) for name in names]


def _described(label: str, kind: TicketType, labels: list[str]) -> dict[str, Any]:
    needs = None
    if kind.needs:
        sold = (name for name in labels if name in (kind.needs.name, kind.needs.code))
        needs = {"ticket_type": next(sold, kind.needs.name), "ratio": kind.per_needed}
    channels = {"web": kind.on_web, "box_office": kind.at_box_office}
    return {
        "ticket_type": label,
        "code": kind.code,
        "name": kind.name,
        "min_per_booking": kind.min_per_booking,
        "max_per_booking": kind.max_per_booking,
        "max_per_show": kind.max_per_show,
        "needs": needs,
        "no_fee": kind.no_fee,
        "channels": [name for name, is_sold in channels.items() if is_sold],
        "proof_text": kind.proof_text,
        "minimum_age": kind.minimum_age,
    }
