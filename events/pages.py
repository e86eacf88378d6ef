"""Uploaded posters, as files."""

from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe


@csrf_exempt  # A POST then gets 405, and not a complaint about a missing CSRF token.
@require_safe
def poster(request: HttpRequest, name: str) -> HttpResponse:
    """
    Serve a poster in one size.

    In production the proxy serves the folder itself, or the storage has an address of its own.
    """
    try:
        with default_storage.open(f"posters/{name}") as file:
            response = HttpResponse(file.read(), content_type="image/jpeg")
    except FileNotFoundError as error:
        raise Http404 from error
    # Another poster gets another name.
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    response["Content-Security-Policy"] = "default-src 'none'"
    return response
