"""The script of the API's documentation page."""

from functools import cache

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

_REDOC = "drf_spectacular_sidecar/redoc/bundles/redoc.standalone.js"
_LOGO = b"https://cdn.redoc.ly/redoc/logo-mini.svg"
_NO_IMAGE = b"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E"


@csrf_exempt
@require_safe
def redoc_script(request: HttpRequest) -> HttpResponse:
    """Serve ReDoc without the logo that it would fetch from its maker's host."""
    response = HttpResponse(_script(), content_type="text/javascript")
    response["Cache-Control"] = "public, max-age=86400"
    return response


@cache
def _script() -> bytes:
    with open(finders.find(_REDOC), "rb") as file:
        return file.read().replace(_LOGO, _NO_IMAGE)
