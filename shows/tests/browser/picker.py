"""The seat picker as a customer uses it."""

from decimal import Decimal

from shows.models import Show
from shows.tests.browser.chromium import Page, seat
from users.tests.factories import PASSWORD, UserFactory

IS_READY = "!document.querySelector('aside').inert"
TYPES = {"Gold": {"Adult": Decimal(250), "Child": Decimal(150)}}


def opened(visit, show: Show, **size: int) -> Page:
    page = visit(f"/shows/{show.pk}/", **size)
    page.wait(IS_READY)
    return page


def log_in(page: Page, user=None) -> None:
    page.type("#login [name=email]", (user or UserFactory()).email)
    page.type("#login [name=password]", PASSWORD)
    page.click("#login form button")


def hold(page: Page, *labels: str) -> None:
    """Hold seats, as somebody who logs in when asked to."""
    for label in labels:
        page.click(seat(label))
    page.click("#hold")
    log_in(page)


def is_seen(selector: str) -> str:
    return f"document.querySelector('{selector}').checkVisibility()"
