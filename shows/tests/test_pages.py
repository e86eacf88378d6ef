"""The pages as they are served. The tests in `browser/` run their scripts in a browser."""

import json
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from eventbooking_system.problems import MEDIA_TYPE
from events.tests.factories import EventFactory
from shows.tests.factories import scheduled_show
from users.tests.factories import StaffFactory

pytestmark = pytest.mark.django_db
STRICT = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "connect-src": "'self'",
    "img-src": "'self' data:",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
FILES = {
    "/": ["pages.css", "whats_on.js"],
    "/films/{1}/": ["film.js", "pages.css"],
    "/shows/{0}/": ["hall.css", "pages.css", "seat_picker.js"],
    "/bookings/K7QF-2MXD": ["booking_page.js", "pages.css"],
    "/my-bookings/": ["my_bookings.js", "pages.css"],
    "/account/": ["account.js", "pages.css"],
    "/login/": ["log_in.js", "pages.css"],
    "/register/": ["pages.css", "register.js"],
    "/reset-password": ["pages.css", "reset_password.js"],
    "/verify-email": ["pages.css", "verify_email.js"],
    "/transfers/": ["pages.css", "transfers.js"],
}
LISTED = ("/", "/films/", "/shows/")
ENTRIES = {name for names in FILES.values() for name in names if name.endswith(".js")}
ENTRIES |= {"hall_admin.js", "week/page.js", "embed.js", "embedded.js"}
FOLDER = Path(finders.find("shows/api.js")).parent
SCRIPTS = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.js")}


@pytest.fixture
def show():
    return scheduled_show(event=EventFactory(title='<b>"Ampers & Sons"</b>'))


@pytest.fixture(params=FILES)
def pattern(request):
    return request.param


@pytest.fixture
def path(pattern, show):
    return pattern.format(show.pk, show.event.slug)


def test_the_policy_allows_nothing_but_what_the_pages_load(client, path):
    response = client.get(path)
    assert response.status_code == 200 and response["Content-Type"] == "text/html; charset=utf-8"
    directives = response["Content-Security-Policy"].split("; ")
    assert dict(directive.split(" ", 1) for directive in directives) == STRICT


def test_nothing_in_a_page_needs_more_than_the_policy_allows(client, path, pattern):
    page = client.get(path).content.decode()
    page = re.sub(r'<script type="application/ld\+json">.*?</script>', "", page)
    page = re.sub(r'<(link rel="(canonical|alternate)"|meta property="og:url") [^>]*>', "", page)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|https?://", page)
    assert re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL) == [""]
    loaded = re.findall(r'(?:src|href)="(/static/[^"]*)"', page)
    assert sorted(loaded) == [f"/static/shows/{name}" for name in FILES[pattern]]


def test_the_scripts_and_the_style_sheets_are_served(client):
    imported = {
        (FOLDER / script).parent.joinpath(name).resolve().relative_to(FOLDER).as_posix()
        for script in SCRIPTS
        for name in re.findall(r' from "(\..*)"', (FOLDER / script).read_text())
    }
    assert imported == SCRIPTS - ENTRIES
    for name in {*SCRIPTS, "hall.css", "pages.css"}:
        response = client.get(f"/static/shows/{name}")
        assert response.status_code == 200
        response.close()


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_the_scripts_put_no_data_into_a_page_as_html(name):
    text = (FOLDER / name).read_text()
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b", text)


def test_the_seat_picker_names_the_show_and_escapes_its_title(client, show):
    page = client.get(f"/shows/{show.pk}/").content.decode()
    assert f'data-show="{show.pk}"' in page
    assert "<h1>&lt;b&gt;&quot;Ampers &amp; Sons&quot;&lt;/b&gt;</h1>" in page
    assert show.screen.venue.name in page and "<b>" not in page


def test_the_seat_picker_has_the_structured_data_of_the_show(client, show):
    page = client.get(f"/shows/{show.pk}/").content.decode()
    (text,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
    assert "<" not in text
    assert json.loads(text) == client.get(f"/api/shows/{show.pk}/").json()["structured_data"]
    assert json.loads(text)["name"] == show.event.title


def test_the_first_page_offers_every_kind_of_event(client):
    page = client.get("/").content.decode()
    assert '<option value="movie">Movie</option>' in page
    assert '<option value="other">Other</option>' in page


def test_a_page_takes_few_queries(client, show, django_assert_num_queries):
    with django_assert_num_queries(4):
        client.get(f"/shows/{show.pk}/")
    with django_assert_num_queries(2):
        client.get(f"/films/{show.event.slug}/")
    with django_assert_num_queries(0):
        for path in FILES:
            if "{" not in path:
                client.get(path)


def test_a_show_of_an_unpublished_event_is_not_found_not_even_by_staff(client, show):
    show.event.is_published = False
    show.event.save()
    client.force_login(StaffFactory())
    response = client.get(f"/shows/{show.pk}/")
    assert response.status_code == 404 and response["Content-Type"] == MEDIA_TYPE
    assert b"Ampers" not in response.content


@pytest.mark.parametrize(
    "path",
    ["/films/", "/films/none/", "/films/none", "/legal/terms/", "/legal/other/", "/shows/0/", "/shows/9999999999999999999/", "/shows/99999999999999999999/", "/shows/-1/",
     "/shows/x/", "/shows/%00/", "/shows/", "/shows/1", "/shows/1/seats/", "/bookings/",
     "/bookings/K7QF_2MXD", "/bookings/K7QF-2MXD/x", "/bookings/<b>", "/verify-email/x"],
)  # fmt: skip
def test_page_that_does_not_exist_is_answered_with_a_problem(client, path):
    response = client.get(path)
    assert response.status_code == 404 and response["Content-Type"] == MEDIA_TYPE


def test_a_page_can_only_be_read(client, path):
    for method in ("post", "put", "patch", "delete", "options"):
        response = getattr(client, method)(path)
        assert response.status_code == 405 and response["Content-Type"] == MEDIA_TYPE, method


def test_a_page_is_the_same_for_everybody_and_sets_no_cookie(client, path):
    response = client.get(path)
    assert not response.cookies and response["Cache-Control"] == "public, max-age=60"
    client.force_login(StaffFactory())
    assert client.get(path).content == response.content


def test_a_page_that_search_engines_list_names_its_address_and_languages(client, path, settings):
    settings.FRONTEND_URL = "https://tickets.example.org"
    page = client.get(path + "?lang=es&x=1").content.decode()
    canonical = re.findall(r'<link rel="canonical" href="([^"]*)">', page)
    others = re.findall(r'<link rel="alternate" hreflang="(..)" href="([^"]*)">', page)
    if path == "/" or path.startswith(LISTED[1:]):
        address = f"https://tickets.example.org{path}"
        assert canonical == [address]
        assert others == [(code, f"{address}?lang={code}") for code in ("en", "hi", "es")]
        assert f'<meta property="og:url" content="{address}">' in page
        assert '<meta property="og:title"' in page and 'content="noindex"' not in page
    else:
        assert (canonical, others) == ([], []) and 'name="robots" content="noindex"' in page
