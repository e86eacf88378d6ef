"""
Validators of texts that people write: names, titles, descriptions.

A control character in a title comes out in calendars, mails, files and logs, where it breaks lines
or changes what a terminal shows. Every field for text uses one of these validators.
"""

import re

from django.core.exceptions import ValidationError

_CODE = "control_character"
# NUL is left out, because Django's own validator refuses it. The last two separate lines and paragraphs.
_IN_LINE = re.compile("[\x01-\x1f\x7f-\x9f\u2028\u2029]")
_IN_TEXT = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def validate_line(text: str) -> None:
    """Refuse a line that has a control character or line break."""
    if _IN_LINE.search(text):
        raise ValidationError(
            "This text cannot have control characters or line breaks in it.", _CODE
        )


def validate_lines(text: str) -> None:
    """Refuse lines with a control character. Tab and line break are allowed."""
    if _IN_TEXT.search(text):
        raise ValidationError("This text cannot have control characters in it.", _CODE)
