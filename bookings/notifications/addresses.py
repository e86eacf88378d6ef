"""The check that an IP address belongs to the open internet."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

# Only this part of IPv6 is assigned to networks of the open internet:
# https://www.iana.org/assignments/ipv6-address-space
_GLOBAL_UNICAST = IPv6Network("2000::/3")
# The last 32 bits are an IPv4 address: RFC 6052.
_NAT64 = IPv6Network("64:ff9b::/96")
# For documentation (RFC 9637), and identifiers that look like addresses (RFC 7343). Versions of the
# standard library differ about them.
_NOT_ROUTED = (IPv6Network("3fff::/20"), IPv6Network("2001:20::/28"))
# RFC 7526, relays that are no longer in use.
_RELAYS = IPv4Network("192.88.99.0/24")
# The second half of the last 64 bits is an IPv4 address after these: RFC 5214.
_ISATAP = (0x00005EFE, 0x02005EFE)


def is_public(address: str) -> bool:
    """Tell whether an address and all IPv4 addresses in it are public."""
    ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv4Address):
        return ip.is_global and not ip.is_multicast and ip not in _RELAYS
    contained = list(_contained(ip))
    if not all(is_public(str(inner)) for inner in contained):
        return False
    if ip.ipv4_mapped or ip in _NAT64 or ip.sixtofour or ip.teredo:
        return True
    is_routed = ip in _GLOBAL_UNICAST and not any(ip in network for network in _NOT_ROUTED)
    return is_routed and ip.is_global


def _contained(ip: IPv6Address) -> Iterator[IPv4Address]:
    """Yield the IPv4 addresses to which packets for this address may go."""
    last = IPv4Address(int(ip) & 0xFFFFFFFF)
    if ip.ipv4_mapped or ip in _NAT64 or int(ip) >> 32 & 0xFFFFFFFF in _ISATAP:
        yield last
    if ip.sixtofour:
        yield ip.sixtofour
    if ip.teredo:
        yield from ip.teredo
