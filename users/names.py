"""Names of people, which appear in mails to others."""

import re
from unicodedata import category, normalize

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

# Text that mail programs turn into a link: a scheme, a path, or a domain. "J. R. R." is a name.
_LINK = re.compile(r"[/\\@]|[^\W\d_]{2,}:|www\.|[^\W_]\.[^\W\d_]{2,}", re.IGNORECASE)
# Control characters, line and paragraph separators, and marks that reverse the direction of text.
_CONTROLS = {"Cc", "Zl", "Zp"}
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")


def is_plain_name(text: str) -> bool:
    """Tell whether a name has no web address and no line break."""
    # A full-width dot or letter leads to the same address as an ordinary one.
    text = normalize("NFKC", text).replace("。", ".")
    has_controls = any(category(letter) in _CONTROLS for letter in text)
    return not (has_controls or _LINK.search(text) or _DIRECTIONS.search(text))


def validate_name(text: str) -> None:
    """Refuse a name with a web address or a line break. Raises ValidationError."""
    if not is_plain_name(text):
        raise ValidationError(
            gettext_lazy("A name cannot have a web address or a line break in it."), "invalid"
        )
