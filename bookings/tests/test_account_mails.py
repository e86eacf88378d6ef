"""Account mails in the outbox: delays, late links, and missing fields. No row may have a link."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.core.management import call_command
from django.db.models.functions import Now
from django.utils import timezone

from bookings import services
from bookings.models import AccountMail
from bookings.tests.smtp_server import Mailbox
from users.models import User
from users.tests.factories import NEW_PASSWORD, PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
RESET = "/api/users/password/reset/"
CHANGE = "/api/users/email/change/"
NEW = "new@example.org"


def work() -> None:
    call_command("worker", once=True, queue=["account_mails"])


def ask_for_change(login, user: User) -> AccountMail:
    response = login(user).post(CHANGE, {"password": PASSWORD, "email": NEW})
    assert response.status_code == 202
    return AccountMail.objects.get()


def queued(key: str = "another") -> AccountMail:
    return AccountMail.objects.create(
        user=UserFactory(), kind="password_reset", dedupe_key=key, due_at=timezone.now(),
        give_up_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip


@pytest.mark.sqlite
def test_a_stopped_mail_server_delays_a_password_mail_and_loses_none(api, smtp) -> None:
    user, mailbox = UserFactory(), Mailbox()
    server = smtp(mailbox)
    server.stop()
    assert api.post(RESET, {"email": user.email}).status_code == 202
    work()
    row = AccountMail.objects.get()
    assert (row.state, row.attempts, mailbox.ids) == ("queued", 1, [])
    assert "refused" in row.last_error and row.due_at > timezone.now()
    smtp(mailbox, server.port)
    AccountMail.objects.update(due_at=Now())
    work()
    work()
    row.refresh_from_db()
    assert (row.state, len(mailbox.ids)) == ("sent", 1)


def test_a_request_queues_a_mail_without_a_token_and_sends_nothing(api, login) -> None:
    user = UserFactory()
    api.post(RESET, {"email": user.email})
    row = AccountMail.objects.get()
    assert (row.user, row.kind, row.to, row.facts) == (user, "password_reset", "", {})
    row.delete()
    row = ask_for_change(login, user)
    assert row.facts.keys() == {"stamp", "keep"} and row.to == NEW
    assert mail.outbox == []


def test_an_unknown_address_queues_nothing(api) -> None:
    UserFactory(email="gone@example.org", is_active=False)
    for email in ("nobody@example.org", "gone@example.org"):
        assert api.post(RESET, {"email": email}).status_code == 202
    assert not AccountMail.objects.exists()


def test_the_link_of_a_delayed_mail_is_made_when_the_mail_is_sent(api) -> None:
    user = UserFactory()
    api.post(RESET, {"email": user.email})
    later = timezone.now() + timedelta(hours=3)
    with time_machine.travel(later):
        work()
        link = mail.outbox[0].body.split("?")[1].split()[0]
        fields = dict(part.split("=") for part in link.split("&"))
        body = {**fields, "new_password": NEW_PASSWORD}
        assert api.post(f"{RESET}confirm/", body).status_code == 204


def test_the_new_address_is_removed_from_the_row_once_the_mail_is_sent(login) -> None:
    row = ask_for_change(login, UserFactory())
    work()
    row.refresh_from_db()
    assert [message.to for message in mail.outbox] == [[NEW]]
    assert (row.state, row.to) == ("sent", "")
    services.send_again(model=AccountMail, ids=[row.pk])
    work()
    row.refresh_from_db()
    assert (row.state, len(mail.outbox)) == ("dropped", 1)


def test_a_change_is_dropped_if_the_password_was_changed_before_its_mail_is_sent(login) -> None:
    user = UserFactory()
    row = ask_for_change(login, user)
    user.set_password(NEW_PASSWORD)
    user.save()
    work()
    row.refresh_from_db()
    assert (row.state, mail.outbox) == ("dropped", [])


@pytest.mark.parametrize("change", [{"email_verified_at": timezone.now()}, {"is_active": False}])
def test_a_verification_mail_is_dropped_once_it_is_not_needed(login, change) -> None:
    user = UserFactory(email_verified_at=None)
    assert login(user).post("/api/users/email/verify/resend/").status_code == 202
    User.objects.filter(pk=user.pk).update(**change)
    work()
    assert (AccountMail.objects.get().state, mail.outbox) == ("dropped", [])


def test_an_erased_account_has_no_mails(login) -> None:
    user = UserFactory()
    ask_for_change(login, user)
    other = queued()
    response = login(user).delete("/api/users/me/", {"password": PASSWORD})
    assert response.status_code == 204
    assert list(AccountMail.objects.all()) == [other]
    work()
    assert NEW not in [address for message in mail.outbox for address in message.to]


def test_old_account_mails_are_deleted_and_waiting_ones_are_kept() -> None:
    waiting, old = queued(), queued("old")
    finished_at = timezone.now() - timedelta(days=31)
    AccountMail.objects.filter(pk=old.pk).update(state="dead", finished_at=finished_at)
    services.forget_old_deliveries()
    assert list(AccountMail.objects.all()) == [waiting]


def test_staff_see_the_mails_of_accounts(boss) -> None:
    row = queued()
    assert boss.get("/admin/bookings/accountmail/").status_code == 200
    page = boss.get(f"/admin/bookings/accountmail/{row.pk}/change/")
    assert row.user.email in page.content.decode()
