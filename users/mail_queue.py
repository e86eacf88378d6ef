"""
The registry of the queue for mails of accounts.

This app knows no app above it. The app with the outbox registers a function in its
`AppConfig.ready`. The function stores a mail, and a worker writes and sends it later:

    register_mail_queue(queue_account_mail)
"""

from collections.abc import Callable
from typing import Any

# The user is typed Any because this module is imported before the models.
queues: list[Callable[..., None]] = []


def register_mail_queue(function: Callable[..., None]) -> None:
    """Have `function(kind=…, user=…, to=…, facts=…)` called for each mail."""
    queues.append(function)


def queue_mail(*, kind: str, user: Any, to: str = "", **facts: Any) -> None:
    """
    Queue a mail of an account.

    Without `to` it goes to the account's address. The facts are plain JSON data, and never a token.
    """
    for function in queues:
        function(kind=kind, user=user, to=to, facts=facts)
