"""The confirmation of a phone number."""

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
from users.serializers import NoFieldsSerializer, PhoneCodeSerializer
from users.throttles import OwnPasswordThrottle
from users.views.base import AnswerFirst, BodyReader, request_example


class PhoneVerificationViewSet(BodyReader, GenericViewSet):
    """The code that confirms the phone of the client's account."""

    serializer_class = PhoneCodeSerializer
    throttle_classes = [OwnPasswordThrottle]
    # The browsable API would show a page in place of the empty answers.
    renderer_classes = [JSONRenderer]

    @extend_schema(
        tags=["users"],
        operation_id="users_phone_verify",
        summary="Confirm your phone number with a code",
        description="Text messages are sent only to a confirmed number. A code is valid for ten "
        "minutes and five tries.",
        responses={204: None, **problems(InvalidField, "throttled")},
        examples=[request_example(code="123456")],
    )
    def create(self, request: Request) -> Response:
        services.confirm_phone(user=request.user, **self.read(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        tags=["users"],
        operation_id="users_phone_verify_resend",
        summary="Send a code to your phone number",
        description="Sends a code of six digits by text message. Only the newest code counts, and "
        "five a day are sent.",
        request=None,
        responses={202: None, **problems(InvalidField, "throttled")},
    )
    def resend(self, request: Request) -> Response:
        self.read(request, NoFieldsSerializer)
        send = services.prepare_phone_code(user=request.user, network=client_network(request))
        return AnswerFirst(send)
