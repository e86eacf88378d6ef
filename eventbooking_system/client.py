"""Whose address a request comes from."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest, *_: object) -> str:
    """
    The client's address, believing as many proxies as TRUSTED_PROXIES says and no more.

    Each proxy appends the address it saw to X-Forwarded-For, so only the last ones are facts;
    what a client writes in front of them is ignored.
    """
    remote = request.META.get("REMOTE_ADDR", "")
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    seen = [part.strip() for part in forwarded if part.strip()]
    if not settings.TRUSTED_PROXIES or not seen:
        return remote
    claimed = seen[-min(settings.TRUSTED_PROXIES, len(seen))]
    try:
        return str(ip_address(claimed))
    except ValueError:
        return remote
