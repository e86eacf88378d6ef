"""The box office's pages in the browser of the customers' tests."""

from shows.tests.browser.conftest import (
    _quiet_server,
    chromium,
    collect_ignore_glob,
    visit,
)

__all__ = ["_quiet_server", "chromium", "collect_ignore_glob", "visit"]
