"""The periodic jobs, and the task that runs one of them."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django_tasks import task

from bookings import checkout, services
from bookings.idempotency.requests import forget_old_keys
from bookings.models import PeriodicJob
from bookings.reconciliation import reconcile
from shows.archiving import archive_shows
from users.services import delete_expired_logins

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    every: timedelta
    run: Callable[[PeriodicJob], Any]


JOBS: dict[str, Job] = {
    "expire_holds": Job(timedelta(seconds=30), lambda job: checkout.expire()),
    "record_payments": Job(timedelta(seconds=10), lambda job: checkout.record_reports()),
    "send_refunds": Job(timedelta(minutes=1), lambda job: checkout.send_refunds()),
    "finish_show_cancellations": Job(
        timedelta(minutes=1), lambda job: checkout.finish_show_cancellations()
    ),
    "write_reminders": Job(
        timedelta(minutes=1), lambda job: services.write_reminders(now=job.started_at)
    ),
    "write_show_changes": Job(
        timedelta(minutes=1),
        lambda job: services.write_show_changes(since=job.succeeded_at, now=job.started_at),
    ),
    "write_new_shows": Job(
        timedelta(minutes=1),
        lambda job: services.write_new_shows(since=job.succeeded_at, now=job.started_at),
    ),
    "reconcile_payments": Job(
        timedelta(minutes=15), lambda job: reconcile(settings.PAYMENT_PROVIDER)
    ),
    "forget_old_keys": Job(timedelta(hours=1), lambda job: forget_old_keys()),
    "forget_old_deliveries": Job(timedelta(days=1), lambda job: services.forget_old_deliveries()),
    "forget_old_links": Job(timedelta(days=1), lambda job: services.forget_old_links()),
    "forget_old_transfers": Job(timedelta(days=1), lambda job: services.forget_old_transfers()),
    "erase_guests": Job(timedelta(days=1), lambda job: services.erase_old_guests()),
    "archive_shows": Job(timedelta(days=1), lambda job: archive_shows()),
    "delete_expired_logins": Job(timedelta(days=1), lambda job: delete_expired_logins()),
}


def register_job(name: str, job: Job) -> None:
    """Add the periodic job of an app above."""
    JOBS[name] = job


# Renewed while the job runs. After a worker is killed, its job can start again this much later.
JOB_LEASE = timedelta(minutes=5)


def start_job() -> bool:
    """
    Start the next due job.

    Return whether there was one.
    """
    job = services.take_next_job(lease=JOB_LEASE)
    if job:
        run_job.enqueue(job.name, job.runs)
    return job is not None


@task()
def run_job(name: str, run: int) -> None:
    job = PeriodicJob.objects.filter(name=name, runs=run, leased_until__isnull=False).first()
    if job is None:
        return
    if name not in JOBS:
        # Another release may have this job. It is asked for again as late as possible.
        services.record_run(job, every=timedelta(days=1), error="There is no such job.")
        return
    error = ""
    with _renewed(job):
        try:
            JOBS[name].run(job)
        except Exception as failure:
            log.exception("periodic job failed", extra={"job": name})
            error = repr(failure)
    services.record_run(job, every=JOBS[name].every, error=error)


@contextmanager
def _renewed(job: PeriodicJob) -> Iterator[None]:
    """Renew the job's lease until the block ends."""
    over = threading.Event()

    def renew() -> None:
        while not over.wait(JOB_LEASE.total_seconds() / 3):
            try:
                services.renew_lease(job, lease=JOB_LEASE)
            except Exception:
                log.exception("lease not renewed", extra={"job": job.name})
            finally:
                connection.close()

    thread = threading.Thread(target=renew, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
