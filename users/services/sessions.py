"""Logins, and the tokens that belong to them."""

from django.contrib.auth.models import update_last_login
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from users.errors import LoginFailed, TokenInvalid
from users.models import KnownNetwork, LoginFailure, LoginSession, User
from users.selectors import live_session
from users.services.credentials import check_credentials
from users.tokens import SessionRefreshToken, Tokens, continue_session, start_session


def log_in(
    *, email: str, password: str, network: str, session: LoginSession | None = None
) -> Tokens:
    """
    Start a login with an e-mail and its password.

    `session` is the login that the client already has, if any. Raises LoginFailed, after the same
    work whether or not the account exists, and Throttled.
    """
    user = check_credentials(email=email, password=password, network=network, session=session)
    if user is None:
        raise LoginFailed
    with transaction.atomic(durable=True):
        update_last_login(None, user)
        return start_session(user)


def refresh_tokens(*, refresh: str) -> Tokens:
    """
    Exchange a refresh token, once, for the next pair of tokens.

    Raises TokenInvalid. A token that is sent again has two holders, so its whole login ends.
    """
    token = SessionRefreshToken.read(refresh)
    with transaction.atomic(durable=True):
        session = live_session(token.session_id, lock=True)
        if session and not session.is_over and _use_up(token):
            return continue_session(session)
        end_sessions(LoginSession.objects.filter(pk=token.session_id))
    # Raised out here: an exception inside would roll back the end of the login.
    raise TokenInvalid


def _use_up(token: SessionRefreshToken) -> bool:
    """Record that a refresh token is used up. Return False if it already was."""
    outstanding = OutstandingToken.objects.filter(jti=token["jti"]).first()
    if outstanding is None:
        return False
    _, created = BlacklistedToken.objects.get_or_create(token=outstanding)
    return created


@transaction.atomic(durable=True)
def log_out(*, refresh: str) -> None:
    """End the login of a refresh token. Safe to repeat. Raises TokenInvalid."""
    token = SessionRefreshToken.read(refresh)
    end_sessions(LoginSession.objects.filter(pk=token.session_id))


@transaction.atomic(durable=True)
def end_logins(*, users: QuerySet[User]) -> int:
    """End every login of these users, and return how many there were."""
    return end_sessions(LoginSession.objects.filter(user__in=users))


@transaction.atomic(durable=True)
def delete_expired_logins() -> int:
    """Delete expired logins, tokens, failures and networks. Return the number of logins."""
    OutstandingToken.objects.filter(expires_at__lt=Now()).delete()
    LoginFailure.objects.expired().delete()
    KnownNetwork.objects.expired().delete()
    return LoginSession.objects.filter(expires_at__lt=Now()).delete()[0]


def end_sessions(sessions: QuerySet[LoginSession]) -> int:
    """End those of these logins that have not ended. Expects a transaction."""
    return sessions.filter(ended_at=None).update(ended_at=Now())
