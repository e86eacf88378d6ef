"""The mails of accounts in the outbox."""

import uuid
from typing import Any

from django.db.models.functions import Now

from bookings.models import AccountMail
from bookings.services.outbox.customers import MESSAGES_TRIED_FOR
from users.models import User


def queue_account_mail(*, kind: str, user: User, to: str, facts: dict[str, Any]) -> None:
    """Queue a mail of an account, which a worker writes and sends."""
    mail = AccountMail(
        user=user,
        kind=kind,
        to=to,
        facts=facts,
        dedupe_key=f"{kind}:{user.pk}:{uuid.uuid4().hex}",
        due_at=Now(),
        give_up_at=Now() + MESSAGES_TRIED_FOR,
    )
    AccountMail.objects.bulk_create([mail])


def erase_account_mails_of(user: User) -> None:
    """Delete the mails of a person's account, with the addresses in them."""
    AccountMail.objects.filter(user=user).delete()
