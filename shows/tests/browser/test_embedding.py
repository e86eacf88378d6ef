"""The shop in a frame of another site."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from shows.tests.browser.journeys import day_of
from shows.tests.factories import scheduled_show

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("_quiet_server"),
]


@pytest.fixture
def site() -> Iterator[ThreadingHTTPServer]:
    """Start a site of another origin. Its page is in `server.page`."""

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = server.page.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.page = ""
    server.origin = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


HEIGHT = "document.querySelector('iframe')?.getBoundingClientRect().height"


def test_one_script_tag_puts_the_programme_of_a_venue_into_a_page(
    chromium, live_server, settings, site
) -> None:
    show = scheduled_show()
    settings.SHOP_EMBED_ORIGINS = [site.origin]
    site.page = (
        "<!doctype html><title>Regal</title><h1>Regal</h1>"
        f'<script src="{live_server.url}/embed.js" data-venue="{show.screen.venue_id}"></script>'
    )
    with chromium.page(site.origin, width=800) as page:
        page.wait(f"{HEIGHT} > 100 && {HEIGHT} !== 640")
        frame = page.run("document.querySelector('ticket-shop iframe').src")
        assert frame.startswith(f"{live_server.url}/?venue={show.screen.venue_id}&embed=http")
        before = page.run(HEIGHT)
        page.run("document.querySelector('iframe').contentWindow.postMessage('x', '*')")
        page.run("postMessage({ type: 'ticket-shop', height: 5000 }, '*')")
        assert page.run(f"new Promise(done => setTimeout(() => done({HEIGHT}), 500))") != 5000
        assert before > 0
    # The page of the frame by itself.
    path = f"/?venue={show.screen.venue_id}&date={day_of(show)}&embed={site.origin}"
    with chromium.page(live_server.url + path, height=200) as page:
        page.wait("Boolean(document.querySelector('.films .time'))")
        page.run("parent.postMessage = ({ height }) => (globalThis.told = height)")
        page.run("import('/static/shows/embedded.js?again')")
        assert page.wait("told") >= page.run("document.documentElement.scrollHeight")
        assert not page.run("document.querySelector('.brand').checkVisibility()")
        query = page.run("document.querySelector('.films .time').search")
        assert query.startswith("?embed=http")


def test_the_seats_of_a_show_are_another_element_and_a_strange_site_shows_nothing(
    chromium, live_server, settings, site
) -> None:
    show = scheduled_show()
    site.page = (
        f'<!doctype html><title>Regal</title><ticket-shop show="{show.pk}"></ticket-shop>'
        f'<script src="{live_server.url}/embed.js"></script>'
    )
    with chromium.page(site.origin) as page:
        page.wait("Boolean(document.querySelector('iframe'))")
        page.run("new Promise(done => setTimeout(done, 2000))")
        assert page.run(HEIGHT) == 640  # The frame was refused, and told nothing.
    settings.SHOP_EMBED_ORIGINS = [site.origin]
    with chromium.page(site.origin) as page:
        page.wait(f"{HEIGHT} > 700")
        src = page.run("document.querySelector('iframe').src")
        assert src.startswith(f"{live_server.url}/shows/{show.pk}/?embed=http")
