"""Views whose POSTs may be repeated with an Idempotency-Key."""

import re
from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.http.response import Http404
from django.utils.translation import gettext
from rest_framework.exceptions import APIException, AuthenticationFailed, Throttled
from rest_framework.request import Request

from bookings.errors import IdempotencyInFlight, IdempotencyKeyInvalid
from bookings.idempotency.requests import Answer, IdempotentRequest, KeyTaken
from eventbooking_system.api.conditional_requests import MinimalHeadersMixin
from eventbooking_system.errors import DomainError
from eventbooking_system.problems import MEDIA_TYPE

_KEY = re.compile(r"[\x20-\x7e]{1,255}")


class IdempotencyMixin(MinimalHeadersMixin):
    """Gives the first answer again to whoever sends the same request with the same key."""

    def answer_once(
        self,
        request: Request,
        effect: Callable[[IdempotentRequest], Any],
        render: Callable[[Any], Answer],
        *,
        look_first: bool = True,
    ) -> HttpResponse:
        """
        Answer with what `render` makes of what `effect` returns, once.

        `effect` hands the keyed request to the service, which keeps the answer with the effect.
        A refusal, which has no effect, is kept here. Without `look_first` the earlier answer is
        looked for only where the effect meets its key or is refused: for effects that are nothing
        but one transaction, which takes the key.
        """
        keyed = self.idempotent_request(request, render)
        if look_first and (earlier := keyed.earlier_answer()):
            return _replayed(earlier)
        try:
            effect(keyed)
        except KeyTaken:
            if earlier := keyed.earlier_answer():
                return _replayed(earlier)
            if not look_first:  # It was too old, and is gone now.
                return self.answer_once(request, effect, render)
            # It gave its key back meanwhile, as it got no answer.
            raise IdempotencyInFlight(
                gettext("The first request with this key has just ended.")
            ) from None
        except (AuthenticationFailed, Throttled):
            raise  # Nothing that was kept is told to a login that has ended.
        except (DomainError, APIException, Http404) as refusal:
            return self._refused(keyed, refusal, look_first=look_first)
        return answered(keyed.answer)

    def idempotent_request(
        self, request: Request, render: Callable[[Any], Answer]
    ) -> IdempotentRequest:
        """The request with its key. Raises IdempotencyKeyInvalid."""
        return IdempotentRequest(
            user_id=self.user_id_of(request),
            path=request._request.path,
            key=_key_of(request),
            body=request._request.body,
            render=render,
        )

    def user_id_of(self, request: Request) -> int:
        """The account whose keys these are."""
        return request.user.pk

    def _refused(
        self, keyed: IdempotentRequest, refusal: Exception, *, look_first: bool
    ) -> HttpResponse:
        response = self.handle_exception(refusal)
        answer = Answer(response.status_code, response.content.decode())
        may_keep = _may_keep(refusal, response.status_code)
        if look_first:
            if may_keep:
                keyed.keep_refusal(answer)
            return response
        if may_keep and keyed.keep_if_new(answer):
            return response
        if earlier := keyed.earlier_answer():
            return _replayed(earlier)
        if may_keep:  # The earlier one was too old, and is gone now.
            keyed.keep_if_new(answer)
        return response


def _key_of(request: Request) -> str | None:
    key = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is not None and not _KEY.fullmatch(key):
        raise IdempotencyKeyInvalid("1 to 255 printable ASCII characters.")
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
