"""Logins and their tokens."""

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.response import Response

from eventbooking_system.api.schema import problems
from eventbooking_system.server.request_context import client_network
from users import services
from users.authentication import SessionTokenAuthentication
from users.errors import LoginFailed, TokenInvalid
from users.models import LoginSession
from users.serializers import LoginSerializer, RefreshSerializer, TokensSerializer
from users.throttles import PublicPasswordThrottle
from users.views.base import TOKENS, PublicViewSet, request_example, response_example


def live_login_of(request: Request) -> LoginSession | None:
    """Return the live login whose token a request sends, or None."""
    try:
        _, session = SessionTokenAuthentication().authenticate(request) or (None, None)
    except AuthenticationFailed:
        return None
    return session


class LoginViewSet(PublicViewSet):
    """Logins by e-mail and password."""

    serializer_class = LoginSerializer
    throttle_classes = [PublicPasswordThrottle]

    @extend_schema(
        tags=["users"],
        operation_id="users_login",
        summary="Log in",
        description="The e-mail may be in any case. After too many failures, further attempts are "
        "refused for the time in `Retry-After`: those from the same network at once, those from "
        "networks that are new to the account after many more. An access token of a live login of "
        "the account, or a network that the account has used lately, lifts the second limit.",
        responses={200: TokensSerializer, **problems(LoginFailed, "throttled")},
        examples=[
            request_example(email="asha@example.org", password="correct horse battery"),
            response_example(TOKENS),
        ],
    )
    def create(self, request: Request) -> Response:
        body = self.read(request)
        tokens = services.log_in(
            network=client_network(request), session=live_login_of(request), **body
        )
        return Response(tokens._asdict())


class TokenRefreshViewSet(PublicViewSet):
    """The exchange of refresh tokens."""

    serializer_class = RefreshSerializer

    @extend_schema(
        tags=["users"],
        operation_id="users_token_refresh",
        summary="Get the next tokens",
        description="Each refresh token works once. Sending one again ends its whole login, "
        "because two clients have the token.",
        responses={200: TokensSerializer, **problems(TokenInvalid)},
        examples=[request_example(refresh=TOKENS["refresh"]), response_example(TOKENS)],
    )
    def create(self, request: Request) -> Response:
        return Response(services.refresh_tokens(**self.read(request))._asdict())


class LogoutViewSet(PublicViewSet):
    """The end of a login."""

    serializer_class = RefreshSerializer

    @extend_schema(
        tags=["users"],
        operation_id="users_logout",
        summary="Log out",
        description="Ends the login of the refresh token, and every token of that login. Safe to "
        "repeat.",
        responses={204: None, **problems(TokenInvalid)},
        examples=[request_example(refresh=TOKENS["refresh"])],
    )
    def create(self, request: Request) -> Response:
        services.log_out(**self.read(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
