"""The calls under /api/users/."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.mixins import RetrieveModelMixin
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from eventbooking_system.api.schema import problems
from eventbooking_system.db.connection_pool import release_connections
from eventbooking_system.errors import InvalidField
from users import selectors, services
from users.errors import LoginFailed, StaffAccount, TokenInvalid
from users.models import User
from users.serializers import (
    ErasureSerializer,
    ExportSerializer,
    LoginSerializer,
    PasswordChangeSerializer,
    PasswordResetConfirmationSerializer,
    PasswordResetSerializer,
    ProfileSerializer,
    RefreshSerializer,
    RegistrationSerializer,
    TokensSerializer,
)

log = logging.getLogger(__name__)

PROFILE = {
    "id": 4,
    "email": "asha@example.org",
    "first_name": "Asha",
    "last_name": "Rao",
    "phone": "+919876543210",
    "language": "en",
    "sms_consent": False,
    "date_joined": "2026-11-22T15:38:00Z",
}
TOKENS = {"access": "eyJhbGciOiJIUzI1NiIs…", "refresh": "eyJhbGciOiJIUzI1NiIs…"}


def sent(**body: str) -> OpenApiExample:
    return OpenApiExample("request", body, request_only=True)


def answered(body: dict[str, Any], *statuses: str) -> OpenApiExample:
    return OpenApiExample("answer", body, response_only=True, status_codes=statuses or ("200",))


class BodyReader:
    """Checks the shape of a body with the serializer of the view, or another one."""

    def read(self, request: Request, serializer_class: Any = None) -> dict[str, Any]:
        serializer = (serializer_class or self.serializer_class)(data=request.data)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data


class PublicViewSet(BodyReader, GenericViewSet):
    """Calls of people without a login: an old token in the header does not matter to them."""

    authentication_classes = []
    permission_classes = [AllowAny]


class AnswerFirst(Response):
    """An empty 202, sent before the work is done: it cannot tell by its time what the work was."""

    def __init__(self, work: Callable[[], None]) -> None:
        super().__init__(status=status.HTTP_202_ACCEPTED)
        self.work = work

    def close(self) -> None:
        """The server calls this once the answer is out."""
        try:
            self.work()
        except Exception as error:
            # No traceback: a mail server's refusal quotes the recipient.
            log.error("work after an answer failed", extra={"error": type(error).__name__})
        finally:
            release_connections()  # What the request had was taken back before.
        super().close()


class RegistrationViewSet(PublicViewSet):
    serializer_class = RegistrationSerializer

    @extend_schema(
        tags=["users"],
        operation_id="users_register",
        summary="Open an account",
        responses={201: ProfileSerializer},
        examples=[
            sent(
                email="asha@example.org",
                password="correct horse battery",
                first_name="Asha",
                last_name="Rao",
                phone="+919876543210",
            ),
            answered(PROFILE, "201"),
        ],
    )
    def create(self, request: Request) -> Response:
        user = services.register_customer(**self.read(request))
        return Response(ProfileSerializer(user).data, status=status.HTTP_201_CREATED)


class LoginViewSet(PublicViewSet):
    serializer_class = LoginSerializer

    @extend_schema(
        tags=["users"],
        operation_id="users_login",
        summary="Log in",
        description="The e-mail in any case. Too many failures lock the account, and the address "
        "that they come from, for the time that `Retry-After` says.",
        responses={200: TokensSerializer, **problems(LoginFailed, "throttled")},
        examples=[
            sent(email="asha@example.org", password="correct horse battery"),
            answered(TOKENS),
        ],
    )
    def create(self, request: Request) -> Response:
        tokens = services.log_in(request=request, **self.read(request))
        return Response(tokens._asdict())


class TokenRefreshViewSet(PublicViewSet):
    serializer_class = RefreshSerializer

    @extend_schema(
        tags=["users"],
        operation_id="users_token_refresh",
        summary="Get the next tokens",
        description="Each refresh token works once. Using one again ends its whole login, as two "
        "parties have it.",
        responses={200: TokensSerializer, **problems(TokenInvalid)},
        examples=[sent(refresh=TOKENS["refresh"]), answered(TOKENS)],
    )
    def create(self, request: Request) -> Response:
        return Response(services.refresh_tokens(**self.read(request))._asdict())


class LogoutViewSet(PublicViewSet):
    serializer_class = RefreshSerializer

    @extend_schema(
        tags=["users"],
        operation_id="users_logout",
        summary="Log out",
        description="Ends the login that the refresh token belongs to, with every token of it. "
        "Safe to repeat.",
        responses={204: None, **problems(TokenInvalid)},
        examples=[sent(refresh=TOKENS["refresh"])],
    )
    def create(self, request: Request) -> Response:
        services.log_out(**self.read(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class MeViewSet(BodyReader, RetrieveModelMixin, GenericViewSet):
    serializer_class = ProfileSerializer

    def get_object(self) -> User:
        return self.request.user

    @extend_schema(
        tags=["users"],
        operation_id="users_me",
        summary="See one's profile",
        responses={200: ProfileSerializer},
        examples=[answered(PROFILE)],
    )
    def retrieve(self, request: Request) -> Response:
        return super().retrieve(request)

    @extend_schema(
        tags=["users"],
        operation_id="users_me_update",
        summary="Change one's profile",
        description="Names and phone. The e-mail is the login and stays.",
        responses={200: ProfileSerializer},
        examples=[sent(first_name="Asha", phone="+919876543210"), answered(PROFILE)],
    )
    def partial_update(self, request: Request) -> Response:
        serializer = self.get_serializer(request.user, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        user = services.update_profile(user=request.user, **serializer.validated_data)
        return Response(self.get_serializer(user).data)

    @extend_schema(
        tags=["users"],
        operation_id="users_me_erase",
        summary="Erase one's account",
        description="The person is made unrecognisable and every token ends at once; bookings and "
        "payments stay in the ledger without a name. There is no way back. Staff accounts are not "
        "erased this way.",
        request=ErasureSerializer,
        responses={
            204: None,
            **problems(InvalidField, StaffAccount, "throttled"),
        },
        examples=[sent(password="correct horse battery")],
    )
    def destroy(self, request: Request) -> Response:
        body = self.read(request, ErasureSerializer)
        services.erase_account(request=request, user=request.user, **body)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ExportViewSet(GenericViewSet):
    serializer_class = ExportSerializer

    @extend_schema(
        tags=["users"],
        operation_id="users_me_export",
        summary="Export all that is stored about oneself",
        responses={
            200: OpenApiResponse(ExportSerializer, description="Made to be kept or taken away."),
        },
    )
    def retrieve(self, request: Request) -> Response:
        return Response(selectors.stored_about(request.user))


class PasswordChangeViewSet(BodyReader, GenericViewSet):
    serializer_class = PasswordChangeSerializer

    @extend_schema(
        tags=["users"],
        operation_id="users_password_change",
        summary="Change one's password",
        description="Ends every other login; the one that asks goes on.",
        responses={
            204: None,
            **problems(InvalidField, "throttled"),
        },
        examples=[
            sent(current_password="correct horse battery", new_password="staple the other horse")
        ],
    )
    def create(self, request: Request) -> Response:
        body = self.read(request)
        services.change_password(request=request, user=request.user, session=request.auth, **body)
        return Response(status=status.HTTP_204_NO_CONTENT)


class PasswordResetViewSet(PublicViewSet):
    serializer_class = PasswordResetSerializer

    @extend_schema(
        tags=["users"],
        operation_id="users_password_reset",
        summary="Ask for a mail to choose a new password",
        description="The answer is the same whether or not the e-mail has an account.",
        responses={202: None},
        examples=[sent(email="asha@example.org")],
    )
    def create(self, request: Request) -> Response:
        return AnswerFirst(partial(services.send_password_reset, **self.read(request)))


class PasswordResetConfirmationViewSet(PublicViewSet):
    serializer_class = PasswordResetConfirmationSerializer

    @extend_schema(
        tags=["users"],
        operation_id="users_password_reset_confirm",
        summary="Choose a new password with a mailed link",
        description="`uid` and `token` are the parameters of the link, which works once. Ends "
        "every login of the account.",
        responses={204: None, **problems(InvalidField)},
        examples=[sent(uid="NA", token="cx3ujl-0123…", new_password="staple the other horse")],
    )
    def create(self, request: Request) -> Response:
        services.confirm_password_reset(**self.read(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
