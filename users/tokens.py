"""
Tokens: a short-lived access token and a refresh token that works once, both of one login.

Each names its login in the claim `session`; without a live LoginSession it is worth nothing.
"""

import base64
import hmac
import time
import uuid
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, Self

import orjson
from django.conf import settings
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken
from rest_framework_simplejwt.utils import datetime_from_epoch

from users.errors import TokenInvalid
from users.models import LoginSession, User, password_stamp

# {"alg":"HS256","typ":"JWT"}
_HEADER = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."


class Tokens(NamedTuple):
    access: str
    refresh: str


class Bearer(NamedTuple):
    """
    Whom an access token names, and the login, which may have ended since: a stand-in for the user
    until somebody looks.
    """

    pk: int
    session_id: uuid.UUID
    is_authenticated = True


class SessionClaim:
    @property
    def session_id(self) -> uuid.UUID:
        return uuid.UUID(str(self["session"]))

    @property
    def user_id(self) -> int:
        return int(str(self[api_settings.USER_ID_CLAIM]))

    @classmethod
    def read(cls, text: str) -> Self:
        """Verify a token that a client sent; raises TokenInvalid."""
        try:
            token = cls(text)
            _ = token.session_id, token.user_id
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


def bearer_of(access: str) -> Bearer:
    """Whom an access token names. Raises TokenInvalid."""
    bearer, expires_at = _bearer_of_ours(access)
    if bearer is not None and time.time() < expires_at:
        return bearer
    token = SessionAccessToken.read(access)
    return Bearer(token.user_id, token.session_id)


@lru_cache(maxsize=4096)
def _bearer_of_ours(access: str) -> tuple[Bearer | None, int]:
    """Whom an access token names that has our signature, and until when it does."""
    match _claims_of_ours(access):
        case {
            "token_type": "access",
            "exp": int() as expires_at,
            "jti": str(),
            "session": str() as pk,
            "user_id": str() as user_id,
        }:
            with suppress(ValueError):
                return Bearer(int(user_id), uuid.UUID(pk)), expires_at
    return None, 0


def _claims_of_ours(access: str) -> Any:
    """
    What a token says that has our signature; of any other the library says what is wrong with it.

    The library takes as long to read one as a hold of seats takes in all.
    """
    signed, _, signature = access.rpartition(".")
    if not signed.startswith(_HEADER):
        return None
    digest = hmac.digest(settings.SECRET_KEY.encode(), signed.encode(), "sha256")
    expected = base64.urlsafe_b64encode(digest).rstrip(b"=")
    if not hmac.compare_digest(expected, signature.encode()):
        return None
    payload = signed.removeprefix(_HEADER)
    return orjson.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def start_session(user: User) -> Tokens:
    """Log a person in, whose password has been checked: a new family of tokens."""
    refresh = SessionRefreshToken()
    session = LoginSession.objects.create(
        user=user,
        password_stamp=password_stamp(user.password),
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
