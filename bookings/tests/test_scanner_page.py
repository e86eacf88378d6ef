"""The scanner's page: one script, one style sheet, nothing inline, nothing from elsewhere."""

import re

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
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    for name in ("scanner.css", "scanner.js"):
        served = client.get(f"/static/check_in/{name}")
        assert served.status_code == 200
        assert "http" not in b"".join(served).decode().replace("https and", "")


def test_the_browser_may_keep_the_page_s_files_and_nothing_of_the_api(client) -> None:
    answer = client.get("/check-in/worker.js")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/javascript")
    page = client.get(URL).content.decode()
    files = re.findall(r'"(/[^"]*)"', answer.content.decode())
    assert files == [URL, *re.findall(r'(?:src|href)="(/[^"]*)"', page)]


def test_the_page_can_only_be_read(client) -> None:
    assert_problem(client.post(URL), 405, "method_not_allowed")
