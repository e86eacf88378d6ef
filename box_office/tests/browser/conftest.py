"""The pages of the box office in the same browser as those of customers."""

from shows.tests.browser.conftest import (
    _quiet_server,
    chromium,
    collect_ignore_glob,
    visit,
)

__all__ = ["_quiet_server", "chromium", "collect_ignore_glob", "visit"]
