"""The prices of a show as lines of text for staff."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from eventbooking_system.money import formatted
from shows.models import Show


class PricesField(forms.CharField):
    """
    Prices as text, one on each line.

    “Gold: 250.00”, or for a ticket type, the default type first: “Gold / Child: 150.00”.
    """

    widget = forms.Textarea(
        attrs={
            "rows": 6,
            "cols": 40,
            "spellcheck": "false",
            "placeholder": "Gold: 250.00\nSilver / Adult: 180.00\nSilver / Child: 120.00",
        }
    )

    def to_python(self, value: Any) -> str:
        # Browsers send other line ends than the text that they received.
        lines = (line.strip() for line in super().to_python(value).splitlines())
        return "\n".join(line for line in lines if line)


_AMOUNT = re.compile(r"[0-9]{1,11}(\.[0-9]{1,3})?")
_MAX_TYPE_LENGTH = 50


def read_prices(text: str, categories: Sequence[str]) -> dict[str, dict[str, Decimal]]:
    """Parse lines of prices. Raises ValidationError, which names each bad line."""
    prices: dict[str, dict[str, Decimal]] = {}
    faults = []
    for line in text.splitlines():
        what, _, amount = (part.strip() for part in line.rpartition(":"))
        category, ticket_type = _priced(what, categories)
        amounts = prices.setdefault(category, {})
        if not what or not _AMOUNT.fullmatch(amount):
            faults.append(f"“{line}” is not a line such as “Gold: 250.00”.")
        elif not category:
            faults.append(f"“{what}”: the screen has {', '.join(categories) or 'no seats'}.")
        elif len(ticket_type) > _MAX_TYPE_LENGTH:
            faults.append(f"“{ticket_type}” is longer than {_MAX_TYPE_LENGTH} characters.")
        elif ticket_type in amounts:
            faults.append(f"“{what}” appears twice.")
        elif amounts and "" in (ticket_type, *amounts):
            faults.append(f"“{category}” has prices with and without a ticket type.")
        amounts[ticket_type] = Decimal(amount) if _AMOUNT.fullmatch(amount) else Decimal(0)
    if faults:
        raise ValidationError(faults)
    return prices


def _priced(what: str, categories: Sequence[str]) -> tuple[str, str]:
    """
    Split a line into a category and a ticket type.

    A category's name may contain a slash.
    """
    if what in categories:
        return what, ""
    for category in sorted(categories, key=len, reverse=True):
        rest = what.removeprefix(category).lstrip() if what.startswith(category) else ""
        if ticket_type := rest.removeprefix("/").strip() if rest.startswith("/") else "":
            return category, ticket_type
    return "", ""


def written_prices(show: Show) -> list[str]:
    """Write the prices of a show as lines that `read_prices` reads."""
    return [
        " / ".join(part for part in (price.category.name, price.ticket_type) if part)
        + f": {formatted(price.amount, show.currency)}"
        for price in show.show_prices.all()
    ]
