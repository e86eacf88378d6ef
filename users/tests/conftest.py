"""A worker for the mails of accounts."""

from typing import Any

import pytest
from django.core.management import call_command

from users import mail_queue


@pytest.fixture(autouse=True)
def _worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a worker send each account mail once it is queued."""

    def work(**_: Any) -> None:
        call_command("worker", once=True, queue=["account_mails"])

    monkeypatch.setattr(mail_queue, "queues", [*mail_queue.queues, work])
