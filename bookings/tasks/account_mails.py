"""The task that sends a mail of an account."""

from django_tasks import task

from bookings import services
from bookings.models import AccountMail
from bookings.notifications.email import send_email
from bookings.notifications.texts import Text
from bookings.tasks.recording import recording
from users.services import write_account_mail


def start_account_mail() -> bool:
    """
    Start sending the next due mail of an account.

    Return whether there was one.
    """
    mail = services.take_next(AccountMail)
    if mail:
        send_account_mail.enqueue(mail.pk, mail.attempts)
    return mail is not None


@task()
def send_account_mail(mail_id: int, attempt: int) -> None:
    mail = services.taken(AccountMail, mail_id, attempt)
    if mail is None:
        return
    with recording(mail):
        written = write_account_mail(kind=mail.kind, user=mail.user, to=mail.to, facts=mail.facts)
        if written is None:
            services.record_dropped(mail, "the account has changed since the request")
            return
        text = Text(written.subject, written.body, html="", sms="")
        send_email(text, to=written.to, message_id=f"account-{mail.pk}")
        services.record_sent(mail, to="")
