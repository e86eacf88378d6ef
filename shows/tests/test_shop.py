"""The shop's pages: languages, house texts, and search engines."""

import json
import re
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.contrib.staticfiles import finders
from django.utils import timezone
from django.utils.translation import gettext, override

from events.tests.factories import EventFactory
from shows.models import Show
from shows.tests.factories import scheduled_show

pytestmark = pytest.mark.django_db
SCRIPTS = Path(finders.find("shows/api.js")).parent
TEMPLATES = Path(__file__).parents[1] / "templates" / "shows"
MAX_BYTES = 100_000
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def with_imports(script: Path, found: set[Path]) -> set[Path]:
    """Return a script with every module that it imports."""
    if script not in found:
        found.add(script)
        for name in re.findall(r' from "(\..*)"', script.read_text()):
            with_imports((script.parent / name).resolve(), found)
    return found


@pytest.mark.parametrize("language", ["en", "hi", "es"])
def test_the_first_page_has_less_than_100_kb_without_its_posters(client, language) -> None:
    page = client.get(f"/?lang={language}").content
    sheets = [(SCRIPTS / "pages.css").read_bytes(), client.get("/theme.css").content]
    scripts = [path.read_bytes() for path in with_imports(SCRIPTS / "whats_on.js", set())]
    assert len(scripts) > 5
    assert sum(map(len, [page, *sheets, *scripts])) < MAX_BYTES


# ---- Languages


def test_a_page_speaks_the_language_that_the_browser_prefers(client) -> None:
    for accepted, language, words in [
        ("es-MX, en;q=0.5", "es", "Mis reservas"),
        ("hi", "hi", "मेरी बुकिंग"),
        ("fr", "en", "My bookings"),
    ]:
        response = client.get("/", headers={"accept-language": accepted})
        page = response.content.decode()
        assert f'<html lang="{language}">' in page and words in page
        assert response["Content-Language"] == language
        assert {"Accept-Language", "Cookie"} <= set(response["Vary"].split(", "))


def test_a_chosen_language_stays_and_no_other_value_is_kept(client) -> None:
    response = client.get("/?lang=hi", headers={"accept-language": "es"})
    assert '<html lang="hi">' in response.content.decode()
    cookie = response.cookies["django_language"]
    assert (cookie.value, cookie["httponly"], cookie["samesite"]) == ("hi", True, "Lax")
    assert response["Cache-Control"] == "private, no-cache"
    assert '<html lang="hi">' in client.get("/", headers={"accept-language": "es"}).content.decode()
    for value in ("fr", "", "<b>", "en-GB"):
        assert not client.get(f"/?lang={value}").cookies


def test_the_language_switch_keeps_the_query_and_marks_the_language_of_the_page(client) -> None:
    page = client.get("/?city=Mumbai&lang=es").content.decode()
    assert 'href="?city=Mumbai&amp;lang=hi" lang="hi"' in page
    assert re.search(r'lang="es" hreflang="es" aria-current="true"', page)


def texts_of_scripts() -> set[str]:
    found = set()
    for path in SCRIPTS.rglob("*.js"):
        text = path.read_text()
        found |= set(re.findall(r'(?<![\w.])t\(\s*"([^"]*)"', text))
        found |= set(re.findall(r'(?<![\w.])plural\([^,]+,\s*"([^"]*)"', text))
    return found


def texts_of_templates() -> set[str]:
    found = set()
    for path in TEMPLATES.glob("*.html"):
        for double, single in re.findall(
            r"""\{% translate (?:"([^"]*)"|'([^']*)')""", path.read_text()
        ):
            found.add(double or single)
    return found


@pytest.mark.parametrize("language", ["hi", "es"])
def test_every_text_of_the_pages_is_translated(client, language) -> None:
    page = client.get(f"/?lang={language}").content.decode()
    (catalogue,) = re.findall(r'<script type="application/json" id="texts">(.*?)</script>', page)
    texts = json.loads(catalogue)
    assert texts_of_scripts() - texts.keys() == set()
    assert len(texts_of_scripts()) > 50
    with override(language):
        same = {text for text in texts_of_templates() if gettext(text) == text}
    assert same == set()


