"""Workers beside each other, and one that is killed. The first test shows that the harness can fail."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from bookings import services, tasks
from bookings.models import Message, PeriodicJob
from bookings.querysets import OutgoingQuerySet
from bookings.tasks.messages import BATCH
from bookings.tests.factories import confirmed
from bookings.tests.smtp_server import Mailbox
from eventbooking_system.testing.races import run_at_once

pytestmark = pytest.mark.django_db(transaction=True)


def queue(count: int) -> None:
    # One recipient gets a hundred messages a day at most.
    bookings, now = [confirmed() for _ in range(1 + count // 60)], timezone.now()
    Message.objects.all().delete()
    Message.objects.bulk_create(
        Message(
            booking=bookings[number % len(bookings)], kind="payment_returned", channel="email", dedupe_key=f"{number}",
            due_at=now, give_up_at=now + timedelta(days=1),
        )
        for number in range(count)
    )  # fmt: skip


def take_all(count: int) -> list[int]:
    """Return the rows that eight workers take until none is left."""

    def take() -> list[int]:
        taken = []
        while rows := services.take_batch(Message, most=3):
            taken += [row.pk for row in rows]
        return taken

    queue(count)
    results = run_at_once([take] * 8)
    assert all(isinstance(result, list) for result in results), results
    return [pk for result in results for pk in result]


@pytest.mark.postgres
def test_control_without_the_lock_two_workers_take_the_same_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(OutgoingQuerySet, "next_due", lambda self: self.due().order_by("due_at"))
    for _ in range(10):
        taken = take_all(20)
        if len(taken) > len(set(taken)):
            return
    pytest.fail("No two workers ever took one row, so the harness does not race.")


def test_each_row_is_taken_by_one_worker() -> None:
    taken = take_all(60)
    assert len(taken) == len(set(taken)) == 60


def test_a_job_is_taken_by_one_worker() -> None:
    services.plan_jobs(["expire_holds"])
    take = partial(services.take_next_job, lease=tasks.JOB_LEASE)
    assert sum(job is not None for job in run_at_once([take] * 8)) == 1
    assert PeriodicJob.objects.get().runs == 1


class StallingMailbox(Mailbox):
    """
    A mail server that stops in the middle of the 51st mail.

    It goes on once the client has gone.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stalled, self.gone = threading.Event(), threading.Event()

    async def handle_RCPT(self, *arguments: Any) -> str:
        if len(self.ids) == 50 and not self.stalled.is_set():
            self.stalled.set()
            while not self.gone.is_set():
                await asyncio.sleep(0.01)
            return "451 Too late"
        return await super().handle_RCPT(*arguments)


@pytest.fixture
def start_worker(smtp) -> Iterator[Callable[[int], subprocess.Popen[bytes]]]:
    """
    Return a function that starts a worker for messages.

    The worker is a process of its own, on this database. Its mail server is at `port`.
    """
    workers = []
    database = connection.settings_dict

    def start(port: int) -> subprocess.Popen[bytes]:
        server = os.environ["DATABASE_URL"].partition("?")
        url = server[0].rpartition("/")[0] + f"/{database['NAME']}" + "".join(server[1:])
        worker = subprocess.Popen(
            [sys.executable, "manage.py", "worker", "--queue", "messages", "--every", "0.05"],
            cwd=settings.BASE_DIR,
            env={
                **os.environ,
                "DATABASE_URL": url,
                "EMAIL_URL": f"smtp://127.0.0.1:{port}",
                "LOG_LEVEL": "ERROR",
            },
        )
        workers.append(worker)
        return worker

    yield start
    for worker in workers:
        worker.terminate()
    for worker in workers:
        assert worker.wait(20) in (0, -signal.SIGKILL)


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.05)


def other_connections() -> int:
    """Count the connections that others have to this database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        return cursor.fetchone()[0]


@pytest.mark.long
@pytest.mark.postgres
def test_a_worker_that_is_killed_in_the_middle_of_100_mails_loses_and_doubles_none(
    smtp, start_worker
) -> None:
    queue(100)
    mailbox = StallingMailbox()
    port = smtp(mailbox).port
    victim = start_worker(port)
    assert mailbox.stalled.wait(60)
    victim.kill()
    victim.wait()
    mailbox.gone.set()
    messages = Message.objects.all()
    lost = set(messages.filter(state="sending").values_list("pk", flat=True))
    assert len(lost) in range(1, BATCH + 1)
    others = [start_worker(port) for _ in range(2)]
    # Until then SIGTERM ends a worker at once. Each has a connection for jobs and one for messages.
    wait_until(lambda: other_connections() == 4)
    wait_until(lambda: messages.filter(state="sent").count() == 100 - len(lost))
    # The batch that the victim had is left alone while its lease lasts.
    sending = messages.filter(state="sending", attempts=1)
    assert set(sending.values_list("pk", flat=True)) == lost
    sending.update(due_at=Now())
    wait_until(lambda: messages.filter(state="sent").count() == 100)
    assert len(mailbox.ids) == len(set(mailbox.ids)) == 100
    for other in others:
        other.send_signal(signal.SIGTERM)
    assert [other.wait(20) for other in others] == [0, 0]
