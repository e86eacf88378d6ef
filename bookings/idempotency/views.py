"""The mixin for views whose POSTs may be repeated with an Idempotency-Key."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from django.http import HttpResponse
from django.http.response import Http404
from django.utils.translation import gettext
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import APIException, AuthenticationFailed, Throttled
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer

from bookings.errors import IdempotencyInFlight, IdempotencyKeyInvalid, IdempotencyKeyReused
from bookings.idempotency.requests import Answer, IdempotentRequest, KeyTaken
from eventbooking_system.api.json import dump_json
from eventbooking_system.api.mixins import MinimalHeadersMixin, PromptReleaseMixin
from eventbooking_system.api.schema import problems
from eventbooking_system.errors import DomainError
from eventbooking_system.problems import MEDIA_TYPE

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="1 to 255 printable ASCII characters. The same key and body give the first "
    "answer again, with `Idempotent-Replayed: true`, for 24 hours.",
)
IDEMPOTENCY_PROBLEMS = (IdempotencyKeyInvalid, IdempotencyInFlight, IdempotencyKeyReused)
_KEY = re.compile(r"[\x20-\x7e]{1,255}")


def idempotent_schema(*refusals: Any, responses: dict[Any, Any], **schema: Any) -> Callable:
    """Document a POST with an Idempotency-Key, and its refusals."""
    return extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        responses={**responses, **problems(*refusals, *IDEMPOTENCY_PROBLEMS)},
        **schema,
    )


@cache
def _serializer(serializer_class: type[BaseSerializer]) -> BaseSerializer:
    # Shared by all requests: making a serializer's fields takes longer than using them.
    return serializer_class()


def rendered(serializer_class: type[BaseSerializer], status: int, result: Any) -> Answer:
    """Render a service's result as the answer to store and send."""
    data = _serializer(serializer_class).to_representation(result)
    return Answer(status, dump_json(data).decode())


class IdempotencyMixin(PromptReleaseMixin, MinimalHeadersMixin):
    """Views that return the first answer again to a repeated request."""

    # Reads a booking as it was when it was held.
    held_booking: Callable[[int], Any] | None = None

    def answer_once(
        self,
        request: Request,
        effect: Callable[[IdempotentRequest], Any],
        render: Callable[[Any], Answer],
        *,
        look_first: bool = True,
    ) -> HttpResponse:
        """
        Run the effect once for each key, and return its answer.

        `effect` passes the request to the service, which stores the answer with the effect. A
        refusal has no effect and is stored here. Set `look_first` to False if the effect is one
        transaction that claims the key: then an earlier answer is looked up only after a conflict
        or a refusal.
        """
        keyed = self.idempotent_request(request, render)
        if look_first and (earlier := keyed.earlier_answer()):
            return _replayed(earlier)
        try:
            effect(keyed)
        except KeyTaken:
            if earlier := keyed.earlier_answer():
                return _replayed(earlier)
            if not look_first:  # The earlier answer was too old and has been deleted.
                return self.answer_once(request, effect, render)
            # The other request got no answer and has released the key.
            raise IdempotencyInFlight(
                gettext("The first request with this key has just ended.")
            ) from None
        except (AuthenticationFailed, Throttled):
            raise  # A login that has ended gets no stored answer.
        except (DomainError, APIException, Http404) as refusal:
            return self._refused(keyed, refusal, look_first=look_first)
        return answered(keyed.answer)

    def idempotent_request(
        self, request: Request, render: Callable[[Any], Answer]
    ) -> IdempotentRequest:
        """Return the request with its key. Raises IdempotencyKeyInvalid."""
        return IdempotentRequest(
            user_id=self.user_id_of(request),
            path=request._request.path,
            key=_key_of(request),
            body=request._request.body,
            render=render,
            held_booking=self.held_booking,
        )

    def user_id_of(self, request: Request) -> int:
        """Return the account that the keys belong to."""
        return request.user.pk

    def validated(self, serializer_class: type[BaseSerializer]) -> dict[str, Any]:
        """Return the request's validated body. Raises ValidationError."""
        return _serializer(serializer_class).run_validation(self.request.data)

    def _refused(
        self, keyed: IdempotentRequest, refusal: Exception, *, look_first: bool
    ) -> HttpResponse:
        response = self.handle_exception(refusal)
        answer = Answer(response.status_code, response.content.decode())
        may_keep = _may_keep(refusal, response.status_code)
        if look_first:
            if may_keep:
                keyed.store_refusal(answer)
            return response
        if may_keep and keyed.store_if_new(answer):
            return response
        if earlier := keyed.earlier_answer():
            return _replayed(earlier)
        if may_keep:  # The earlier answer was too old and has been deleted.
            keyed.store_if_new(answer)
        return response


def _key_of(request: Request) -> str | None:
    key = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is not None and not _KEY.fullmatch(key):
        raise IdempotencyKeyInvalid("Use 1 to 255 printable ASCII characters.")
    return key


def _may_keep(refusal: Exception, status: int) -> bool:
    return status < 500 and status != 429 and not isinstance(refusal, IdempotencyInFlight)


def answered(answer: Answer) -> HttpResponse:
    media_type = MEDIA_TYPE if answer.status >= 400 else "application/json"
    return HttpResponse(answer.body.encode(), status=answer.status, content_type=media_type)


def _replayed(answer: Answer) -> HttpResponse:
    response = answered(answer)
    response["Idempotent-Replayed"] = "true"
    return response
