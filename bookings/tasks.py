"""
What workers do: send messages and events that are due, and run the periodic jobs.

Each is a task of Django's Tasks API, which names the row and the attempt. `start_…` takes the next
row that is due and enqueues its task: by default it runs right there in the worker, with
TASKS=redis in whatever worker of that queue is free. Either way the row is the truth, and an
attempt that lost its lease does nothing.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django_tasks import task

from bookings import checkout, services
from bookings.idempotency.requests import forget_old_keys
from bookings.models import Booking, Message, PeriodicJob, WebhookDelivery
from bookings.notifications.email import Attachment, send_email
from bookings.notifications.errors import NotSent, Undeliverable
from bookings.notifications.sms import send_sms
from bookings.notifications.texts import Facts, written
from bookings.notifications.webhooks import send_event
from bookings.reconciliation import reconcile
from bookings.selectors import bookings_with_details, paper_of
from eventbooking_system.money import formatted
from shows.archiving import archive_shows
from shows.calendar import show_calendar
from shows.models import Show
from users.services import delete_expired_logins

log = logging.getLogger(__name__)
Kind, Status = Message.Kind, Booking.Status


# ---- Messages


def start_message() -> bool:
    """Start sending the message that is due first; whether there was one."""
    message = services.take_next(Message)
    if message:
        send_message.enqueue(message.pk, message.attempts)
    return message is not None


@task()
def send_message(message_id: int, attempt: int) -> None:
    message = services.taken(Message, message_id, attempt)
    if message is None:
        return
    booking = _booking_of(message)
    if reason := _why_not(message, booking):
        services.record_dropped(message, reason)
        return
    with _recording(message):
        _send(message, booking)
        services.record_sent(message)


def _booking_of(message: Message) -> Booking:
    bookings = bookings_with_details().select_related("user", "show__event", "show__screen__venue")
    return bookings.get(pk=message.booking_id)


def _why_not(message: Message, booking: Booking) -> str:
    """Why it would be wrong to send this now; empty if it is right."""
    user, show = booking.user, booking.show
    if user.erased_at:
        return "the account is erased"
    if message.channel == Message.Channel.SMS and not (user.sms_consent and user.phone):
        return "no consent to text messages any more"
    if message.kind == Kind.PAYMENT_FAILED and booking.live_status != Status.PENDING:
        return f"the booking is {booking.live_status} by now"
    about_to_come = (Kind.REMINDER_24H, Kind.REMINDER_2H, Kind.SHOW_CHANGED)
    if message.kind in about_to_come:
        if booking.status != Status.CONFIRMED or show.status != Show.Status.SCHEDULED:
            return "the booking or the show is cancelled"
        if show.start_time <= timezone.now():
            return "the show has begun"
        if message.facts.get("start", show.start_time.isoformat()) != show.start_time.isoformat():
            return "the show has another start by now"
    return ""


def _send(message: Message, booking: Booking) -> None:
    user = booking.user
    attachments = _attachments(message, booking)
    facts = _facts(message, booking, has_tickets=bool(attachments))
    text = written(facts, user.language)
    if message.channel == Message.Channel.SMS:
        send_sms(text.sms, to=str(user.phone))
    else:
        send_email(text, to=user.email, message_id=message.pk, attachments=attachments)


def _facts(message: Message, booking: Booking, *, has_tickets: bool) -> Facts:
    show = booking.show
    venue, facts = show.screen.venue, message.facts
    old_start = facts.get("old_start")
    refund = facts.get("refund", formatted(booking.amount_refunded, booking.currency))
    return Facts(
        kind=message.kind,
        first_name=booking.user.first_name,
        reference=booking.reference,
        title=show.event.title,
        venue=venue.name,
        address=", ".join(part for part in (venue.address, venue.city) if part),
        screen=show.screen.name,
        zone=venue.timezone,
        start=show.start_time,
        seats=tuple(str(line.show_seat.seat) for line in booking.lines),
        total=formatted(booking.total, booking.currency),
        currency=booking.currency,
        link=f"{settings.FRONTEND_URL}/bookings/{booking.reference}",
        refund=refund,
        status=facts.get("status", ""),
        pay_until=booking.expires_at,
        old_start=datetime.fromisoformat(old_start) if old_start else None,
        has_tickets=has_tickets,
    )


def _attachments(message: Message, booking: Booking) -> list[Attachment]:
    is_email = message.channel == Message.Channel.EMAIL
    if not is_email or message.kind != Kind.CONFIRMED or booking.status != Status.CONFIRMED:
        return []
    calendar = show_calendar(booking.show, reference=booking.reference)
    return [
        Attachment("tickets.pdf", paper_of(booking), "application/pdf"),
        Attachment("show.ics", calendar, "text/calendar"),
    ]


# ---- Events for partners


def start_delivery() -> bool:
    """Start sending the event that is due first; whether there was one."""
    delivery = services.take_next(WebhookDelivery)
    if delivery:
        deliver_event.enqueue(delivery.pk, delivery.attempts)
    return delivery is not None


@task()
def deliver_event(delivery_id: int, attempt: int) -> None:
    delivery = services.taken(WebhookDelivery, delivery_id, attempt)
    if delivery is None:
        return
    subscription = delivery.subscription
    if not subscription.is_active:
        services.record_dropped(delivery, "the subscription is switched off")
        return
    with _recording(delivery):
        status = send_event(
            url=subscription.url,
            secret=subscription.secret,
            webhook_id=webhook_id(delivery.webhook_id),
            timestamp=int(time.time()),
            body=delivery.body,
        )
        services.record_sent(delivery, response_status=status)


def webhook_id(identity: UUID) -> str:
    return f"msg_{identity.hex}"


@contextmanager
def _recording(row: Message | WebhookDelivery) -> Iterator[None]:
    """Write down a failure, whatever it was: what is wrong with one row must stop no other."""
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
            now=timezone.now(),
            **outcome,
        )


# ---- Periodic jobs


@dataclass(frozen=True)
class Job:
    every: timedelta
    run: Callable[[PeriodicJob], Any]


JOBS: dict[str, Job] = {
    "expire_holds": Job(timedelta(seconds=30), lambda job: checkout.expire()),
    "send_refunds": Job(timedelta(minutes=1), lambda job: checkout.send_refunds()),
    "write_reminders": Job(timedelta(minutes=1), lambda job: services.write_reminders()),
    "write_show_changes": Job(
        timedelta(minutes=1), lambda job: services.write_show_changes(since=job.succeeded_at)
    ),
    "reconcile_payments": Job(
        timedelta(minutes=15), lambda job: reconcile(settings.PAYMENT_PROVIDER)
    ),
    "forget_old_keys": Job(timedelta(hours=1), lambda job: forget_old_keys()),
    "forget_old_deliveries": Job(timedelta(days=1), lambda job: services.forget_old_deliveries()),
    "archive_shows": Job(timedelta(days=1), lambda job: archive_shows()),
    "delete_expired_logins": Job(timedelta(days=1), lambda job: delete_expired_logins()),
}

# Renewed while the job runs: a killed worker's job is taken up this much later.
JOB_LEASE = timedelta(minutes=5)


def start_job() -> bool:
    """Start the periodic job that is due first; whether there was one."""
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
        # Of another version of the system: left in peace, for as long as possible.
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
    """Renew the job's lease for as long as the block takes."""
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
