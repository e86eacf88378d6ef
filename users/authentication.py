"""Who sends a request: `Authorization: Bearer <access token>`."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.plumbing import build_bearer_security_scheme_object
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from users.errors import CHALLENGE, TokenInvalid
from users.models import LoginSession, User
from users.selectors import live_session
from users.tokens import session_of


class SessionTokenAuthentication(BaseAuthentication):
    """
    The user of an access token, and the login that it belongs to as `request.auth`.

    The login is read with every request, so a token stops at once when its login is ended or its
    user is deactivated or erased.
    """

    def authenticate(self, request: Request) -> tuple[User, LoginSession] | None:
        scheme, _, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            session = live_session(session_of(text.strip()))
        except TokenInvalid:
            session = None
        if session is None:
            raise AuthenticationFailed(TokenInvalid().detail, TokenInvalid.code)
        return session.user, session

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class SessionTokenScheme(OpenApiAuthenticationExtension):
    target_class = SessionTokenAuthentication
    name = "accessToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return build_bearer_security_scheme_object("Authorization", "Bearer", "JWT")
