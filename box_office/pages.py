"""The page of the till. It contains no data; its scripts use the API."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from shows.pages.serving import public_page


@public_page
def till(request: HttpRequest) -> HttpResponse:
    return render(request, "box_office/till.html")
