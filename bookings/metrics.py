"""The lengths and ages of the queues, for Prometheus."""

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Min, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from bookings.models import (
    AccountMail,
    Dispute,
    Message,
    PeriodicJob,
    Refund,
    WebhookDelivery,
    WebhookSubscription,
)
from eventbooking_system.problems import ProblemResponse
from users.mails import MailKind


@csrf_exempt
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Serve the metrics to callers with METRICS_TOKEN; answer 404 to others.

    With DEBUG and without a token, callers on this machine may read them.
    """
    if not _may_read(request):
        return ProblemResponse("not_found")
    registry = CollectorRegistry()
    registry.register(_Queues())
    return HttpResponse(
        generate_latest(registry),
        content_type=CONTENT_TYPE_PLAIN_0_0_4,
        headers={"Cache-Control": "no-store"},
    )


def _may_read(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        sent = request.headers.get("Authorization", "")
        return constant_time_compare(sent, f"Bearer {settings.METRICS_TOKEN}")
    return settings.DEBUG and request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1")


class _Queues:
    """Metrics read from the database, so that every process reports the same."""

    def collect(self) -> Iterator[Metric]:
        labels = ["queue", "kind"]
        depth = GaugeMetricFamily("booking_queue_depth", "Rows waiting to be sent.", labels=labels)
        age = GaugeMetricFamily(
            "booking_queue_oldest_age_seconds", "Age of the oldest waiting row.", labels=labels
        )
        dead = GaugeMetricFamily(
            "booking_queue_dead", "Rows given up, which staff must look at.", labels=labels
        )
        queues = (
            ("account_mails", AccountMail, "kind", MailKind.values),
            ("messages", Message, "kind", Message.Kind.values),
            ("webhooks", WebhookDelivery, "event", WebhookSubscription.Event.values),
        )
        now = timezone.now()
        for queue, model, field, kinds in queues:
            waiting = _by_kind(model.objects.filter(state__in=["queued", "sending"]), field)
            given_up = _by_kind(model.objects.filter(state="dead"), field)
            for kind in kinds:
                count, oldest = waiting.get(kind, (0, now))
                depth.add_metric([queue, kind], count)
                age.add_metric([queue, kind], max(0.0, (now - oldest).total_seconds()))
                dead.add_metric([queue, kind], given_up.get(kind, (0, now))[0])
        overdue = GaugeMetricFamily(
            "booking_job_overdue_seconds", "How late a periodic job is.", labels=["job"]
        )
        for job in PeriodicJob.objects.annotate(clock=Now()):
            overdue.add_metric([job.name], max(0.0, (job.clock - job.due_at).total_seconds()))
        refunds = GaugeMetricFamily(
            "booking_refunds", "Refunds that are pending or failed.", labels=["status"]
        )
        waiting = Refund.objects.exclude(status=Refund.Status.SUCCEEDED).order_by()
        by_status = dict(waiting.values_list("status").annotate(Count("pk")))
        for status in (Refund.Status.PENDING, Refund.Status.FAILED):
            refunds.add_metric([status], by_status.get(status, 0))
        yield from (depth, age, dead, overdue, refunds, *_disputes())


def _disputes() -> Iterator[Metric]:
    open_ones = GaugeMetricFamily("booking_disputes", "Disputes that are open.", labels=["state"])
    due_in = GaugeMetricFamily(
        "booking_dispute_evidence_due_seconds",
        "Time until the first deadline for evidence; negative once it has passed.",
    )
    in_progress = Dispute.objects.in_progress().order_by().values_list("state")
    found = in_progress.annotate(Count("pk"), Min("evidence_due_at"))
    by_state = {state: (count, due_at) for state, count, due_at in found}
    for state in Dispute.State.values:
        if state not in Dispute.CLOSED:
            open_ones.add_metric([state], by_state.get(state, (0, None))[0])
    first = by_state.get(Dispute.State.NEEDS_RESPONSE, (0, None))[1]
    if first:
        due_in.add_metric([], (first - timezone.now()).total_seconds())
    yield from (open_ones, due_in)


def _by_kind(rows: QuerySet, field: str) -> dict[str, tuple[int, datetime]]:
    grouped = (
        rows.order_by().values_list(field).annotate(count=Count("pk"), since=Min("created_at"))
    )
    return {kind: (count, since) for kind, count, since in grouped}
