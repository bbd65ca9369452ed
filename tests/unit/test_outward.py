"""The wall around requests to addresses that people have typed in."""

from ipaddress import ip_address, ip_network

import aiohttp
import pytest
from aiohttp.abc import ResolveResult

from bot.delivery import outward

PRIVATE = [
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1"),
    *("224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1"),
    *("::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1"),
    *("2002:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1"),
]
PUBLIC = ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]


@pytest.mark.parametrize("address", PRIVATE)
async def test_what_is_not_public_is_refused_written_out_and_behind_a_name(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = f"[{address}]" if ":" in address else address
    with pytest.raises(outward.Refused, match="no public address"):
        async with outward.session(f"https://{shown}/x", allowed=()):
            pass
    resolves_to(monkeypatch, address)
    with pytest.raises(outward.Refused, match="no public address"):
        await ask("https://desk.example/x")


def resolves_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    async def resolve(self: object, host: str, port: int = 0, family: object = None) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=one, port=port, family=2, proto=0, flags=0) for one in addresses
        ]  # fmt: skip

    monkeypatch.setattr(aiohttp.ThreadedResolver, "resolve", resolve)


async def ask(url: str, *allowed: str) -> None:
    networks = [ip_network(one) for one in allowed]
    async with outward.session(url, allowed=networks) as session, session.get(url, allow_redirects=False):
        pass


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_let_through(address: str) -> None:
    assert outward.is_public(outward.unmapped(ip_address(address)))


async def test_one_private_address_among_others_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    resolves_to(monkeypatch, "1.1.1.1", "127.0.0.1")

    with pytest.raises(outward.Refused):
        await ask("https://desk.example/x")


async def test_plain_http_goes_to_listed_networks_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    resolves_to(monkeypatch, "1.1.1.1")
    with pytest.raises(outward.Refused, match="only https, unless CONCLAVE_WEBHOOK_ALLOW lists the address"):
        await ask("http://desk.example/x")

    resolves_to(monkeypatch, "127.0.0.1")
    with pytest.raises(aiohttp.ClientConnectorError):  # nothing listens there, but it was tried
        await ask("http://desk.example:9/x", "127.0.0.0/8")
    with pytest.raises(outward.Refused):
        await ask("http://desk.example:9/x", "10.0.0.0/8", "::1/128")
