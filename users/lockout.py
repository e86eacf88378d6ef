"""
Guessing of passwords: django-axes counts failures by account and by address, in the database.

THROTTLE_LOGIN is the limit; an account, or an address, that reaches it is locked until its last
failure is a period ago. What is tried while it is locked does not prolong that.
"""

from collections.abc import Mapping
from ipaddress import IPv6Address, IPv6Network, ip_address
from math import ceil
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_cool_off
from django.conf import settings
from django.contrib.auth import authenticate
from django.db.models import Max, Sum
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext

from eventbooking_system.errors import Throttled
from eventbooking_system.problems import problem_of
from eventbooking_system.server.request_context import client_address
from users.models import User


def check_credentials(*, request: HttpRequest, email: str, password: str) -> User | None:
    """
    The active account that has these credentials, or nobody; a failure is counted.

    Raises Throttled for an account or an address that is locked, even if the password is right.
    """
    credentials = {"email": email.lower(), "password": password}
    user = authenticate(request, **credentials)
    if settings.AXES_ENABLED:
        _refuse_locked(request, credentials)
    return user


def _refuse_locked(request: HttpRequest, credentials: Mapping[str, Any]) -> None:
    """
    Refuse by the failures before this one.

    Looked at after the password: of many guesses sent at once, no more are answered than of as
    many sent one by one.
    """
    own_failure = 0 if request.axes_failures_since_start is None else 1
    waits = []
    for attempts in AxesProxyHandler.get_implementation().get_user_attempts(request, credentials):
        counted = attempts.aggregate(failures=Sum("failures_since_start"), last=Max("attempt_time"))
        if (counted["failures"] or 0) - own_failure >= settings.AXES_FAILURE_LIMIT:
            waits.append(counted["last"] + get_cool_off(request) - timezone.now())
    if waits:
        seconds = max(1, ceil(max(waits).total_seconds()))
        detail = gettext("Too many failed logins. Try again in %(seconds)d seconds.")
        raise Throttled(detail % {"seconds": seconds}, seconds)


def locked_out(
    request: HttpRequest, response: HttpResponse, credentials: Mapping[str, Any]
) -> HttpResponse:
    """The answer to a login in the admin that found the account or the address locked."""
    try:
        _refuse_locked(request, credentials)
    except Throttled as error:
        return problem_of(error)
    return response


def account_name(request: HttpRequest, credentials: Mapping[str, Any] | None) -> str:
    """What failures of an account are counted under; the form of the admin says `username`."""
    credentials = credentials or {}
    return (credentials.get("email") or credentials.get("username") or "").lower()


def client_network(request: HttpRequest) -> str:
    """
    What failures of an address are counted under.

    Of IPv6 it is the /64, as a provider gives each customer that many addresses at least.
    """
    try:
        address = ip_address(client_address(request))
    except ValueError:
        return "0.0.0.0"
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if isinstance(address, IPv6Address):
        address = IPv6Network((int(address), 64), strict=False).network_address
    return str(address)
