"""The worker's queues, each in a thread of its own."""

from collections.abc import Callable

from bookings.tasks.account_mails import start_account_mail
from bookings.tasks.messages import start_messages
from bookings.tasks.periodic import start_job
from bookings.tasks.webhooks import start_delivery

QUEUES: dict[str, Callable[[], bool]] = {
    "account_mails": start_account_mail,
    "jobs": start_job,
    "messages": start_messages,
    "webhooks": start_delivery,
}


def register_queue(name: str, start: Callable[[], bool]) -> None:
    """Add the queue of an app above. `start` does the next work, and returns whether there was any."""
    QUEUES[name] = start
