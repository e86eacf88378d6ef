"""Registration, the profile, the export and the erasure of an account."""

from functools import partial

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.mixins import RetrieveModelMixin
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.viewsets import GenericViewSet

from eventbooking_system.api.queries import StrictQueryMixin
from eventbooking_system.api.schema import problems
from eventbooking_system.errors import InvalidField
from eventbooking_system.server.request_context import client_network
from users import selectors, services
from users.errors import AccountRequired, StaffAccount
from users.models import User
from users.permissions import HasAccount
from users.serializers import (
    ErasureSerializer,
    ExportSerializer,
    GuestAccessSerializer,
    GuestSerializer,
    ProfileSerializer,
    RegisteredSerializer,
    RegistrationSerializer,
)
from users.throttles import ExportThrottle, OwnPasswordThrottle, RegistrationThrottle
from users.views.base import (
    PROFILE,
    TOKENS,
    AnswerFirst,
    BodyReader,
    PublicViewSet,
    request_example,
    response_example,
)


class RegistrationViewSet(PublicViewSet):
    """New accounts."""

    serializer_class = RegistrationSerializer
    throttle_classes = [RegistrationThrottle]

    @extend_schema(
        tags=["users"],
        operation_id="users_register",
        summary="Create an account",
        description="The account is logged in: the answer has its first tokens. A mail with a link to "
        "confirm the address is sent. An e-mail that has "
        "an account is refused with `unique`, so this operation reveals who has an account. "
        "Therefore only a few registrations an hour from one network are accepted, successful or "
        "not.",
        responses={201: RegisteredSerializer, **problems(InvalidField, "throttled")},
        examples=[
            request_example(
                email="asha@example.org",
                password="correct horse battery",
                first_name="Asha",
                last_name="Rao",
                phone="+919876543210",
            ),
            response_example({**PROFILE, **TOKENS}, "201"),
        ],
    )
    def create(self, request: Request) -> Response:
        registered = services.register_customer(
            network=client_network(request), **self.read(request)
        )
        profile = ProfileSerializer(registered.user).data
        mail = partial(services.send_verification, user=registered.user)
        tokens = registered.tokens._asdict()
        return AnswerFirst(mail, {**profile, **tokens}, status.HTTP_201_CREATED)


class GuestViewSet(PublicViewSet):
    """Checkouts without an account."""

    serializer_class = GuestSerializer
    throttle_classes = [RegistrationThrottle]

    @extend_schema(
        tags=["users"],
        operation_id="users_guest",
        summary="Book as a guest",
        description="Returns a token of half an hour, without a refresh token, for one checkout. "
        "The address only gets the booking's mails: the answer is the same whether or not an "
        "account has it, and the guest sees nothing of that account. Counted with the "
        "registrations of a network.",
        responses={201: GuestAccessSerializer, **problems(InvalidField, "throttled")},
        examples=[
            request_example(email="asha@example.org", first_name="Asha"),
            response_example(
                {"access": TOKENS["access"], "expires_at": "2026-11-22T16:08:00Z"}, "201"
            ),
        ],
    )
    def create(self, request: Request) -> Response:
        access = services.start_guest_checkout(**self.read(request))
        return Response(GuestAccessSerializer(access).data, status.HTTP_201_CREATED)


class MeViewSet(BodyReader, RetrieveModelMixin, GenericViewSet):
    """The account of the client."""

    serializer_class = ProfileSerializer

    def get_object(self) -> User:
        return self.request.user

    def get_permissions(self) -> list[BasePermission]:
        return [HasAccount()] if self.action == "destroy" else super().get_permissions()

    def get_throttles(self) -> list[BaseThrottle]:
        return [OwnPasswordThrottle()] if self.action == "destroy" else super().get_throttles()

    @extend_schema(
        tags=["users"],
        operation_id="users_me",
        summary="Show your profile",
        responses={200: ProfileSerializer},
        examples=[response_example(PROFILE)],
    )
    def retrieve(self, request: Request) -> Response:
        return super().retrieve(request)

    @extend_schema(
        tags=["users"],
        operation_id="users_me_update",
        summary="Change your profile",
        description="Changes names, phone, language and consent. The e-mail is "
        "changed by `email/change/`.",
        responses={200: ProfileSerializer},
        examples=[
            request_example(first_name="Asha", phone="+919876543210"),
            response_example(PROFILE),
        ],
    )
    def partial_update(self, request: Request) -> Response:
        serializer = self.get_serializer(request.user, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        user = services.update_profile(user=request.user, **serializer.validated_data)
        return Response(self.get_serializer(user).data)

    @extend_schema(
        tags=["users"],
        operation_id="users_me_erase",
        summary="Erase your account",
        description="Removes all personal data and ends every token at once. Bookings and payments "
        "stay in the ledger without a name. This cannot be undone. Staff accounts are refused.",
        request=ErasureSerializer,
        responses={
            204: None,
            **problems(InvalidField, StaffAccount, AccountRequired, "throttled"),
        },
        examples=[request_example(password="correct horse battery")],
    )
    def destroy(self, request: Request) -> Response:
        body = self.read(request, ErasureSerializer)
        services.erase_account(
            user=request.user, session=request.auth, network=client_network(request), **body
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class ExportViewSet(StrictQueryMixin, GenericViewSet):
    """The export of a person's data."""

    serializer_class = ExportSerializer
    throttle_classes = [ExportThrottle]

    @extend_schema(
        tags=["users"],
        operation_id="users_me_export",
        summary="Export your data",
        description="A few exports an hour are made for each account.",
        responses={
            200: OpenApiResponse(ExportSerializer, description="All that is stored about you."),
            **problems("throttled"),
        },
    )
    def retrieve(self, request: Request) -> Response:
        return Response(selectors.stored_about(request.user))
