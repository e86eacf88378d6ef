"""The schedule of periodic jobs: claims and recorded runs."""

from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from bookings.models import PeriodicJob


def plan_jobs(names: list[str]) -> None:
    """Add missing jobs to the schedule, due at once."""
    rows = [PeriodicJob(name=name, due_at=Now()) for name in names]
    PeriodicJob.objects.bulk_create(rows, ignore_conflicts=True)


def take_next_job(*, lease: timedelta) -> PeriodicJob | None:
    """Claim the job that is due first, if there is one."""
    return _take_next_job(lease) if PeriodicJob.objects.due().exists() else None


@transaction.atomic(durable=True)
def _take_next_job(lease: timedelta) -> PeriodicJob | None:
    job = PeriodicJob.objects.next_due().annotate(clock=Now()).first()
    if job:
        job.runs, job.started_at, job.leased_until = job.runs + 1, job.clock, job.clock + lease
        job.save(update_fields=["runs", "started_at", "leased_until"])
    return job


def renew_lease(job: PeriodicJob, *, lease: timedelta) -> None:
    """Extend the lease of a run that is still the job's latest."""
    PeriodicJob.objects.filter(pk=job.pk, runs=job.runs).update(leased_until=Now() + lease)


def record_run(job: PeriodicJob, *, every: timedelta, error: str = "") -> None:
    """
    Record the end of a run, and when the next is due.

    That is `every` after the start of this one.
    """
    outcome = (
        {"last_error": error[:500]} if error else {"succeeded_at": job.started_at, "last_error": ""}
    )
    PeriodicJob.objects.filter(pk=job.pk, runs=job.runs).update(
        leased_until=None, due_at=job.started_at + every, **outcome
    )
