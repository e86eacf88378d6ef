"""
Access and refresh tokens of a login.

An access token is short-lived, and a refresh token works once. Each names its login in the claim
`session`, and is valid only while that LoginSession is live.
"""

import hmac
import json
import time
import uuid
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple, Self

from django.utils import timezone
from jwt.utils import base64url_decode, base64url_encode
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken
from rest_framework_simplejwt.utils import datetime_from_epoch

from users.errors import TokenInvalid
from users.models import LoginSession, User, password_stamp

# Our tokens have about 300 characters.
MAX_TOKEN_LENGTH = 2000
GUEST_LOGIN_LASTS = timedelta(minutes=30)


class Tokens(NamedTuple):
    """The pair of tokens that a client gets."""

    access: str
    refresh: str


class Access(NamedTuple):
    """An access token without a refresh token, and its end."""

    access: str
    expires_at: datetime


class Bearer(NamedTuple):
    """
    The user and the login that an access token names.

    The login may have ended since.
    """

    pk: int
    session_id: uuid.UUID
    is_guest: bool = False


class SessionClaim:
    """A token that names its login."""

    @property
    def session_id(self) -> uuid.UUID:
        return uuid.UUID(str(self["session"]))

    @property
    def user_id(self) -> int:
        return int(str(self[api_settings.USER_ID_CLAIM]))

    @classmethod
    def read(cls, text: str) -> Self:
        """Verify a token that a client sent. Raises TokenInvalid."""
        if len(text) > MAX_TOKEN_LENGTH:
            raise TokenInvalid
        try:
            token = cls(text)
            _ = token.session_id, token.user_id
        except (TokenError, KeyError, ValueError) as error:
            raise TokenInvalid from error
        return token


class SessionAccessToken(SessionClaim, AccessToken):
    """A token for `Authorization: Bearer`."""


class SessionRefreshToken(SessionClaim, RefreshToken):
    """A token that is exchanged, once, for the next pair."""

    access_token_class = SessionAccessToken

    @property
    def expires_at(self) -> datetime:
        return datetime_from_epoch(self["exp"])

    def check_blacklist(self) -> None:
        """Skip the library's check. The service checks under the lock of the login."""


def bearer_of(access: str) -> Bearer:
    """Return the user and login that an access token names. Raises TokenInvalid."""
    # Checked before the cache, which would have to hash the text.
    if len(access) > MAX_TOKEN_LENGTH:
        raise TokenInvalid
    bearer, expires_at = verified_bearer(access)
    if time.time() >= expires_at:
        raise TokenInvalid
    return bearer


@lru_cache(maxsize=4096)
def verified_bearer(access: str) -> tuple[Bearer, int]:
    """
    Verify an access token, and return its bearer and its expiry.

    The text before the signature is signed again, and is parsed only if both signatures are equal.
    The library looks at each character first, which takes ten times as long. That matters, as most
    customers send a token once to a process. The cache keeps no exceptions, so it holds only tokens
    with our signature.
    """
    text, _, signature = access.encode().rpartition(b".")
    header, _, payload = text.partition(b".")
    if header != _HEADER or not hmac.compare_digest(_signature_of(text), signature):
        raise TokenInvalid
    try:
        claims = json.loads(base64url_decode(payload))
        _ = claims[api_settings.JTI_CLAIM]
        if claims[api_settings.TOKEN_TYPE_CLAIM] != SessionAccessToken.token_type:
            raise TokenInvalid
        session_id, user_id = uuid.UUID(claims["session"]), int(claims[api_settings.USER_ID_CLAIM])
        return Bearer(user_id, session_id, "guest" in claims), int(claims["exp"])
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise TokenInvalid from error


_HEADER = base64url_encode(b'{"alg":"HS256","typ":"JWT"}')


def _signature_of(text: bytes) -> bytes:
    """Return the signature of HS256 (RFC 7518, section 3.2)."""
    key = api_settings.SIGNING_KEY.encode()
    return base64url_encode(hmac.digest(key, text, "sha256"))


def start_session(user: User) -> Tokens:
    """Start a login of a user whose password has been checked."""
    session = LoginSession(user=user, created_at=timezone.now())
    session.password_stamp = password_stamp(user.password)
    refresh = _refresh_token(session)
    session.expires_at = refresh.expires_at
    session.save(force_insert=True)
    return _sign(refresh, session)


def start_guest_session(guest: User) -> Access:
    """Start the only login of a guest, which is not continued."""
    token = SessionAccessToken()
    token.set_exp(lifetime=GUEST_LOGIN_LASTS)
    expires_at = datetime_from_epoch(token["exp"])
    session = LoginSession(user=guest, created_at=timezone.now(), expires_at=expires_at)
    session.password_stamp = password_stamp(guest.password)
    session.save(force_insert=True)
    token[api_settings.USER_ID_CLAIM] = str(guest.pk)
    token["session"] = str(session.pk)
    token["guest"] = True
    return Access(str(token), expires_at)


def continue_session(session: LoginSession) -> Tokens:
    """Issue the next pair of tokens of a login. Expects the session's lock."""
    refresh = _refresh_token(session)
    session.expires_at = refresh.expires_at
    session.save(update_fields=["expires_at"])
    return _sign(refresh, session)


def _refresh_token(session: LoginSession) -> SessionRefreshToken:
    refresh = SessionRefreshToken()
    if session.latest_end is not None:
        refresh["exp"] = min(refresh["exp"], int(session.latest_end.timestamp()))
    return refresh


def _sign(refresh: SessionRefreshToken, session: LoginSession) -> Tokens:
    refresh[api_settings.USER_ID_CLAIM] = str(session.user_id)
    refresh["session"] = str(session.pk)
    OutstandingToken.objects.create(
        user_id=session.user_id,
        jti=refresh[api_settings.JTI_CLAIM],
        token="",  # A reader of the database must not be able to log in.
        created_at=refresh.current_time,
        expires_at=refresh.expires_at,
    )
    return Tokens(access=str(refresh.access_token), refresh=str(refresh))
