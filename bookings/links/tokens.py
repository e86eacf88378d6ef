"""
The token of a link's session, which opens only one booking.

Its type differs from that of a login's token, so every other operation refuses it.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import Token
from rest_framework_simplejwt.utils import datetime_from_epoch

from users.tokens import MAX_TOKEN_LENGTH


class LinkToken(Token):
    """A signed token that names its link."""

    token_type = "booking_link"
    lifetime = timedelta(minutes=30)


class LinkAccess(NamedTuple):
    """The access token of a link's session, and its end."""

    access: str
    expires_at: datetime


def issue_link_token(link_id: int) -> LinkAccess:
    """Sign the token of a new session of a link."""
    token = LinkToken()
    token["link"] = link_id
    return LinkAccess(str(token), datetime_from_epoch(token["exp"]))


def link_of_token(text: str) -> int | None:
    """Return the link of a live token, or None."""
    if len(text) > MAX_TOKEN_LENGTH:
        return None
    try:
        return LinkToken(text)["link"]
    except TokenError:
        return None
