"""The wall around requests to addresses that people have typed in: a session that connects to nothing behind it.

Names are resolved here, and the address that was looked at is the one connected to: a name that leads somewhere else a
moment later does not help. What is private, this machine's own or the network's next hop is refused, unless
CONCLAVE_WEBHOOK_ALLOW lists it. Only https, but to what is listed there.
"""

import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

SECONDS = 15.0
"""For one request with its answer; less than a delivery is given."""
Networks = Sequence[IPv4Network | IPv6Network]
_TRANSLATED = IPv6Network("64:ff9b::/96")
"""NAT64: an address of IPv4 in other clothes, which may be a private one."""


class Refused(Exception):
    """The address leads where nothing is sent to; the message says which and why."""


@asynccontextmanager
async def session(url: str, *, allowed: Networks) -> AsyncIterator[aiohttp.ClientSession]:
    """For requests to this address. Let it follow no redirect: where that leads nobody has looked at.

    Raises Refused, at once or when it connects.
    """
    wall = _Wall(allowed, is_plain=urlsplit(url).scheme != "https")
    wall.check_literal(urlsplit(url).hostname or "")
    connector = aiohttp.TCPConnector(resolver=wall, use_dns_cache=False, force_close=True)
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, cookie_jar=jar, trust_env=False) as opened:
        yield opened


class _Wall(AbstractResolver):
    """Resolves names, and lets no address through that may not be reached."""

    def __init__(self, allowed: Networks, *, is_plain: bool) -> None:
        self._allowed = allowed
        self._is_plain = is_plain
        self._resolver = aiohttp.ThreadedResolver()

    def check_literal(self, host: str) -> None:
        """A host that is an address: for that no resolver is asked. Raises Refused."""
        try:
            found = ip_address(host.partition("%")[0])
        except ValueError:
            return
        self._check(host, found)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        for one in found:
            self._check(host, ip_address(one["host"].partition("%")[0]))
        return found

    def _check(self, host: str, address: IPv4Address | IPv6Address) -> None:
        plain = unmapped(address)
        if any(plain in network for network in self._allowed if network.version == plain.version):
            return
        if self._is_plain:
            raise Refused(f"{host}: only https, unless CONCLAVE_WEBHOOK_ALLOW lists the address")
        if not is_public(plain):
            raise Refused(f"{host} is no public address; CONCLAVE_WEBHOOK_ALLOW can list it")

    async def close(self) -> None:
        await self._resolver.close()


def unmapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The address of IPv4 that one of IPv6 stands for; else itself."""
    if isinstance(address, IPv4Address):
        return address
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether anybody on the internet is behind it: no machine or network of our own, no group of machines."""
    is_special = address.is_multicast or address.is_reserved or address.is_unspecified
    return address.is_global and not is_special and getattr(address, "teredo", None) is None
