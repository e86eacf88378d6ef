"""Reports that a worker writes into files. Each is requested, claimed, advanced and ended."""

from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from eventbooking_system.errors import InvalidField
from eventbooking_system.money import CURRENCY_DIGITS
from eventbooking_system.timezones import FIRST_DAY, LAST_DAY
from reports.models import ReportRun
from reports.selectors import GROUPS, MAX_DAYS
from users.models import User

State = ReportRun.State
RUN_LEASE = timedelta(minutes=5)
# How long a file can be downloaded.
KEPT_FOR = timedelta(days=7)
MAX_OPEN_RUNS = 10


@transaction.atomic(durable=True)
def request_run(*, requested_by: User, **fields: Any) -> ReportRun:
    """
    Ask for a report as a file, which a worker will write.

    Raises InvalidField for a period or groups that the report does not have, and if MAX_OPEN_RUNS
    files of the account are not yet written.
    """
    run = ReportRun(requested_by=requested_by, **fields)
    check_run(run)
    under_way = [State.QUEUED, State.RUNNING]
    if ReportRun.objects.filter(requested_by=requested_by, state__in=under_way).count() >= (
        MAX_OPEN_RUNS
    ):
        raise InvalidField(
            "report", f"{MAX_OPEN_RUNS} reports are under way. Wait for one of them."
        )
    run.save()
    return run


def check_run(run: ReportRun) -> None:
    """Check the period, the groups and the currency of a run. Raises InvalidField."""
    _check_period(run.date_from, run.date_to)
    if run.currency and run.currency not in CURRENCY_DIGITS:
        raise InvalidField("currency", "This is not a currency of ISO 4217.")
    if run.report == ReportRun.Report.LINES:
        run.group_by = ""
        return
    names, known = run.group_by.split(","), GROUPS[run.report]
    if unknown := [name for name in names if name not in known]:
        raise InvalidField("group_by", f"“{unknown[0]}” is not one of {', '.join(known)}.")
    if len(names) > 2 or len(set(names)) < len(names):
        raise InvalidField("group_by", "Name one group, or two different ones.")


def _check_period(first: date, last: date) -> None:
    for name, day in (("date_from", first), ("date_to", last)):
        if not FIRST_DAY <= day <= LAST_DAY:
            raise InvalidField(name, f"The year must be from {FIRST_DAY.year} to {LAST_DAY.year}.")
    if last < first:
        raise InvalidField("date_to", "It is before date_from.")
    if (last - first).days >= MAX_DAYS:
        raise InvalidField("date_to", f"At most {MAX_DAYS} days.")


def take_next_run() -> ReportRun | None:
    """Claim the oldest run that nobody writes, if there is one."""
    if not ReportRun.objects.filter(_IS_DUE).exists():
        return None
    with transaction.atomic(durable=True):
        due = ReportRun.objects.defer("content").filter(_IS_DUE).order_by("pk")
        run = due.locked(skip_locked=True).first()
        if run:
            run.state, run.progress = State.RUNNING, 0
            ReportRun.objects.filter(pk=run.pk).update(
                state=State.RUNNING, progress=0, leased_until=Now() + RUN_LEASE
            )
        return run


_IS_DUE = Q(state=State.QUEUED) | Q(state=State.RUNNING, leased_until__lte=Now())


def note_progress(run: ReportRun, percent: int) -> None:
    """Record how much of a run is written, and extend its lease."""
    open_run = ReportRun.objects.filter(pk=run.pk, state=State.RUNNING)
    open_run.update(progress=percent, leased_until=Now() + RUN_LEASE)


def finish_run(run: ReportRun, *, content: bytes, row_count: int) -> None:
    """Store the file of a run."""
    ReportRun.objects.filter(pk=run.pk, state=State.RUNNING).update(
        state=State.DONE, progress=100, row_count=row_count, content=content, finished_at=Now(),
        leased_until=None, error="",
    )  # fmt: skip


def fail_run(run: ReportRun, error: str) -> None:
    """Record that a run has no file, and why."""
    ReportRun.objects.filter(pk=run.pk, state=State.RUNNING).update(
        state=State.FAILED, error=error[:500], finished_at=Now(), leased_until=None
    )


def forget_old_runs() -> int:
    """Delete runs that ended over KEPT_FOR ago, with their files. Return how many."""
    return ReportRun.objects.filter(finished_at__lt=Now() - KEPT_FOR).delete()[0]
