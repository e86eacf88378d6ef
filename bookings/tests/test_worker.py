"""The worker's retries, leases, dead letters and periodic jobs."""

import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
import time_machine
from django.core import mail
from django.core.management import call_command
from django.db.models.functions import Now
from django.utils import timezone

from bookings import services, tasks
from bookings.models import Booking, Message, PeriodicJob, WebhookDelivery
from bookings.tests.factories import confirmed
from bookings.tests.smtp_server import Mailbox
from shows.tests.factories import scheduled_show
from users.models import User
from users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def work(*queues: str) -> None:
    call_command("worker", once=True, queue=list(queues) or ["messages"])


def let_time_pass() -> None:
    """Make queued messages due, and end the leases of those being sent."""
    Message.objects.filter(state__in=["queued", "sending"]).update(due_at=Now())


def queue(booking: Booking, count: int, **fields: Any) -> None:
    """Queue further messages about a booking."""
    now = timezone.now()
    Message.objects.bulk_create(
        Message(**{
            "booking": booking, "kind": "payment_returned", "channel": "email",
            "dedupe_key": f"{fields.get('kind', '')}{number}", "due_at": now,
            "give_up_at": now + timedelta(days=1), **fields,
        })
        for number in range(count)
    )  # fmt: skip


def test_a_mail_server_that_stops_for_a_while_loses_and_doubles_nothing(smtp, monkeypatch) -> None:
    monkeypatch.setattr("bookings.tasks.messages.BATCH", 1)
    now = timezone.now()
    queue(confirmed(), 20)
    mailbox = Mailbox()
    server = smtp(mailbox)
    for _ in range(5):
        assert tasks.start_messages()
    server.stop()
    work()
    waiting = Message.objects.filter(state="queued")
    assert (len(mailbox.ids), waiting.count()) == (5, 16)
    assert waiting.filter(due_at__gt=now, last_error__contains="refused").count() == 16
    work()
    assert waiting.filter(attempts=1).count() == 16
    smtp(mailbox, server.port)
    let_time_pass()
    work()
    assert len(mailbox.ids) == len(set(mailbox.ids)) == 21
    assert set(Message.objects.values_list("state", flat=True)) == {"sent"}


def test_an_address_that_is_refused_for_good_is_left_to_staff_at_once(smtp) -> None:
    confirmed()
    smtp(Mailbox("550 No such user"))
    work()
    message = Message.objects.get()
    assert (message.state, message.attempts) == ("dead", 1)
    assert "550" in message.last_error


def test_a_mailbox_that_is_full_is_tried_again(smtp) -> None:
    confirmed()
    smtp(Mailbox("452 Mailbox full"))
    work()
    assert Message.objects.get().state == "queued"


