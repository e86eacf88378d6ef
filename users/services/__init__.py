"""The use cases of accounts, each with its own transaction."""

from users.services.account_mails import write_account_mail
from users.services.addresses import (
    check_email_change,
    confirm_email,
    send_email_change,
    send_notice_of_change,
    send_verification,
)
from users.services.credentials import check_credentials
from users.services.erasure import erase_account, erase_guest
from users.services.guests import start_guest_checkout
from users.services.passwords import (
    change_password,
    confirm_password_reset,
    send_password_reset,
)
from users.services.phones import confirm_phone, prepare_phone_code
from users.services.profile import update_profile
from users.services.registration import register_customer
from users.services.second_factor import (
    confirm_second_factor,
    enrol_second_factor,
    last_use_in_cookie,
    remove_own_second_factor,
    remove_second_factor,
    use_second_factor,
)
from users.services.sessions import (
    delete_expired_logins,
    end_logins,
    log_in,
    log_out,
    refresh_tokens,
)
from users.services.walk_in import walk_in_account

__all__ = [
    "change_password",
    "check_credentials",
    "check_email_change",
    "confirm_email",
    "confirm_password_reset",
    "confirm_phone",
    "confirm_second_factor",
    "delete_expired_logins",
    "end_logins",
    "enrol_second_factor",
    "erase_account",
    "erase_guest",
    "last_use_in_cookie",
    "log_in",
    "log_out",
    "prepare_phone_code",
    "refresh_tokens",
    "register_customer",
    "remove_own_second_factor",
    "remove_second_factor",
    "send_email_change",
    "send_notice_of_change",
    "send_password_reset",
    "send_verification",
    "start_guest_checkout",
    "update_profile",
    "use_second_factor",
    "walk_in_account",
    "write_account_mail",
]
