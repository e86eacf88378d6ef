"""The mails of scheduled reports, each queued once."""

from datetime import date, datetime, timedelta

from django.db.models.functions import Now

from reports.models import ReportMail, ScheduledReport
from venues.business_days import DAY, WEEK, calendar_of

# Periods that a worker missed are mailed later, as far back as this.
CATCHES_UP = {ScheduledReport.Kind.DAILY_TAKINGS: 3, ScheduledReport.Kind.WEEKLY_RETURN: 1}
MAILS_TRIED_FOR = timedelta(days=2)


def queue_report_mails(*, now: datetime) -> None:
    """Queue one mail a recipient for each period that is over."""
    scheduled = ScheduledReport.objects.filter(is_active=True).select_related("venue")
    mails = [
        ReportMail(
            scheduled=report,
            recipient=recipient,
            day=day,
            dedupe_key=f"report:{report.pk}:{day}:{recipient}"[:150],
            due_at=Now(),
            give_up_at=Now() + MAILS_TRIED_FOR,
        )
        for report in scheduled
        for day in due_periods(report, now=now)
        for recipient in report.recipients
    ]
    ReportMail.objects.bulk_create(mails, ignore_conflicts=True)


def due_periods(report: ScheduledReport, *, now: datetime) -> list[date]:
    """Return the first days of the last periods since the report began."""
    calendar = calendar_of(report.venue)
    today, first = calendar.day_of(now), calendar.day_of(report.created_at)
    is_daily = report.kind == ScheduledReport.Kind.DAILY_TAKINGS
    current, step = (today, DAY) if is_daily else (calendar.week_of(today), WEEK)
    # The period in which the report was made is the first one.
    begin = first if is_daily else calendar.week_of(first)
    periods = [current - step * count for count in range(1, CATCHES_UP[report.kind] + 1)]
    return [day for day in periods if day >= begin]
