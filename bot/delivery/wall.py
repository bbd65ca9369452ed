"""Connections to addresses that somebody typed: looked up by us, checked, and then only what was checked is called.

A name may be given another address between two look-ups, so there is one for each attempt, and the connection goes to
what it found. Nothing is kept from one attempt to the next.
"""

import asyncio
import socket
from ipaddress import ip_address

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from bot.domain.webhook import Wall, literal


class Refused(Exception):
    """The wall does not let anybody there."""


def session(wall: Wall, url: str) -> aiohttp.ClientSession:
    """For one request to this address. Raises Refused for a literal one; a name is refused when it is looked up.

    No proxy, no cookies, no connection that stays open.
    """
    parts = URL(url)
    address = literal(parts.host or "")
    if address and not wall.lets(address, is_https=parts.scheme == "https"):
        raise Refused
    resolver = _Checked(wall, is_https=parts.scheme == "https")
    connector = aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False, force_close=True)
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False)


class _Checked(AbstractResolver):
    """Answers with addresses that the wall lets through alone, whatever else the name has."""

    def __init__(self, wall: Wall, *, is_https: bool) -> None:
        self._wall = wall
        self._is_https = is_https

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family)
        there = {str(info[4][0]): info[0] for info in found}
        let = [one for one in there if self._wall.lets(ip_address(one), is_https=self._is_https)]
        if not let:
            raise Refused
        flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
        return [
            ResolveResult(hostname=host, host=one, port=port, family=there[one], proto=0, flags=flags) for one in let
        ]

    async def close(self) -> None:
        """Nothing is open."""
