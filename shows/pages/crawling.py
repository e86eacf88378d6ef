"""Texts for search engines: site map, robots.txt, and films' JSON-LD."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from events.models import Event
from shows.selectors import films_with_shows, shows_to_come

MAX_ADDRESSES = 50_000
"""The most that one site map may have: https://www.sitemaps.org/protocol.html."""

_HIDDEN = (
    "/account/", "/admin/", "/api/", "/bookings/", "/box-office/", "/check-in/", "/login/",
    "/my-bookings/", "/register/", "/reset-password", "/verify-email",
)  # fmt: skip
# The scripts of the pages read these.
_READ_BY_PAGES = ("/api/events/", "/api/shows/", "/api/venues/")


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    lines = ["User-agent: *"]
    lines += [f"Allow: {path}" for path in _READ_BY_PAGES]
    lines += [f"Disallow: {path}" for path in _HIDDEN]
    lines += ["", f"Sitemap: {settings.FRONTEND_URL}/sitemap.xml", ""]
    response = HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "public, max-age=3600"
    return response


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """List the pages of films and shows that are to come."""
    films = [f"/films/{slug}/" for slug in films_with_shows()]
    shows = [f"/shows/{show_id}/" for show_id in shows_to_come()]
    paths = ["/", *films, *shows][:MAX_ADDRESSES]
    addresses = [settings.FRONTEND_URL + path for path in paths]
    context = {"addresses": addresses}
    response = render(request, "shows/sitemap.xml", context, content_type="application/xml")
    response["Cache-Control"] = "public, max-age=3600"
    return response


def film_data(event: Event) -> dict[str, Any]:
    """Describe a film, or another event, as schema.org JSON-LD."""
    is_film = event.kind == Event.Kind.MOVIE
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Movie" if is_film else "CreativeWork",
        "name": event.title,
        "url": f"{settings.FRONTEND_URL}/films/{event.slug}/",
    }
    facts = {
        "description": event.description,
        "image": absolute(event.shown_poster_url),
        "inLanguage": event.language,
        "genre": [genre.name for genre in event.genres.all()],
        "contentRating": event.certificate,
        "datePublished": event.release_date and event.release_date.isoformat(),
    }
    if is_film:
        facts["duration"] = _iso_duration(timedelta(minutes=event.duration_minutes))
        facts["actor"] = [{"@type": "Person", "name": name} for name in event.cast]
    return data | {name: fact for name, fact in facts.items() if fact}


def absolute(address: str) -> str:
    """Put this server's origin before a path of it."""
    return settings.FRONTEND_URL + address if address.startswith("/") else address


def _iso_duration(length: timedelta) -> str:
    hours, minutes = divmod(int(length.total_seconds()) // 60, 60)
    return f"PT{hours}H{minutes}M"
