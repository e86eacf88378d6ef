"""The scanner: a page for a phone at the door. It holds no data; its script speaks the API."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from shows.pages import public_page


@public_page
def scanner(request: HttpRequest) -> HttpResponse:
    return render(request, "check_in/scanner.html")
