"""Authentication by `Authorization: Bearer <access token>`."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.plumbing import build_bearer_security_scheme_object
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException, AuthenticationFailed, Throttled
from rest_framework.request import Request

from users.errors import CHALLENGE, TokenInvalid
from users.models import LoginSession, User
from users.selectors import live_session
from users.throttles import NetworkThrottle
from users.tokens import Bearer, bearer_of


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
        session = live_session(bearer.session_id)
        if session is None or session.user_id != bearer.pk or session.is_over:
            raise _refusal(request)
        session.user.set_login(session.second_factor_used_at)
        return session.user, session

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


def claimed_login(request: Request) -> Bearer | None:
    """
    Return the login that the request's token names, if there is a token with our signature.

    Whether the login is live is not read. Raises AuthenticationFailed or Throttled.
    """
    scheme, _, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    try:
        return bearer_of(text.strip())
    except TokenInvalid as error:
        raise _refusal(request) from error


def _refusal(request: Request) -> APIException:
    """Return the refusal of a bad token, which counts for the client's network."""
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
