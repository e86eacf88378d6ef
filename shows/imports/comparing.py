"""How an entry of a file differs from its show."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from eventbooking_system.money import formatted
from shows.imports.errors import printable
from shows.models import Show
from shows.services import NewShow
from shows.services.pricing import Prices

# These are compared if the file says them.
_TEXTS = ("language", "format")
_TERMS = ("fee_per_ticket", "fee_per_booking", "tax_rate", "tax_inclusive")
_MAX_NAMED = 6


@dataclass
class Difference:
    """The arguments of `change_show` for an entry, and the changes in words."""

    changes: dict[str, Any] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        named, more = self.texts[:_MAX_NAMED], len(self.texts) - _MAX_NAMED
        return ", ".join([*named, *([f"and {more} more"] if more > 0 else [])])


def difference(show: Show, wanted: NewShow) -> Difference:
    """Compare a show to the entry of a file. Its prices are in `prices_in_order`."""
    found = Difference()
    fields = wanted.fields
    _compare_times(show, fields, found)
    if fields["currency"] != show.currency:
        found.changes["currency"] = fields["currency"]
        found.texts.append(f"currency {show.currency} → {fields['currency']}")
    _compare_prices(show, wanted, found)
    for name in _TEXTS:
        if fields.get(name) and fields[name] != getattr(show, name):
            found.changes[name] = fields[name]
            old = printable(getattr(show, name)) or "none"
            found.texts.append(f"{name} {old} → {printable(fields[name])}")
    for name in _TERMS:
        if name in fields and fields[name] != getattr(show, name):
            found.changes[name] = fields[name]
            found.texts.append(
                f"{name.replace('_', ' ')} {_short(getattr(show, name))} → {_short(fields[name])}"
            )
    return found


def _compare_times(show: Show, fields: Mapping[str, Any], found: Difference) -> None:
    start, end = fields["start_time"], fields["end_time"]
    if start != show.start_time:
        old, new = (_wall(instant, show) for instant in (show.start_time, start))
        found.changes["start_time"] = start
        found.texts.append(f"start {old} → {new}")
    length, old_length = end - start, show.end_time - show.start_time
    if length != old_length:
        found.texts.append(
            f"length {old_length.total_seconds() / 60:g} → {length.total_seconds() / 60:g} minutes"
        )
    if length != old_length or start != show.start_time:
        found.changes["end_time"] = end


def _compare_prices(show: Show, wanted: NewShow, found: Difference) -> None:
    old: dict[str, dict[str, Decimal]] = {}
    for price in show.prices_in_order:
        old.setdefault(price.category.name, {})[price.ticket_type] = price.amount
    # The hall may have got other categories since, and the show keeps its own.
    new: Prices = {name: wanted.prices.get(name, amounts) for name, amounts in old.items()}
    texts = []
    for category, amounts in new.items():
        for kind in {**old[category], **amounts}:
            before, after = old[category].get(kind), amounts.get(kind)
            if before != after:
                name = " ".join(part for part in (category, kind) if part)
                texts.append(
                    f"price {printable(name)} {_amount(before, show.currency)} → "
                    f"{_amount(after, wanted.fields['currency'])}"
                )
        if not texts and list(amounts) != list(old[category]):
            texts.append(f"order of the prices of {printable(category)}")
    if texts:
        found.changes["prices"] = new
        found.texts += texts


def _amount(amount: Decimal | None, currency: str) -> str:
    return "none" if amount is None else formatted(amount, currency)


def _short(value: Any) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def _wall(instant: datetime, show: Show) -> str:
    zone = ZoneInfo(show.screen.venue.timezone)
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M}"
