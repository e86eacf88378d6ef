"""
The check of an e-mail and password, and locks against guessing.

Failures are counted in the database, so that all processes count together. THROTTLE_LOGIN limits
the failures of one account from one source, and of one network for all accounts together.
THROTTLE_LOGIN_ACCOUNT limits the failures of one account from everywhere, and is slow, so that
strangers cannot lock an owner out. A source that the owner has used is not judged by failures
elsewhere. Requests that are refused by a lock are not counted.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from eventbooking_system.errors import Throttled
from users.addresses import lookup_address
from users.models import KnownNetwork, LoginFailure, LoginSession, User

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def check_credentials(
    *, email: str, password: str, network: str, session: LoginSession | None = None
) -> User | None:
    """
    Return the active account with these credentials, or count a failure.

    `session` is the live login that the client holds, if any. Raises Throttled while a lock lasts,
    even if the password is right.
    """
    holds_login = session is not None and session.user.email == lookup_address(email)
    guess = _Guess(
        account=LoginFailure.account_key(email),
        source=f"login {session.pk}" if holds_login else network,
        is_known=holds_login or KnownNetwork.objects.knows(email=email, network=network),
    )
    guess.refuse_locked()
    user = ModelBackend().authenticate(None, username=email, password=password)
    failure = None if user else guess.record_failure()
    # Without this second check, many guesses sent at once would pass the limit together.
    guess.refuse_locked(own_failure=failure)
    if user and not holds_login:
        KnownNetwork.objects.record(user=user, network=network)
    if user:
        _start_time_of_grace(user)
    return user


def _start_time_of_grace(user: User) -> None:
    """
    Set when a staff member must have a second factor.

    The time begins with the first login.
    """
    if settings.REQUIRE_SECOND_FACTOR and user.is_staff and user.second_factor_due_at is None:
        user.second_factor_due_at = timezone.now() + settings.SECOND_FACTOR_GRACE
        user.save(update_fields=["second_factor_due_at"])


@dataclass(frozen=True)
class _Guess:
    """One attempt at a password."""

    account: str
    source: str
    is_known: bool

    def record_failure(self) -> LoginFailure | None:
        if not settings.THROTTLE_LOGIN:
            return None
        return LoginFailure.objects.create(account=self.account, source=self.source)

    def refuse_locked(self, own_failure: LoginFailure | None = None) -> None:
        """Raise Throttled if the failures other than `own_failure` have reached a limit."""
        now = timezone.now()
        others = LoginFailure.objects.exclude(pk=own_failure and own_failure.pk)
        of_account = others.filter(account=self.account)
        of_source = others.filter(source=self.source)
        of_both = of_account.filter(source=self.source)
        fast, slow = settings.THROTTLE_LOGIN, settings.THROTTLE_LOGIN_ACCOUNT
        limits = [(of_both, fast)]
        limits += [(of_both, slow)] if self.is_known else [(of_source, fast), (of_account, slow)]
        ends = [
            end for failures, rate in limits if rate and (end := _lock_end(failures, rate, now))
        ]
        if ends:
            seconds = max(1, ceil((max(ends) - now).total_seconds()))
            detail = gettext("Too many failed logins. Try again in %(seconds)d seconds.")
            raise Throttled(detail % {"seconds": seconds}, seconds)


def _lock_end(failures: QuerySet[LoginFailure], rate: str, now: datetime) -> datetime | None:
    """Return when the failures fall below the limit, if they exceed it."""
    limit, _, unit = rate.partition("/")
    period = timedelta(seconds=_SECONDS[unit[0]])
    recent = failures.filter(failed_at__gt=now - period).order_by("-failed_at")
    oldest = recent.values_list("failed_at", flat=True)[int(limit) - 1 : int(limit)].first()
    return oldest and oldest + period