def test_the_texts_of_a_page_cannot_end_their_element(client, settings) -> None:
    page = client.get("/?lang=es").content.decode()
    assert "<" not in re.findall(r'id="texts">(.*?)</script>', page)[0]
    assert 'id="texts"' not in client.get("/?lang=en").content.decode()


# ---- The house


def test_the_pages_have_the_name_logo_contact_and_colours_of_the_house(client, settings) -> None:
    settings.SHOP_NAME = "Regal <Cinema>"
    settings.SHOP_CONTACT_EMAIL, settings.SHOP_CONTACT_PHONE = "hi@regal.example", "+912200"
    page = client.get("/").content.decode()
    assert '<a class="brand" href="/">Regal &lt;Cinema&gt;</a>' in page
    assert 'href="mailto:hi@regal.example"' in page and 'href="tel:+912200"' in page
    settings.SHOP_LOGO = "/static/logo.svg"
    logo = '<img src="/static/logo.svg" alt="Regal &lt;Cinema&gt;">'
    assert logo in client.get("/").content.decode()
    settings.SHOP_COLOUR, settings.SHOP_COLOUR_ON = "#7a0019", "#ffffff"
    theme = client.get("/theme.css")
    assert theme["Content-Type"].startswith("text/css")
    assert ":root { --accent: #7a0019; --on-accent: #ffffff; }" in theme.content.decode()


def test_images_come_from_this_server_and_from_the_origins_of_the_settings(
    client, settings
) -> None:
    settings.SHOP_IMAGE_ORIGINS = ["https://images.example.org"]
    response = client.get("/")
    assert "img-src 'self' data: https://images.example.org;" in response["Content-Security-Policy"]
    assert 'data-images="https://images.example.org"' in response.content.decode()


def test_a_legal_text_has_a_page_and_an_address_has_a_link(client, settings) -> None:
    settings.SHOP_LEGAL = {
        "terms": "# Terms\n\nNo <b>refunds</b>\nafter the start.",
        "privacy": "https://regal.example/privacy",
        "imprint": "",
    }
    page = client.get("/legal/terms/").content.decode()
    assert "<h2>Terms</h2>" in page
    assert "<p>No &lt;b&gt;refunds&lt;/b&gt; after the start.</p>" in page
    assert 'href="/legal/terms/"' in page and 'href="https://regal.example/privacy"' in page
    assert "Legal notice" not in page
    for name in ("privacy", "imprint"):
        assert client.get(f"/legal/{name}/").status_code == 404


# ---- Search engines


