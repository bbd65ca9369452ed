"""Connections to typed addresses: what the wall refuses is not called, whatever a name leads to the next time."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from standardwebhooks import Webhook

from bot.delivery import webhook
from bot.delivery.wall import Refused, session
from bot.delivery.webhook import Answer, asked, judge, signed
from bot.domain.webhook import RETRIES, Endpoint, Event, Wall
from bot.services.webhook import Order

HERE = Wall((ip_network("127.0.0.1/32"),))
NOW = datetime.now(UTC)
SECRETS = ("whsec_" + "A" * 43 + "=", "whsec_" + "B" * 43 + "=")


@asynccontextmanager
async def listening() -> AsyncIterator[tuple[int, list[str]]]:
    """A port of 127.0.0.1, and whoever has called there."""
    callers: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        callers.append((await reader.readline()).decode())
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], callers


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What each name leads to, look-up by look-up; the last one stays."""
    known: dict[str, list[str]] = {}
    ask = socket.getaddrinfo

    def look_up(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
        found = known.get(host)
        if found is None:
            return ask(host, port, *rest, **more)
        address = found.pop(0) if len(found) > 1 else found[0]
        return ask(address, port, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return known


async def post(wall: Wall, url: str) -> int:
    async with session(wall, url) as http, http.post(url, data=b"{}", allow_redirects=False) as answer:
        return answer.status


async def test_a_name_is_looked_up_at_each_attempt_and_refused_once_it_leads_elsewhere(
    names: dict[str, list[str]],
) -> None:
    names["rebind.example"] = ["127.0.0.1", "127.0.0.2"]
    async with listening() as (port, callers):
        assert await post(HERE, f"http://rebind.example:{port}/") == 204
        with pytest.raises(Refused):
            await post(HERE, f"http://rebind.example:{port}/")

    assert len(callers) == 1


@pytest.mark.parametrize(
    "host", ["127.0.0.2", "[::1]", "[::ffff:127.0.0.2]", "0.0.0.0", "2130706434", "127.2", "0x7f000002"]
)
async def test_no_way_of_writing_an_inner_address_leads_there(host: str) -> None:
    with pytest.raises((Refused, aiohttp.InvalidUrlClientError)):
        await post(HERE, f"http://{host}:9/")


async def test_without_anything_allowed_this_very_machine_is_not_called() -> None:
    async with listening() as (port, callers):
        for url in (f"https://localhost:{port}/", f"https://127.0.0.1:{port}/", f"http://localhost:{port}/"):
            with pytest.raises(Refused):
                await post(Wall(), url)

    assert callers == []


async def test_an_attempt_at_a_refused_address_is_a_failed_one() -> None:
    answer = await webhook._attempt(an_order("https://10.0.0.1/"), Wall(), now=NOW)

    assert answer == Answer("refused")
    verdict, outcome = judge(answer, attempt=1, retries=RETRIES)
    assert (type(verdict).__name__, outcome) == ("Later", "refused")


async def test_a_program_that_does_not_answer_is_left_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "TIMEOUT_SECONDS", 0.05)

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(hang, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        assert await webhook._attempt(an_order(url), HERE, now=NOW) == Answer("failed")


def an_order(url: str) -> Order:
    endpoint = Endpoint(uuid4(), uuid4(), uuid4(), "Helpdesk", url, (Event.CREATED,), NOW)
    return Order(endpoint, "msg_1", {"type": "decision.created"}, SECRETS)


@pytest.mark.parametrize("secret", SECRETS)
def test_both_secrets_verify_by_the_specifications_own_library(secret: str) -> None:
    sent = '{"type":"decision.created"}'

    assert Webhook(secret).verify(sent, signed(an_order("https://a.example/"), sent, now=datetime.now(UTC))) == {
        "type": "decision.created"
    }


@pytest.mark.parametrize(
    ("header", "waits"),
    [
        ("", None),
        ("soon", None),
        ("120", timedelta(seconds=120)),
        ("9" * 400, timedelta(days=365)),
        ("Tue, 01 Dec 2026 13:00:00 GMT", timedelta(hours=1)),
        ("Tue, 01 Dec 2026 11:00:00 GMT", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header: str, waits: timedelta | None) -> None:
    found = asked(header, now=datetime(2026, 12, 1, 12, tzinfo=UTC))

    assert found == waits


@pytest.mark.parametrize(("attempt", "outcome"), [(1, "failed"), (9, "failed"), (10, "exhausted")])
def test_the_tenth_failed_attempt_is_the_last(attempt: int, outcome: str) -> None:
    verdict, name = judge(Answer("failed", 500), attempt=attempt, retries=RETRIES)

    assert name == outcome
    assert type(verdict).__name__ == ("Done" if outcome == "exhausted" else "Later")


def test_an_order_shows_no_secret() -> None:
    assert "whsec_" not in repr(an_order("https://a.example/"))
