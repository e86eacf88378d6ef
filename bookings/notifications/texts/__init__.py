"""
The texts of messages, in the customer's language.

Translations are in bookings/locale. The values in the texts come from `Facts`.
"""

from bookings.notifications.texts.facts import DisputeFacts, Facts, PassedOn
from bookings.notifications.texts.writing import WORDS, Text, written

__all__ = ["WORDS", "DisputeFacts", "Facts", "PassedOn", "Text", "written"]
