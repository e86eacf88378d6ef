"""The shared parts of the views of this app."""

import logging
from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from eventbooking_system.api.queries import StrictQueryMixin
from eventbooking_system.db.connection_pool import release_connections

log = logging.getLogger(__name__)

PROFILE = {
    "id": 4,
    "email": "asha@example.org",
    "email_verified_at": None,
    "first_name": "Asha",
    "last_name": "Rao",
    "phone": "+919876543210",
    "phone_is_verified": False,
    "language": "en",
    "sms_consent": False,
    "date_joined": "2026-11-22T15:38:00Z",
}
TOKENS = {"access": "eyJhbGciOiJIUzI1NiIs…", "refresh": "eyJhbGciOiJIUzI1NiIs…"}


def request_example(**body: str) -> OpenApiExample:
    """Return the example of a request's body."""
    return OpenApiExample("request", body, request_only=True)


def response_example(body: dict[str, Any], *statuses: str) -> OpenApiExample:
    """Return the example of a response's body."""
    return OpenApiExample("answer", body, response_only=True, status_codes=statuses or ("200",))


class BodyReader(StrictQueryMixin):
    """A view that checks a body's shape with a serializer."""

    def read(self, request: Request, serializer_class: Any = None) -> dict[str, Any]:
        serializer = (serializer_class or self.serializer_class)(data=request.data)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data


class PublicViewSet(BodyReader, GenericViewSet):
    """Operations without a login, which ignore an old token in the header."""

    authentication_classes = []
    permission_classes = [AllowAny]


class AnswerFirst(Response):
    """
    A response that is sent before its work is done.

    So its time reveals nothing of the work.
    """

    def __init__(
        self, work: Callable[[], None], data: Any = None, status: int = status.HTTP_202_ACCEPTED
    ) -> None:
        super().__init__(data, status)
        self.work = work

    def close(self) -> None:
        """Do the work. The server calls this after it has sent the response."""
        try:
            self.work()
        except Exception as error:
            # Without a traceback, as a mail server's refusal quotes the recipient.
            log.error("work after an answer failed", extra={"error": type(error).__name__})
        finally:
            release_connections()  # The request's own connection was released before.
        super().close()
