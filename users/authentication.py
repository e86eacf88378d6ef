"""Authentication by `Authorization: Bearer <access token>`."""

from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.http import parse_cookie
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.plumbing import build_bearer_security_scheme_object
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException, AuthenticationFailed, Throttled
from rest_framework.request import Request

from eventbooking_system.api.throttles import NetworkThrottle
from users.errors import CHALLENGE, TokenInvalid
from users.models import LoginSession, User
from users.selectors import live_session
from users.services import last_use_in_cookie
from users.tokens import Bearer, bearer_of

# The cookies of staff are shorter. Longer ones take long to parse.
MAX_COOKIE_LENGTH = 4096


class SessionTokenAuthentication(BaseAuthentication):
    """
    The user of an access token, with the token's login as `request.auth`.

    The login is read with every request, so a token stops working at once when its login ends or
    its user is deactivated or erased.
    """

    def authenticate(self, request: Request) -> tuple[User, LoginSession] | None:
        bearer = claimed_login(request)
        if bearer is None:
            return None
        session = _session_of(bearer)
        if session is None:
            raise refusal_of_token(request)
        return session.user, session

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


def claimed_login(request: Request) -> Bearer | None:
    """
    Return the login that the request's signed token names, if any.

    Whether the login is live is not read. Raises AuthenticationFailed or Throttled.
    """
    scheme, _, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    try:
        return bearer_of(text.strip())
    except TokenInvalid as error:
        raise refusal_of_token(request) from error


def _session_of(bearer: Bearer) -> LoginSession | None:
    """Return the live login of a token with its user, or None."""
    session = live_session(bearer.session_id)
    if session is None or session.user_id != bearer.pk or session.is_over:
        return None
    session.user.set_login(session.second_factor_used_at)
    return session


def is_staff_request(environ: dict[str, Any]) -> bool:
    """
    Tell whether an unread request comes from staff.

    Its token or its cookie says so. The login is verified as for any request. One that still needs
    its second factor does not count.
    """
    authorization = environ.get("HTTP_AUTHORIZATION")
    user = _bearer_user(authorization) if authorization else _cookie_user(environ)
    return user is not None and user.is_staff and not user.second_factor_is_missing


def _bearer_user(authorization: str) -> User | None:
    scheme, _, text = authorization.partition(" ")
    try:
        bearer = bearer_of(text.strip()) if scheme.lower() == "bearer" else None
    except TokenInvalid:
        return None
    session = bearer and _session_of(bearer)
    return session.user if session else None


def _cookie_user(environ: dict[str, Any]) -> User | None:
    cookie = environ.get("HTTP_COOKIE", "")
    key = len(cookie) <= MAX_COOKIE_LENGTH and parse_cookie(cookie).get(
        settings.SESSION_COOKIE_NAME
    )
    if not key:
        return None
    session = SessionStore(key)
    user = get_user(SimpleNamespace(session=session))
    if not user.is_authenticated:
        return None
    user.set_login(last_use_in_cookie(session))
    return user


def refusal_of_token(request: Request) -> APIException:
    """Return the refusal of a bad token, counted for the client's network."""
    throttle = NetworkThrottle()
    if not throttle.allow_request(request, None):
        return Throttled(throttle.wait())
    return AuthenticationFailed(TokenInvalid().detail, TokenInvalid.code)


class SessionTokenScheme(OpenApiAuthenticationExtension):
    """The description of this authentication in the OpenAPI document."""

    target_class = SessionTokenAuthentication
    name = "accessToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return build_bearer_security_scheme_object("Authorization", "Bearer", "JWT")
