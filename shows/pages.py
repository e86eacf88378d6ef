"""
The reference front end: a list of what is on, and a page to choose seats on.

The pages hold no data but a title: their script speaks the public API like any other client.
"""

import json
from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.safestring import mark_safe
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from events.models import Event
from shows.selectors import shows_visible_to
from shows.structured_data import structured_data

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def public_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page that is the same for everybody, runs nothing inline, and can only be read."""

    @csrf_exempt  # So that a POST is told that it is not allowed, and not that it has no token.
    @require_safe
    @wraps(view)
    def page(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        response["Cache-Control"] = "public, max-age=60"
        return response

    return page


@public_page
def shows_list(request: HttpRequest) -> HttpResponse:
    return render(request, "shows/shows_list.html", {"kinds": Event.Kind.choices})


@public_page
def seat_picker(request: HttpRequest, show_id: str) -> HttpResponse:
    show = get_object_or_404(shows_visible_to(is_staff=False), pk=show_id)
    # In a script element no text of a show may end it.
    structured = json.dumps(structured_data(show)).replace("<", "\\u003c")
    context = {"show": show, "structured_data": mark_safe(structured)}
    return render(request, "shows/seat_picker.html", context)
