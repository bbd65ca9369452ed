"""From which address a request comes, where proxies stand in between. Pure; knows no kind of request."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

HOME_BITS = 64
"""One household or one server is given so much of an IPv6 address, and may choose the rest as it likes."""


def address_of(*, peer: str, forwarded: Sequence[str], trusted: Sequence[IPv4Network | IPv6Network]) -> str | None:
    """The person's address; None where nothing readable is said. Proxies are believed only where they are `trusted`.

    peer: who is at the other end of the connection. forwarded: the headers X-Forwarded-For, in order: each proxy
    appends whom it was called by, so it is read from the right, up to the first that is no trusted proxy.
    """
    told = [one.strip() for value in forwarded for one in value.split(",")]
    for hop in (peer, *reversed(told)):
        found = _readable(hop)
        if found is None or not any(ip_address(found) in network for network in trusted):
            return found
    return _readable(told[0]) if told else _readable(peer)


def home_of(address: str | None) -> str:
    """What requests of one person are counted by: an IPv4 address as it is, of an IPv6 one its network."""
    if address is None:
        return ""
    if isinstance(ip_address(address), IPv6Address):
        return str(ip_network(f"{address}/{HOME_BITS}", strict=False))
    return address


def _readable(value: str) -> str | None:
    try:
        return str(ip_address(value))
    except ValueError:
        return None
