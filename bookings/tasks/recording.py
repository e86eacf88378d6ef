"""The record of a failed attempt to send something."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from bookings import services
from bookings.models import AccountMail, Message, WebhookDelivery
from bookings.notifications.errors import NotSent, Undeliverable

log = logging.getLogger(__name__)


@contextmanager
def recording(row: AccountMail | Message | WebhookDelivery) -> Iterator[None]:
    """
    Record a failure of the block instead of raising it.

    A bad row never stops the others.
    """
    try:
        yield
    except Exception as error:
        outcome = {}
        if isinstance(row, WebhookDelivery):
            outcome["response_status"] = getattr(error, "status", None)
        if not isinstance(error, NotSent | Undeliverable):
            log.exception("sending failed", extra={"row": f"{row._meta.label} {row.pk}"})
        services.record_failure(
            row,
            f"{error}" if isinstance(error, NotSent | Undeliverable) else repr(error),
            is_final=isinstance(error, Undeliverable),
            **outcome,
        )
