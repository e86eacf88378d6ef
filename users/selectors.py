"""Reads of accounts and logins."""

import uuid
from typing import Any

from django.db.models import QuerySet
from django.utils.http import urlsafe_base64_decode

from eventbooking_system.db.compiled import CompiledQuery
from users.addresses import lookup_address
from users.export import contributions
from users.models import LoginFailure, LoginSession, User


@CompiledQuery
def _live(session_id: uuid.UUID) -> QuerySet[LoginSession]:
    return LoginSession.objects.live().filter(pk=session_id).select_related("user")


def live_session(session_id: uuid.UUID, *, lock: bool = False) -> LoginSession | None:
    """Return a live login with its user, in one query, or None."""
    rows = _live.build(session_id).locked() if lock else _live(session_id)
    return next(iter(rows), None)


def account_of_email(email: str) -> User | None:
    """Return the active account of an e-mail whose password may be reset."""
    user = User.objects.filter(email=lookup_address(email), is_active=True).first()
    return user if user and user.has_usable_password() else None


def account_of_uid(uid: str) -> User | None:
    """Return the active account of a mailed link, or None."""
    try:
        digits = urlsafe_base64_decode(uid).decode("ascii")
    except ValueError:
        return None
    # No id is longer, and Python refuses to read very long numbers.
    if not digits.isdigit() or len(digits) > 19:
        return None
    return User.objects.filter(pk=int(digits), is_active=True).first()


def stored_about(user: User) -> dict[str, Any]:
    """Return all data stored about a person, also by other apps."""
    return {
        "profile": {
            "id": user.pk,
            "email": user.mail_address,
            "email_verified_at": user.email_verified_at,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "phone": str(user.phone),
            "phone_is_verified": user.phone_is_verified,
            "language": user.language,
            "sms_consent": user.sms_consent,
            "is_staff": user.is_staff,
            "second_factor_enabled_at": user.second_factor_enabled_at,
            "date_joined": user.date_joined,
            "last_login": user.last_login,
        },
        "logins": list(user.login_sessions.values("id", "created_at", "expires_at", "ended_at")),
        "known_networks": list(user.known_networks.values("network", "seen_at")),
        "failed_logins": list(
            LoginFailure.objects.filter(account=LoginFailure.account_key(user.email)).values(
                "failed_at", "source"
            )
        ),
        **contributions(user),
    }
