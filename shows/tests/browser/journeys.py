"""Steps that the tests of several pages take."""

import re
import time
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.core import mail
from django.core.management import call_command

from shows.models import Show
from shows.tests.browser.chromium import PATIENCE
from users.tests.factories import PASSWORD


def mailed_path() -> str:
    """Wait for the newest mail's link, and return its path."""
    deadline = time.monotonic() + PATIENCE
    while not mail.outbox and time.monotonic() < deadline:
        call_command("worker", once=True, queue=["account_mails"])
        time.sleep(0.05)
    (link,) = re.findall(r"http\S+", mail.outbox[-1].body)
    return urlsplit(link)._replace(scheme="", netloc="").geturl()


def log_in(page, user, password: str = PASSWORD) -> None:
    page.type("#login [name=email]", user.email)
    page.type("#login [name=password]", password)
    page.click("#login form button")


def is_seen(selector: str) -> str:
    return f"document.querySelector('{selector}').checkVisibility()"


def day_of(show: Show) -> str:
    return show.start_time.astimezone(ZoneInfo(show.screen.venue.timezone)).date().isoformat()
