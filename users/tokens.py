"""
Tokens: a short-lived access token and a refresh token that works once, both of one login.

Each names its login in the claim `session`; without a live LoginSession it is worth nothing.
"""

import time
import uuid
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple, Self

from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken
from rest_framework_simplejwt.utils import datetime_from_epoch

from users.errors import TokenInvalid
from users.models import LoginSession, User


class Tokens(NamedTuple):
    access: str
    refresh: str


class SessionClaim:
    @property
    def session_id(self) -> uuid.UUID:
        return uuid.UUID(str(self["session"]))

    @classmethod
    def read(cls, text: str) -> Self:
        """Verify a token that a client sent; raises TokenInvalid."""
        try:
            token = cls(text)
            _ = token.session_id
        except (TokenError, KeyError, ValueError) as error:
            raise TokenInvalid from error
        return token


class SessionAccessToken(SessionClaim, AccessToken):
    pass


class SessionRefreshToken(SessionClaim, RefreshToken):
    access_token_class = SessionAccessToken

    @property
    def expires_at(self) -> datetime:
        return datetime_from_epoch(self["exp"])

    def check_blacklist(self) -> None:
        """Whether it is used up is looked at under the lock of its session, not here."""


def session_of(access: str) -> uuid.UUID:
    """The login that an access token names. Raises TokenInvalid."""
    session_id, expires_at = _verified(access)
    if time.time() >= expires_at:
        raise TokenInvalid
    return session_id


@lru_cache(maxsize=10_000)
def _verified(access: str) -> tuple[uuid.UUID, int]:
    """What a token that we signed says, read once: its signature and its words never change."""
    token = SessionAccessToken.read(access)
    return token.session_id, token["exp"]


def start_session(user: User) -> Tokens:
    """Log a person in, whose password has been checked: a new family of tokens."""
    refresh = SessionRefreshToken()
    session = LoginSession.objects.create(
        user=user,
        password_stamp=user.get_session_auth_hash(),
        expires_at=refresh.expires_at,
    )
    return _sign(refresh, session)


def continue_session(session: LoginSession) -> Tokens:
    """The next pair of tokens of a login. Expects the session's lock."""
    refresh = SessionRefreshToken()
    session.expires_at = refresh.expires_at
    session.save(update_fields=["expires_at"])
    return _sign(refresh, session)


def _sign(refresh: SessionRefreshToken, session: LoginSession) -> Tokens:
    refresh[api_settings.USER_ID_CLAIM] = str(session.user_id)
    refresh["session"] = str(session.pk)
    OutstandingToken.objects.create(
        user_id=session.user_id,
        jti=refresh[api_settings.JTI_CLAIM],
        token="",  # Who reads the database shall not be able to log in with what it holds.
        created_at=refresh.current_time,
        expires_at=refresh.expires_at,
    )
    return Tokens(access=str(refresh.access_token), refresh=str(refresh))
