"""Form fields for the sales terms of venues and shows."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from eventbooking_system.errors import InvalidField
from venues.refund_rules import ONE_RULE, checked_rules

# Terms that a form may leave out. They stay as they are then.
EXCHANGE_TERMS = ("exchange_fee", "exchange_cutoff_minutes", "exchange_scope", "downgrade")


class RefundRulesField(forms.CharField):
    """
    Refund rules as text, one on each line.

    “24: 100” gives back 100 % until 24 hours before the start.
    """

    widget = forms.Textarea(
        attrs={"rows": 3, "cols": 20, "spellcheck": "false", "placeholder": "24: 100\n2: 50"}
    )

    def __init__(self, **kwargs: Any) -> None:
        help_text = f"{self.__doc__} Leave it empty if there is only one rule."
        super().__init__(**{"required": False, "max_length": 500, "help_text": help_text, **kwargs})

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list):
            return "\n".join(f"{rule['hours']}: {rule['percent']}" for rule in value)
        return value

    def clean(self, value: Any) -> list[dict[str, str]] | None:
        lines = [line for line in super().clean(value).splitlines() if line.strip()]
        if not lines:
            return None
        rules = []
        for line in lines:
            hours, colon, percent = (part.strip() for part in line.partition(":"))
            if not colon:
                raise ValidationError(f"“{line}” is not a line such as “24: 100”.")
            rules.append({"hours": hours, "percent": percent})
        try:
            return checked_rules(rules)
        except InvalidField as refusal:
            fault = refusal.members["errors"][0]
            number = int(fault["field"].split(".")[1]) if "." in fault["field"] else 0
            raise ValidationError(f"“{lines[number]}”: {fault['detail']}") from refusal

    def has_changed(self, initial: Any, data: Any) -> bool:
        lines = [line.strip() for line in (data or "").splitlines() if line.strip()]
        return super().has_changed(self.prepare_value(initial or None), "\n".join(lines))


def rules_to_write(cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """Return the form's values without fields that refund rules replace."""
    if not cleaned.get("refund_rules"):
        return dict(cleaned)
    return {name: value for name, value in cleaned.items() if name not in ONE_RULE}
