"""The served OpenAPI document, and the script of its page."""

from functools import cache
from threading import Lock
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.urls import get_urlconf
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request

from eventbooking_system.errors import Busy

_REDOC = "drf_spectacular_sidecar/redoc/bundles/redoc.standalone.js"
_LOGO = b"https://cdn.redoc.ly/redoc/logo-mini.svg"
_NO_IMAGE = b"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E"


@csrf_exempt
@require_safe
def redoc_script(request: HttpRequest) -> HttpResponse:
    """Serve ReDoc without the logo from its maker's host."""
    response = HttpResponse(_script(), content_type="text/javascript")
    response["Cache-Control"] = "public, max-age=86400"
    return response


@cache
def _script() -> bytes:
    with open(finders.find(_REDOC), "rb") as file:
        return file.read().replace(_LOGO, _NO_IMAGE)


class SchemaView(SpectacularAPIView):
    """The document, rendered once for each URL configuration and media type."""

    _made: ClassVar[dict[tuple[str, str], HttpResponse]] = {}
    _lock: ClassVar[Lock] = Lock()

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """
        Answer with the document.

        Making it takes seconds. Meanwhile further requests for it are refused with `Busy`, so that
        they take no places from others.
        """
        renderer = request.accepted_renderer
        key = (get_urlconf() or settings.ROOT_URLCONF, renderer.media_type)
        if key not in self._made:
            if not self._lock.acquire(blocking=False):
                raise Busy("The document is being made.")
            try:
                self._made[key] = self._make(request, *args, **kwargs)
            finally:
                self._lock.release()
        made = self._made[key]
        return HttpResponse(made.content, headers=made.headers)

    def _make(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        renderer = request.accepted_renderer
        response = super().get(request, *args, **kwargs)
        charset = f"; charset={renderer.charset}" if renderer.charset else ""
        headers = {**response.headers, "Content-Type": f"{renderer.media_type}{charset}"}
        content = renderer.render(response.data, renderer.media_type, {})
        return HttpResponse(content, headers=headers)
