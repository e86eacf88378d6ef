"""The use cases of accounts: each public function is one use case and its own transaction."""

from users.services.credentials import check_credentials
from users.services.erasure import erase_account
from users.services.passwords import (
    RESET_MAILS_PER_HOUR,
    change_password,
    confirm_password_reset,
    send_password_reset,
)
from users.services.profile import update_profile
from users.services.registration import register_customer
from users.services.sessions import (
    delete_expired_logins,
    end_logins,
    log_in,
    log_out,
    refresh_tokens,
)

__all__ = [
    "RESET_MAILS_PER_HOUR",
    "change_password",
    "check_credentials",
    "confirm_password_reset",
    "delete_expired_logins",
    "end_logins",
    "erase_account",
    "log_in",
    "log_out",
    "refresh_tokens",
    "register_customer",
    "send_password_reset",
    "update_profile",
]
