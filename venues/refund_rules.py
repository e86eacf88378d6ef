"""
Refund rules: which part of the price comes back, and until when.

A rule has the hours before the start until which it holds, and the percentage. Rules are in order
of time, so the first one that still holds counts. After the last one nothing can be cancelled.
Hours and percentages are decimal strings, as in the API.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from typing import Any

from eventbooking_system.errors import InvalidField

Rules = Sequence[Mapping[str, str]]

MAX_RULES = 10
MAX_HOURS = 8760
# The smallest part of an hour in rules that are computed.
_HOUR = Decimal("0.0001")
# The columns of the one-rule case, with the part of the rule that each one has.
ONE_RULE = ("refund_cutoff_hours", "refund_percent")


def rule(hours: Decimal | int, percent: Decimal | int) -> dict[str, str]:
    """Write one rule."""
    return {"hours": _plain(hours), "percent": _plain(percent)}


def checked_rules(rules: Any) -> list[dict[str, str]]:
    """Return the rules in their plain notation. Raises InvalidField, which names the rule."""
    if not isinstance(rules, list) or not 1 <= len(rules) <= MAX_RULES:
        raise InvalidField("refund_rules", f"Send a list of 1 to {MAX_RULES} rules.")
    checked: list[dict[str, str]] = []
    for index, each in enumerate(rules):
        place = f"refund_rules.{index}"
        if not isinstance(each, dict) or each.keys() != {"hours", "percent"}:
            raise InvalidField(place, "A rule has `hours` and `percent`.")
        hours = _number(each["hours"], f"{place}.hours", at_most=MAX_HOURS)
        percent = _number(each["percent"], f"{place}.percent", at_most=100)
        if checked and hours >= Decimal(checked[-1]["hours"]):
            raise InvalidField(f"{place}.hours", "Each rule has fewer hours than the one before.")
        checked.append(rule(hours, percent))
    return checked


def with_rules(fields: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return the fields with all columns of refund rules.

    `refund_rules` with more than one rule is stored, and the columns of the one-rule case get its
    last rule. The two columns mean one rule, so writing them ends stored rules. Raises InvalidField.
    """
    if fields.get("refund_rules") is None:
        one_rule = fields.keys() & {*ONE_RULE, "refund_rules"}
        return {**fields, "refund_rules": None} if one_rule else dict(fields)
    if both := [name for name in ONE_RULE if name in fields]:
        raise InvalidField(both[0], "Send refund_rules, or the hours and percentage of one rule.")
    rules = checked_rules(fields["refund_rules"])
    hours = Decimal(rules[-1]["hours"])
    whole_hours = int(hours.to_integral_value(ROUND_CEILING))
    is_stored = len(rules) > 1 or whole_hours != hours
    return {
        **fields,
        "refund_rules": rules if is_stored else None,
        "refund_cutoff_hours": whole_hours,
        "refund_percent": Decimal(rules[-1]["percent"]),
    }


def percent_at(rules: Rules, *, start: datetime, now: datetime) -> Decimal | None:
    """Return the percentage of the first rule that still holds, or None."""
    for each in rules:
        if now <= deadline(each, start):
            return Decimal(each["percent"])
    return None


def deadline(each: Mapping[str, str], start: datetime) -> datetime:
    """Return the instant until which a rule holds."""
    return start - timedelta(hours=1) * float(each["hours"])


def stricter(
    first: Rules, first_start: datetime, second: Rules, second_start: datetime
) -> list[dict[str, str]]:
    """
    Return rules for the second start, as strict as both sets.

    The hours of the first set count from its own start. They are rounded up, so that a rule ends
    earlier and not later.
    """
    between = Decimal((second_start - first_start) // timedelta(seconds=1)) / 3600
    moved = [
        {**each, "hours": str((Decimal(each["hours"]) + between).quantize(_HOUR, ROUND_CEILING))}
        for each in first
    ]
    rules: list[dict[str, str]] = []
    for hours in sorted({Decimal(each["hours"]) for each in (*moved, *second)}, reverse=True):
        percents = [_percent_before(moved, hours), _percent_before(second, hours)]
        if None in percents:
            continue
        lowest = rule(hours, min(percents))
        if rules and rules[-1]["percent"] == lowest["percent"]:
            rules[-1] = lowest
        else:
            rules.append(lowest)
    return rules


def _percent_before(rules: Rules, hours: Decimal) -> Decimal | None:
    """Return the percentage that holds this many hours before the start."""
    return next(
        (Decimal(each["percent"]) for each in rules if Decimal(each["hours"]) <= hours), None
    )


def _number(value: Any, field: str, *, at_most: int) -> Decimal:
    try:
        number = Decimal(value) if isinstance(value, str) and value.isascii() else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or set(value) - set("0123456789."):
        raise InvalidField(field, 'Send a decimal string such as "24".')
    if number > at_most:
        raise InvalidField(field, f"This must be at most {at_most}.")
    if number != number.quantize(Decimal("0.01")):
        raise InvalidField(field, "This has at most two decimal places.")
    return number


def _plain(number: Decimal | int) -> str:
    """Write a number without trailing zeros and without an exponent."""
    return f"{Decimal(number).normalize():f}"
