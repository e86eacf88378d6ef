"""
The pages of the reference front end: the shows, the seat picker, and those that mails link to.

A page contains no data except a title. Its script uses the public API like any other client.
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
from shows.models import Show
from shows.selectors import shows_visible_to
from shows.structured_data import structured_data

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def public_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """
    Serve a read-only page that is the same for all visitors.

    It has no inline scripts.
    """

    @csrf_exempt  # A POST then gets 405, and not a complaint about a missing CSRF token.
    @require_safe
    @wraps(view)
    def page(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
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
    response = render(request, "shows/seat_picker.html", context)
    if show.publication == Show.Publication.UNLISTED:
        response["X-Robots-Tag"] = "noindex"  # Whoever has the link may book, but it is in no list.
    return response


@public_page
def booking(request: HttpRequest, reference: str) -> HttpResponse:
    """Serve the page of a booking. It is the same whether there is such a booking or not."""
    return render(request, "shows/booking.html", {"reference": reference.upper()})


@public_page
def reset_password(request: HttpRequest) -> HttpResponse:
    return render(request, "shows/reset_password.html")


@public_page
def verify_email(request: HttpRequest) -> HttpResponse:
    return render(request, "shows/verify_email.html")
