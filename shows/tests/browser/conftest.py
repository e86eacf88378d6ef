import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.core.signals import request_finished, request_started

from shows.tests.browser.chromium import PATIENCE, Chromium, Page

BROWSER = os.environ.get("TEST_BROWSER")
collect_ignore_glob = [] if BROWSER else ["test_*.py"]


@pytest.fixture(scope="session")
def chromium(tmp_path_factory) -> Iterator[Chromium]:
    browser = Chromium(BROWSER, str(tmp_path_factory.mktemp("profile")))
    yield browser
    browser.close()


@pytest.fixture
def _quiet_server() -> Iterator[None]:
    """Wait for the pages' last request before the database is emptied."""
    running = []

    def started(**_: Any) -> None:
        running.append(True)

    def finished(**_: Any) -> None:
        running.pop()

    request_started.connect(started)
    request_finished.connect(finished)
    yield
    deadline = time.monotonic() + PATIENCE
    while running and time.monotonic() < deadline:
        time.sleep(0.05)
    request_started.disconnect(started)
    request_finished.disconnect(finished)


@pytest.fixture
def visit(chromium, live_server, _quiet_server, settings) -> Iterator[Callable[..., Page]]:
    """
    Return a function that opens a page as another customer.

    The browser has nothing to complain of. The browser has nothing to complain of.
    """
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_CLASSES": []}
    with ExitStack() as stack:
        pages = []

        def _visit(path: str, **size: int) -> Page:
            pages.append(stack.enter_context(chromium.page(live_server.url + path, **size)))
            return pages[-1]

        yield _visit
        complaints = [text for page in pages for text in page.complaints()]
    assert complaints == []
