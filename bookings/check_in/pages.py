"""The scanner page for the door. It contains no data; its scripts use the API."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from shows.pages import public_page

FILES = (
    "check_in/scanner.css",
    *(
        f"check_in/{name}.js"
        for name in ("camera", "scanner", "shows", "state", "sync", "ticket", "verdicts")
    ),
    "shows/api.js",
    "shows/page.js",
)
"""The static files that the page needs without a connection."""


@public_page
def scanner(request: HttpRequest) -> HttpResponse:
    return render(request, "check_in/scanner.html")


@public_page
def worker(request: HttpRequest) -> HttpResponse:
    """Serve the service worker, which opens the scanner page without a connection."""
    context = {"files": FILES}
    return render(request, "check_in/worker.js", context, content_type="text/javascript")
