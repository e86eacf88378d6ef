"""The views of the pages."""

from collections.abc import Callable
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from events.models import Event
from shows.models import Show
from shows.pages.crawling import absolute, film_data
from shows.pages.house import LEGAL_TITLES, legal_text
from shows.pages.house import theme as house_theme
from shows.pages.serving import embeddable, payment_page, render, shop_page
from shows.pages.texts import script_json
from shows.selectors import shows_visible_to
from shows.structured_data import structured_data

_EMBED = Path(__file__).parents[1] / "static" / "shows" / "embed.js"


def plain_page(template: str) -> Callable[[HttpRequest], HttpResponse]:
    """Make the view of a page whose template needs no data."""

    @shop_page
    def page(request: HttpRequest) -> HttpResponse:
        return render(request, template)

    return page


my_bookings = plain_page("shows/my_bookings.html")
account = plain_page("shows/account.html")
log_in = plain_page("shows/log_in.html")
register = plain_page("shows/register.html")
reset_password = plain_page("shows/reset_password.html")
transfers = plain_page("shows/transfers.html")
verify_email = plain_page("shows/verify_email.html")


@embeddable
@shop_page
def whats_on(request: HttpRequest) -> HttpResponse:
    return render(request, "shows/whats_on.html", {"kinds": Event.Kind.choices}, path="/")


@shop_page
def film(request: HttpRequest, slug: str) -> HttpResponse:
    events = Event.objects.visible_to(is_staff=False).prefetch_related("genres")
    event = get_object_or_404(events, slug=slug)
    context = {
        "event": event,
        "image": absolute(event.shown_poster_url),
        "structured_data": script_json(film_data(event)),
    }
    return render(request, "shows/film.html", context, path=f"/films/{event.slug}/")


@embeddable
@payment_page
def seat_picker(request: HttpRequest, show_id: str) -> HttpResponse:
    show = get_object_or_404(shows_visible_to(is_staff=False), pk=show_id)
    context = {
        "show": show,
        "image": absolute(show.event.shown_poster_url),
        "structured_data": script_json(structured_data(show)),
    }
    # People with the link may book an unlisted show, but search engines must not list it.
    is_listed = show.publication != Show.Publication.UNLISTED
    path = f"/shows/{show.pk}/" if is_listed else ""
    response = render(request, "shows/seat_picker.html", context, path=path)
    if not is_listed:
        response["X-Robots-Tag"] = "noindex"
    return response


@payment_page
def booking(request: HttpRequest, reference: str) -> HttpResponse:
    """Serve the page of a booking. It is the same whether there is such a booking or not."""
    return render(request, "shows/booking.html", {"reference": reference.upper()})


@shop_page
def legal(request: HttpRequest, name: str) -> HttpResponse:
    """Serve a legal text of the house. Without one there is no such page."""
    blocks = legal_text(name)
    if blocks is None:
        raise Http404
    context = {"title": LEGAL_TITLES[name], "blocks": blocks}
    return render(request, "shows/legal.html", context, path=f"/legal/{name}/")


@require_safe
def embed(request: HttpRequest) -> HttpResponse:
    """Serve the script that embeds the shop in another site."""
    response = HttpResponse(_EMBED.read_bytes(), content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "public, max-age=300"
    # Scripts of other origins may be refused without it.
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@require_safe
def theme(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(house_theme(), content_type="text/css; charset=utf-8")
    response["Cache-Control"] = "public, max-age=300"
    return response
