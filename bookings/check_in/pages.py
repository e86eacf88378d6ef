"""The scanner: a page for a phone at the door. It holds no data; its script speaks the API."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from shows.pages import public_page


@public_page
def scanner(request: HttpRequest) -> HttpResponse:
    return render(request, "check_in/scanner.html")


@public_page
def worker(request: HttpRequest) -> HttpResponse:
    """Of the browser: it serves the scanner while there is no connection."""
    return render(request, "check_in/worker.js", content_type="text/javascript")
