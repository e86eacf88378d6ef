"""The request that is being answered: its id and its client's address."""

import random
import re
from contextvars import ContextVar
from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any

from django.conf import settings
from django.http import HttpRequest

# The id of the request that is being answered.
current_request_id: ContextVar[str | None] = ContextVar("current_request_id", default=None)
# The member of staff whose request is being answered.
current_staff_id: ContextVar[int | None] = ContextVar("current_staff_id", default=None)

_WITH_PORT = re.compile(r"([0-9.]+):[0-9]{1,5}|\[([0-9A-Fa-f:.]+)\](?::[0-9]{1,5})?")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")


def client_address(request: HttpRequest, *_: object) -> str:
    """
    Return the client's address, trusting as many proxies as TRUSTED_PROXIES says.

    Each proxy appends the address that it saw to X-Forwarded-For, so only the last entries are
    facts. Entries that a client wrote in front of them are ignored.
    """
    return _address_of(request.META)


def _address_of(environ: dict[str, Any]) -> str:
    remote = environ.get("REMOTE_ADDR", "")
    forwarded = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")
    seen = [part.strip() for part in forwarded if part.strip()]
    if not settings.TRUSTED_PROXIES or not seen:
        return remote
    claimed = seen[-min(settings.TRUSTED_PROXIES, len(seen))]
    # Some proxies append the client's port.
    with_port = _WITH_PORT.fullmatch(claimed)
    try:
        return str(ip_address(with_port[1] or with_port[2] if with_port else claimed))
    except ValueError:
        return remote


def client_network(request: HttpRequest) -> str:
    """Return the client's network, as `network_of` does."""
    return network_of(request.META)


def network_of(environ: dict[str, Any]) -> str:
    """
    Return the client's IPv4 address, or its IPv6 network.

    The network is a /64. A provider gives each customer at least a /64. An address that cannot be
    read counts as 0.0.0.0.
    """
    return _network_of(_address_of(environ))


@lru_cache(maxsize=1000)
def _network_of(client: str) -> str:
    try:
        address = ip_address(client)
    except ValueError:
        return "0.0.0.0"
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if isinstance(address, IPv6Address):
        address = IPv6Network((int(address), 64), strict=False).network_address
    return str(address)


def request_id(sent: str) -> str:
    """
    Return the request's well-formed id from outside, or a new one.

    It is not a secret, so it does not come from the operating system's random source.
    """
    return sent if _REQUEST_ID.fullmatch(sent) else f"{random.getrandbits(128):032x}"
