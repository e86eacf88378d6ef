"""Mixins for the views of every app."""

from typing import Any

from django.http import HttpResponse
from rest_framework.response import Response


class PromptReleaseMixin:
    """
    A mixin that frees a view and its request after the answer.

    They refer to each other, so the garbage collector would have to find them. An answer that is
    rendered later or streamed still needs them.
    """

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().dispatch(request, *args, **kwargs)
        if not (isinstance(response, Response) or response.streaming):
            self.request.parser_context.clear()
            vars(self).clear()
        return response


class MinimalHeadersMixin:
    """
    A mixin that sends `Allow` only where it is needed.

    That is with an answer to OPTIONS or to a wrong method.
    """

    vary = "Accept"

    @property
    def default_response_headers(self) -> dict[str, str]:
        wants_methods = getattr(self, "action", None) in (None, "metadata")
        headers = super().default_response_headers if wants_methods else {}
        return {**headers, "Vary": self.vary}
