"""Refusals of this app. Their codes are rows of the table in `eventbooking_system.errors`."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.utils.translation import gettext, gettext_noop

from eventbooking_system.errors import DomainError, InvalidField

# A 401 says how to log in: RFC 9110, section 11.6.1.
CHALLENGE = 'Bearer realm="api"'


class LoginFailed(DomainError):
    """No active account has these credentials."""

    code = "authentication_failed"
    status = 401
    headers = {"WWW-Authenticate": CHALLENGE}

    def __init__(self) -> None:
        super().__init__(gettext("No active account has these credentials."))


class TokenInvalid(DomainError):
    """The token is malformed, expired, used up or revoked."""

    code = "token_invalid"
    status = 401
    headers = {"WWW-Authenticate": f'{CHALLENGE}, error="invalid_token"'}

    def __init__(self) -> None:
        super().__init__(
            gettext("The token is malformed, expired, used up or revoked. Log in again.")
        )


class StaffAccount(DomainError):
    """
    Staff accounts cannot be erased by their owners.

    An administrator must revoke their rights before.
    """

    code = "permission_denied"
    status = 403

    def __init__(self) -> None:
        super().__init__(
            gettext("This is a staff account. An administrator must revoke its rights first.")
        )


class AccountRequired(DomainError):
    """
    An account with a verified address is needed.

    A guest's token or a mailed link is not enough.
    """

    code = "account_required"
    status = 403
    title = gettext_noop("Account required")

    def __init__(self) -> None:
        super().__init__(gettext("This needs an account. Register or log in."))


class WrongLink(InvalidField):
    """A mailed link is wrong, was used before, or is too old."""

    def __init__(self) -> None:
        super().__init__("token", gettext("The link is wrong, has been used, or is too old."))


class SecondFactorRequired(DomainError):
    """Send a code of your authenticator app to `/api/users/second-factor/verify/`, and try again."""

    code = "second_factor_required"
    status = 403
    title = "Second factor required"

    def __init__(self) -> None:
        super().__init__(gettext("This needs a code of your second factor of the last 15 minutes."))


class WeakPassword(DomainError):
    """The validators refuse the new password. Each reason is one entry of `errors`."""

    code = "invalid"
    status = 400

    def __init__(self, field: str, refusals: Iterable[ValidationError]) -> None:
        errors = [
            {"field": field, "code": refusal.code, "detail": refusal.messages[0]}
            for refusal in refusals
        ]
        super().__init__(" ".join(error["detail"] for error in errors), errors=errors)
