"""The till's page loads only its own scripts and style sheets."""

import posixpath
import re
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders

from eventbooking_system.testing.problems import assert_problem

URL = "/box-office/"


def test_page_loads_only_files_of_this_server(client: Any) -> None:
    response = client.get(URL)
    assert response.status_code == 200
    page = response.content.decode()
    assert re.findall(r'(?:src|href)="([^"]*)"', page) == [
        "data:,", "/static/shows/pages.css", "/static/shows/hall.css",
        "/static/box_office/till.css", "/static/box_office/till.js",
    ]  # fmt: skip
    assert not re.search(r"<script>|<style|\son\w+=|\sstyle=", page)
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'" in policy


def test_scripts_import_only_files_that_exist_and_ask_no_other_host(client: Any) -> None:
    found, new = set(), {"box_office/till.js"}
    while new:
        name = new.pop()
        found.add(name)
        text = Path(finders.find(name)).read_text()
        assert not re.search(r"https?://(?!www\.w3\.org)", text)
        imported = re.findall(r' from "(\.[^"]*)"', text)
        paths = {
            posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) for path in imported
        }
        new |= paths - found
    for name in found:
        served = client.get(f"/static/{name}")
        assert served.status_code == 200 and b"".join(served)
    own = {f"box_office/{path.name}" for path in Path(finders.find("box_office")).glob("*.js")}
    assert own <= found


def exports(name: str) -> set[str]:
    """Return the names that a module exports."""
    text = Path(finders.find(name)).read_text()
    listed = re.findall(r"export \{([^}]*)\}", text)
    return {
        *re.findall(r"export (?:async )?(?:const|let|function|class) (\w+)", text),
        *re.findall(r"\w+", " ".join(listed)),
    }


def test_page_can_only_be_read(client: Any) -> None:
    assert_problem(client.post(URL), 405, "method_not_allowed")
