"""Changes and resets of passwords."""

from functools import partial

from django.contrib.auth import update_session_auth_hash
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from eventbooking_system.api.schema import problems
from eventbooking_system.errors import InvalidField
from eventbooking_system.server.request_context import client_network
from users import services
from users.errors import AccountRequired
from users.models import User
from users.permissions import HasAccount
from users.serializers import (
    PasswordChangeSerializer,
    PasswordResetConfirmationSerializer,
    PasswordResetSerializer,
)
from users.throttles import OwnPasswordThrottle, PublicPasswordThrottle
from users.views.base import AnswerFirst, BodyReader, PublicViewSet, request_example


def keep_session_cookie(request: Request, user: User) -> None:
    """Keep a client logged in whose session has the old password."""
    if request.auth is None:
        update_session_auth_hash(request, user)


class PasswordChangeViewSet(BodyReader, GenericViewSet):
    """Changes of a password by its owner."""

    serializer_class = PasswordChangeSerializer
    permission_classes = [HasAccount]
    throttle_classes = [OwnPasswordThrottle]

    @extend_schema(
        tags=["users"],
        operation_id="users_password_change",
        summary="Change your password",
        description="Ends every other login. The login that sends the request stays.",
        responses={
            204: None,
            **problems(InvalidField, AccountRequired, "throttled"),
        },
        examples=[
            request_example(
                current_password="correct horse battery", new_password="staple the other horse"
            )
        ],
    )
    def create(self, request: Request) -> Response:
        body = self.read(request)
        user = services.change_password(
            user=request.user, session=request.auth, network=client_network(request), **body
        )
        keep_session_cookie(request, user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class PasswordResetViewSet(PublicViewSet):
    """Requests for a mailed link."""

    serializer_class = PasswordResetSerializer

    @extend_schema(
        tags=["users"],
        operation_id="users_password_reset",
        summary="Request a mail to choose a new password",
        description="The answer is the same whether or not the e-mail has an account.",
        responses={202: None},
        examples=[request_example(email="asha@example.org")],
    )
    def create(self, request: Request) -> Response:
        return AnswerFirst(partial(services.send_password_reset, **self.read(request)))


class PasswordResetConfirmationViewSet(PublicViewSet):
    """New passwords by a mailed link."""

    serializer_class = PasswordResetConfirmationSerializer
    throttle_classes = [PublicPasswordThrottle]

    @extend_schema(
        tags=["users"],
        operation_id="users_password_reset_confirm",
        summary="Choose a new password with a mailed link",
        description="`uid` and `token` are the parameters of the link, which works once. Ends "
        "every login of the account.",
        responses={204: None, **problems(InvalidField)},
        examples=[
            request_example(uid="NA", token="cx3ujl-0123…", new_password="staple the other horse")
        ],
    )
    def create(self, request: Request) -> Response:
        services.confirm_password_reset(network=client_network(request), **self.read(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
