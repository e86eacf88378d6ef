"""Verification and changes of e-mail addresses."""

from functools import partial

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from eventbooking_system.api.json import JSONRenderer
from eventbooking_system.api.schema import problems
from eventbooking_system.errors import InvalidField
from eventbooking_system.server.request_context import client_network
from users import services
from users.errors import AccountRequired
from users.permissions import HasAccount
from users.serializers import EmailChangeSerializer, EmailVerificationSerializer, NoFieldsSerializer
from users.throttles import OwnPasswordThrottle
from users.views.base import AnswerFirst, BodyReader, PublicViewSet, request_example


class EmailVerificationViewSet(PublicViewSet):
    """The use of a mailed link to verify or change an address."""

    serializer_class = EmailVerificationSerializer

    @extend_schema(
        tags=["users"],
        operation_id="users_email_verify",
        summary="Confirm an e-mail address with a mailed link",
        description="`token` is the part of the link after `#`. It verifies the address of a new "
        "account, or changes the address of an account and then ends every other login. A new "
        "address that another account has by now is refused with `unique`.",
        responses={204: None, **problems(InvalidField)},
        examples=[request_example(token="eyJ1c2VyIjo0…")],
    )
    def create(self, request: Request) -> Response:
        before = services.confirm_email(network=client_network(request), **self.read(request))
        work = partial(services.send_notice_of_change, before=before)
        return AnswerFirst(work, status=status.HTTP_204_NO_CONTENT)


class EmailVerificationMailViewSet(BodyReader, GenericViewSet):
    """Another mail with a link to verify the address of an account."""

    serializer_class = NoFieldsSerializer
    permission_classes = [HasAccount]
    # The browsable API would show a page in place of the empty answer.
    renderer_classes = [JSONRenderer]

    @extend_schema(
        tags=["users"],
        operation_id="users_email_verify_resend",
        summary="Request another mail to confirm your e-mail address",
        description="Sends nothing if the address is confirmed, or got several such mails lately.",
        request=None,
        responses={202: None, **problems(AccountRequired)},
    )
    def create(self, request: Request) -> Response:
        self.read(request)
        return AnswerFirst(partial(services.send_verification, user=request.user))


class EmailChangeViewSet(BodyReader, GenericViewSet):
    """Requests to change the address of an account."""

    serializer_class = EmailChangeSerializer
    permission_classes = [HasAccount]
    throttle_classes = [OwnPasswordThrottle]

    @extend_schema(
        tags=["users"],
        operation_id="users_email_change",
        summary="Request a change of your e-mail address",
        description="Mails a link to the new address. The change takes effect when the link is "
        "used; then the old address is told, and every other login ends.",
        responses={202: None, **problems(InvalidField, AccountRequired, "throttled")},
        examples=[request_example(password="correct horse battery", email="asha@new.example")],
    )
    def create(self, request: Request) -> Response:
        body, account = self.read(request), {"user": request.user, "session": request.auth}
        services.check_email_change(network=client_network(request), **account, **body)
        work = partial(services.send_email_change, email=body["email"], **account)
        return AnswerFirst(work)