def test_a_film_has_a_page_with_its_facts_and_structured_data(client, settings) -> None:
    settings.FRONTEND_URL = "https://tickets.example.org"
    event = EventFactory(
        title="</script><b>Dangal", slug="dangal", duration_minutes=161, certificate="U",
        cast=["Aamir Khan"], language="Hindi", description="A wrestler.",
    )  # fmt: skip
    page = client.get("/films/dangal/").content.decode()
    assert "<h1>&lt;/script&gt;&lt;b&gt;Dangal</h1>" in page and "161 min" in page
    (text,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
    data = json.loads(text)
    assert (data["@type"], data["name"], data["duration"]) == ("Movie", event.title, "PT2H41M")
    assert data["url"] == "https://tickets.example.org/films/dangal/"
    assert data["actor"] == [{"@type": "Person", "name": "Aamir Khan"}]
    assert data["contentRating"] == "U" and data["description"] == "A wrestler."


def test_an_unpublished_film_has_no_page(client) -> None:
    EventFactory(slug="secret", is_published=False)
    assert client.get("/films/secret/").status_code == 404


def test_the_site_map_lists_films_and_shows_that_are_to_come(client, settings) -> None:
    settings.FRONTEND_URL = "https://tickets.example.org"
    show = scheduled_show()
    scheduled_show(event=EventFactory(is_published=False))
    cancelled, over = scheduled_show(), scheduled_show()
    Show.objects.filter(pk=cancelled.pk).update(
        status=Show.Status.CANCELLED, cancelled_at=timezone.now()
    )
    Show.objects.filter(pk=over.pk).update(start_time=timezone.now() - timedelta(hours=1))
    response = client.get("/sitemap.xml")
    assert response["Content-Type"] == "application/xml"
    found = [node.text for node in ElementTree.fromstring(response.content).iter(f"{SITEMAP}loc")]
    assert found == [
        "https://tickets.example.org/",
        f"https://tickets.example.org/films/{show.event.slug}/",
        f"https://tickets.example.org/shows/{show.pk}/",
    ]


def test_robots_may_read_the_catalogue_and_nothing_about_people(client, settings) -> None:
    settings.FRONTEND_URL = "https://tickets.example.org"
    lines = client.get("/robots.txt").content.decode().splitlines()
    assert "Sitemap: https://tickets.example.org/sitemap.xml" in lines
    assert {"Allow: /api/shows/", "Disallow: /api/", "Disallow: /bookings/"} <= set(lines)


# ---- Payments and frames


def policy_of(client, path: str) -> dict[str, str]:
    directives = client.get(path)["Content-Security-Policy"].split("; ")
    return dict(directive.split(" ", 1) for directive in directives)


def test_only_pages_that_take_money_may_load_stripe_and_only_where_it_takes_it(
    client, settings
) -> None:
    paying = [f"/shows/{scheduled_show().pk}/", "/bookings/K7QF-2MXD"]
    usual = policy_of(client, "/")
    assert [policy_of(client, path) for path in paying] == [usual, usual]
    settings.PAYMENT_PROVIDER = "stripe"
    for path in paying:
        assert policy_of(client, path) == usual | {
            "script-src": "'self' https://js.stripe.com",
            "connect-src": "'self' https://api.stripe.com",
            "frame-src": "https://js.stripe.com https://hooks.stripe.com",
        }
        page = client.get(path).content.decode()
        assert 'data-stripe="https://js.stripe.com/v3/"' in page and "pm_card_visa" not in page
    for path in ("/", "/my-bookings/", "/account/", "/login/"):
        assert policy_of(client, path) == usual
        assert b"stripe" not in client.get(path).content


def test_only_origins_of_the_settings_may_show_the_programme_and_the_seats_in_a_frame(
    client, settings
) -> None:
    paths = ["/", f"/shows/{scheduled_show().pk}/"]
    regal = "https://regal.example"
    for path in paths:
        response = client.get(f"{path}?embed={regal}")
        assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
        assert response["X-Frame-Options"] == "DENY" and b"embedded" not in response.content
    settings.SHOP_EMBED_ORIGINS = [regal, "https://www.regal.example"]
    for path in paths:
        response = client.get(f"{path}?embed={regal}")
        ancestors = "frame-ancestors https://regal.example https://www.regal.example"
        assert ancestors in response["Content-Security-Policy"]
        assert "X-Frame-Options" not in response
        assert f'data-embed="{regal}"' in response.content.decode()
        for query in ("", "?embed=https://evil.example", "?embed=", "?embed=*", "?embed=null"):
            response = client.get(path + query)
            assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
            assert response["X-Frame-Options"] == "DENY"
    for path in ("/account/", "/bookings/K7QF-2MXD", "/login/"):
        response = client.get(f"{path}?embed={regal}")
        assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
        assert response["X-Frame-Options"] == "DENY"


def test_the_script_of_the_frames_is_for_every_site(client) -> None:
    response = client.get("/embed.js")
    assert response["Content-Type"].startswith("text/javascript")
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert b"ticket-shop" in response.content
