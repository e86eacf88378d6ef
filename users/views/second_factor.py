"""The second factor of staff."""

from django.contrib.sessions.backends.base import SessionBase
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from eventbooking_system.api.schema import problems
from eventbooking_system.errors import InvalidField
from eventbooking_system.server.request_context import client_network
from users import services
from users.models import LoginSession
from users.permissions import IsStaff
from users.serializers import (
    CodeSerializer,
    EnrolmentSerializer,
    ErasureSerializer,
    RecoveryCodesSerializer,
    SecondFactorRemovalSerializer,
    SecondFactorSerializer,
)
from users.throttles import OwnPasswordThrottle
from users.views.base import BodyReader, request_example

REFUSALS = problems(InvalidField, "permission_denied", "throttled")


def login_of(request: Request) -> LoginSession | SessionBase:
    """Return the login of the request's token or cookie."""
    return request.auth or request.session


class SecondFactorViewSet(BodyReader, GenericViewSet):
    """The second factor of the client's account."""

    serializer_class = ErasureSerializer
    permission_classes = [IsStaff]
    throttle_classes = [OwnPasswordThrottle]

    @extend_schema(
        tags=["users"],
        operation_id="users_second_factor",
        summary="Show your second factor",
        responses={200: SecondFactorSerializer},
    )
    def retrieve(self, request: Request) -> Response:
        user = request.user
        return Response(
            {
                "enabled_at": user.second_factor_enabled_at,
                "used_at": user.second_factor_used_at,
                "due_at": user.second_factor_due_at,
                "is_missing": user.second_factor_is_missing,
            }
        )

    @extend_schema(
        tags=["users"],
        operation_id="users_second_factor_enrol",
        summary="Set up a second factor",
        description="Answers the secret for an authenticator app, also as an `otpauth:` address "
        "for a QR code. The second factor is on once a code is sent to `confirm/`.",
        request=ErasureSerializer,
        responses={201: EnrolmentSerializer, **REFUSALS},
        examples=[request_example(password="correct horse battery")],
    )
    def create(self, request: Request) -> Response:
        enrolment = services.enrol_second_factor(
            user=request.user,
            session=request.auth,
            network=client_network(request),
            **self.read(request),
        )
        return Response(enrolment._asdict(), status.HTTP_201_CREATED)

    @extend_schema(
        tags=["users"],
        operation_id="users_second_factor_remove",
        summary="Remove your second factor",
        request=SecondFactorRemovalSerializer,
        responses={204: None, **REFUSALS},
        examples=[request_example(password="correct horse battery", code="123456")],
    )
    def destroy(self, request: Request) -> Response:
        services.remove_own_second_factor(
            user=request.user,
            session=request.auth,
            network=client_network(request),
            **self.read(request, SecondFactorRemovalSerializer),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        tags=["users"],
        operation_id="users_second_factor_confirm",
        summary="Turn your second factor on",
        description="Answers ten recovery codes, each of which works once in place of a code. They "
        "are not shown again.",
        request=CodeSerializer,
        responses={200: RecoveryCodesSerializer, **REFUSALS},
        examples=[request_example(code="123456")],
    )
    def confirm(self, request: Request) -> Response:
        body = self.read(request, CodeSerializer)
        codes = services.confirm_second_factor(user=request.user, login=login_of(request), **body)
        return Response({"recovery_codes": codes})

    @extend_schema(
        tags=["users"],
        operation_id="users_second_factor_verify",
        summary="Use your second factor",
        description="Staff with a second factor have no rights in a login before they send a code. "
        "Actions that move money ask for a code of the last 15 minutes: 403 "
        "`second_factor_required`.",
        request=CodeSerializer,
        responses={204: None, **REFUSALS},
        examples=[request_example(code="123456")],
    )
    def verify(self, request: Request) -> Response:
        body = self.read(request, CodeSerializer)
        services.use_second_factor(user=request.user, login=login_of(request), **body)
        return Response(status=status.HTTP_204_NO_CONTENT)