class Filter(Mailbox):
    """A mail server whose refusal names the recipient."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        return f"554 5.7.1 {envelope.rcpt_tos[0]} does not want this"


def test_answer_of_a_mail_server_about_the_recipient_is_not_stored(smtp) -> None:
    booking = confirmed()
    smtp(Filter())
    work()
    message = Message.objects.get()
    assert message.state == "queued" and "554" in message.last_error
    assert booking.user.email not in message.last_error


class Twilio(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        to = parse_qs(self.rfile.read(int(self.headers["Content-Length"])))[b"To"][0].decode()
        self.send_response(400)
        self.end_headers()
        answer = {"code": 21211, "message": f"Invalid 'To' Phone Number: {to}"}
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *_: object) -> None:
        pass


def test_answer_of_twilio_about_a_number_is_not_stored(settings) -> None:
    server = HTTPServer(("127.0.0.1", 0), Twilio)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    settings.SMS_PROVIDER = "twilio"
    settings.TWILIO_API_BASE = f"http://127.0.0.1:{server.server_port}"
    confirmed(
        customer=UserFactory(
            phone="+919876543210", verified_phone="+919876543210", sms_consent=True
        )
    )
    work()
    thread.join()
    server.server_close()
    message = Message.objects.get(channel="sms")
    assert message.state == "dead" and "21211" in message.last_error
    assert "9876543210" not in message.last_error


def test_a_message_that_fails_for_a_day_is_dead_until_staff_send_it_again(monkeypatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("broken")

    confirmed()
    Message.objects.update(give_up_at=Now())
    with monkeypatch.context() as patch:
        patch.setattr("bookings.tasks.messages.send_email", fail)
        work()
    message = Message.objects.get()
    assert (message.state, message.last_error) == ("dead", "RuntimeError('broken')")
    work()
    assert mail.outbox == []
    assert services.send_again(model=Message, ids=[message.pk]) == 1
    work()
    assert len(mail.outbox) == 1


def test_pauses_grow_up_to_a_limit_and_differ() -> None:
    longest = timedelta(minutes=30)
    pauses = [services.delivery.pause(attempt, longest=longest) for attempt in (1, 2, 5, 9000)]
    assert timedelta(seconds=5) <= pauses[0] <= timedelta(seconds=10)
    assert timedelta(seconds=80) <= pauses[2] <= timedelta(seconds=160)
    assert timedelta(minutes=15) <= pauses[3] <= longest
    assert len({services.delivery.pause(3, longest=longest) for _ in range(9)}) > 1


@pytest.mark.sqlite
def test_message_of_a_killed_worker_is_sent_after_its_lease_ends() -> None:
    confirmed()
    lost = services.take_next(Message)
    work()
    assert mail.outbox == []
    let_time_pass()
    again = services.take_next(Message)
    assert (again.pk, again.attempts) == (lost.pk, 2)
    # The first worker continues, but the attempt now belongs to the second.
    tasks.send_messages.call([[lost.pk, lost.attempts]])
    services.record_sent(lost)
    assert mail.outbox == []
    assert Message.objects.get().state == "sending"
    tasks.send_messages.call([[again.pk, again.attempts]])
    assert len(mail.outbox) == 1


@pytest.mark.sqlite
def test_a_batch_takes_a_fixed_number_of_statements_and_two_for_each_mail(
    smtp, django_assert_max_num_queries
) -> None:
    mailbox, show = Mailbox(), scheduled_show(rows={"A": 15})
    smtp(mailbox)
    for seat in range(1, 16):
        confirmed(f"A{seat}", show=show)
    with django_assert_max_num_queries(25 + 2 * 15):
        assert tasks.start_messages()
    assert len(set(mailbox.ids)) == 15


def test_message_that_cannot_be_read_does_not_hold_up_its_batch() -> None:
    queue(confirmed(), 1, kind="ticket_received")  # It has no transfer.
    confirmed()
    Message.objects.filter(kind="ticket_received").update(due_at=Now() - timedelta(hours=1))
    assert tasks.start_messages()
    assert len(mail.outbox) == 2
    broken = Message.objects.get(kind="ticket_received")
    assert (broken.state, broken.attempts) == ("queued", 1)
    assert "AttributeError" in broken.last_error


def test_rest_of_a_slow_batch_is_put_back_without_counting_as_tried(monkeypatch) -> None:
    monkeypatch.setattr("bookings.tasks.messages.BATCH_SECONDS", -1)
    for _ in range(3):
        confirmed()
    assert tasks.start_messages()
    assert len(mail.outbox) == 1
    waiting = Message.objects.due().filter(state="queued")
    assert list(waiting.values_list("attempts", flat=True)) == [0, 0]
    work()
    assert len(mail.outbox) == 3
    assert set(Message.objects.values_list("state", "attempts")) == {("sent", 1)}


@pytest.mark.sqlite
def test_worker_that_lost_its_claim_puts_nothing_back() -> None:
    confirmed()
    lost = services.take_next(Message)
    let_time_pass()
    again = services.take_next(Message)
    services.put_back([lost])
    assert Message.objects.get().state == "sending"
    services.put_back([again])
    message = Message.objects.get()
    assert (message.state, message.attempts) == ("queued", 1)


@pytest.mark.sqlite
def test_sending_again_leaves_what_is_under_way() -> None:
    confirmed()
    message = services.take_next(Message)
    assert services.send_again(model=Message, ids=[message.pk]) == 0
    assert Message.objects.get().state == "sending"


# ---- Periodic jobs


@pytest.mark.sqlite
def test_every_periodic_job_runs_and_is_planned_again(mailoutbox) -> None:
    work("jobs")
    jobs = PeriodicJob.objects.all()
    assert {job.name for job in jobs} == set(tasks.JOBS)
    for job in jobs:
        assert (job.runs, job.last_error, job.leased_until) == (1, "", None)
        assert job.due_at == job.started_at + tasks.JOBS[job.name].every
        assert job.succeeded_at == job.started_at
    work("jobs")
    assert set(PeriodicJob.objects.values_list("runs", flat=True)) == {1}


def test_a_job_that_fails_says_so_and_comes_again(monkeypatch) -> None:
    def fail(job: PeriodicJob) -> None:
        raise RuntimeError("broken")

    monkeypatch.setitem(tasks.JOBS, "expire_holds", tasks.Job(timedelta(seconds=30), fail))
    work("jobs")
    job = PeriodicJob.objects.get(name="expire_holds")
    assert (job.last_error, job.succeeded_at) == ("RuntimeError('broken')", None)
    assert job.due_at > timezone.now()


@pytest.mark.sqlite
def test_a_job_at_work_is_left_alone_until_its_lease_is_over() -> None:
    services.plan_jobs(["expire_holds"])
    first = services.take_next_job(lease=tasks.JOB_LEASE)
    assert services.take_next_job(lease=tasks.JOB_LEASE) is None
    services.renew_lease(first, lease=timedelta(seconds=-1))
    second = services.take_next_job(lease=tasks.JOB_LEASE)
    assert second.runs == 2
    # The first worker is still alive, but its outcome no longer counts.
    services.record_run(first, every=timedelta(seconds=30))
    assert PeriodicJob.objects.get().leased_until is not None


@pytest.mark.sqlite
def test_old_deliveries_are_forgotten_and_dead_ones_kept(subscription) -> None:
    now = timezone.now()
    for number, state in enumerate(["sent", "dead"]):
        WebhookDelivery.objects.create(
            subscription=subscription, event="booking.confirmed", body="{}", state=state,
            dedupe_key=f"{number}", due_at=now, give_up_at=now, finished_at=now - timedelta(days=31),
        )  # fmt: skip
    services.forget_old_deliveries()
    assert WebhookDelivery.objects.get().state == "dead"
    assert User.objects.count() == 0


def test_the_console_shows_what_a_person_would_read(settings, capsys) -> None:
    settings.EMAIL_BACKEND = "bookings.notifications.console.EmailBackend"
    booking = confirmed()
    work()
    printed = capsys.readouterr().out
    assert f"To: {booking.user.email}\nSubject: Booking confirmed" in printed
    assert "Attached: tickets.pdf, show.ics" in printed
    assert len(printed) < 2000


def test_many_mails_go_over_one_connection(smtp) -> None:
    mailbox = Mailbox()
    smtp(mailbox)
    for _ in range(4):
        confirmed()
    work()
    assert (len(mailbox.ids), len(mailbox.peers)) == (4, 1)


def test_no_ticket_is_drawn_while_the_mail_server_is_stopped(smtp, monkeypatch) -> None:
    drawn: list[int] = []
    monkeypatch.setattr(
        "bookings.tasks.messages.print_some_tickets",
        lambda tickets, **_: drawn.append(tickets[0].booking_id) or b"",
    )
    server = smtp(Mailbox())
    booking = confirmed()
    server.stop()
    work()
    assert drawn == []
    mailbox = Mailbox()
    smtp(mailbox, server.port)
    let_time_pass()
    work()
    assert (drawn, len(mailbox.ids)) == ([booking.pk], 1)


@pytest.mark.sqlite
@pytest.mark.parametrize("hours", [-1, 1])
def test_a_wrong_clock_of_a_worker_changes_no_time_of_the_queue(smtp, hours: int) -> None:
    server = smtp(Mailbox())
    server.stop()
    with time_machine.travel(timezone.now() + timedelta(hours=hours)):
        confirmed()
        work()
        work()
    message = Message.objects.annotate(clock=Now()).get()
    assert message.attempts == 1
    assert timedelta() < message.due_at - message.clock < timedelta(minutes=1)
    assert timedelta(hours=23) < message.give_up_at - message.clock < timedelta(hours=25)
