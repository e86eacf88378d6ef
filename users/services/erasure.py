"""Erasure of a person's data."""

from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from eventbooking_system.errors import InvalidField
from users.erasure import erase_elsewhere
from users.errors import StaffAccount
from users.models import ERASED_DOMAIN, LoginFailure, LoginSession, PhoneCode, User
from users.services.credentials import check_credentials
from users.services.locking import lock_active_user
from users.services.second_factor import delete_devices


def erase_account(*, user: User, password: str, session: LoginSession | None, network: str) -> None:
    """
    Erase a person's personal data and free text; keep the ledger.

    Name, e-mail and phone are personal data. Every token ends at once. Raises StaffAccount,
    InvalidField for a wrong password, Throttled.
    """
    if user.is_staff or user.is_superuser:
        raise StaffAccount
    checked = check_credentials(
        email=user.email, password=password, network=network, session=session
    )
    if checked is None:
        raise InvalidField("password", gettext("This is not the password of the account."))
    _erase(user)


def erase_guest(*, guest: User) -> None:
    """Erase a guest's personal data, and keep the ledger of bookings."""
    _erase(guest)


@transaction.atomic(durable=True)
def _erase(user: User) -> None:
    user = lock_active_user(user)
    # The sessions go first: a refresh locks its session and then needs the user's key.
    user.login_sessions.all().delete()
    user.known_networks.all().delete()
    OutstandingToken.objects.filter(user=user).delete()
    LoginFailure.objects.filter(account=LoginFailure.account_key(user.email)).delete()
    delete_devices(user)
    user.second_factor_enabled_at = user.second_factor_due_at = None
    user.email = f"erased-{user.pk}@{ERASED_DOMAIN}"
    user.first_name = user.last_name = user.phone = user.contact_email = ""
    user.verified_phone = ""
    PhoneCode.objects.filter(user=user).delete()
    user.sms_consent = False
    user.set_unusable_password()
    user.is_active = False
    user.last_login = user.email_verified_at = None
    user.erased_at = timezone.now()
    user.save()
    erase_elsewhere(user)
    # The admin's log quotes the e-mail.
    LogEntry.objects.filter(
        content_type__app_label="users", content_type__model="user", object_id=str(user.pk)
    ).update(object_repr=str(user))
