"""The scanner page loads only its own scripts and style sheet."""

import posixpath
import re
from pathlib import Path

from django.contrib.staticfiles import finders

from bookings.check_in.pages import DECODER, FILES
from eventbooking_system.testing.problems import assert_problem

URL = "/check-in/"


def test_the_page_loads_a_script_and_a_style_sheet_of_ours_and_nothing_else(client) -> None:
    answer = client.get(URL)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert re.findall(r'(?:src|href)="([^"]*)"', page) == [
        "data:,", "/static/check_in/scanner.css", "/static/check_in/scanner.js",
    ]  # fmt: skip
    assert not re.search(r"<script>|<style|\son\w+=|\sstyle=", page)
    policy = answer["Content-Security-Policy"]
    scripts = "script-src 'self' 'wasm-unsafe-eval'"
    assert f"default-src 'none'; {scripts}; style-src 'self'; connect-src 'self'" in policy
    for name in FILES:
        served = client.get(f"/static/{name}")
        assert served.status_code == 200
        assert not re.search("https?://", b"".join(served).decode())
    for name in DECODER:
        served = client.get(f"/static/{name}")
        assert served.status_code == 200 and b"".join(served)


def test_the_service_worker_keeps_the_page_and_every_module_that_its_script_imports(client) -> None:
    answer = client.get("/check-in/worker.js")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/javascript")
    kept = re.findall(r'"(/[^"]*)"', answer.content.decode())
    assert kept == [URL, *(f"/static/{name}" for name in (*FILES, *DECODER))]
    assert {"check_in/scanner.css", *modules("check_in/scanner.js")} == set(FILES)


def modules(script: str) -> set[str]:
    """Return the static files of a script and its imports."""
    found, new = set(), {script}
    while new:
        name = new.pop()
        found.add(name)
        text = Path(finders.find(name)).read_text()
        for path in re.findall(r' from "(\.[^"]*)"', text):
            new.add(posixpath.normpath(posixpath.join(posixpath.dirname(name), path)))
        new -= found
    return found


def test_the_page_can_only_be_read(client) -> None:
    assert_problem(client.post(URL), 405, "method_not_allowed")
