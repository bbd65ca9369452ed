"""The port against clients that are slow, silent, too many or make no sense: the others are served all the same."""

import asyncio
import io
import logging
import os
import resource
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import aiohttp
import pytest
import structlog

from bot import log, port
from sandbox.delivery import sign
from tests.flows.test_ack import send
from tests.support.desk import eventually
from tests.support.house import House
from tests.support.team import Team

POST = b"POST /slack/events HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n"
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"


def number_of(house: House) -> int:
    """The bot's port."""
    return int(str(house.sandbox.bot_url).rpartition(":")[2])


@asynccontextmanager
async def connected(house: House, *sent: bytes) -> AsyncIterator[asyncio.StreamReader]:
    """A connection of one's own to the bot's port, over which something was sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", number_of(house))
    try:
        for part in sent:
            writer.write(part)
            await writer.drain()
        yield reader
    finally:
        writer.close()


async def answer_to(house: House, *sent: bytes) -> bytes:
    """All that comes back until the port hangs up."""
    async with connected(house, *sent) as reader:
        return await asyncio.wait_for(reader.read(), 5)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(port, "HEAD_SECONDS", 0.2)
    monkeypatch.setattr(port, "BODY_SECONDS", 0.2)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "sent",
    [POST[:20], POST, POST + b"\r\n", POST + b"\r\nhalf of it", HEALTH[:-4] + b"\r\nX: 1\r\n"],
    ids=["half a line", "half a head", "no body", "half a body", "a head without end"],
)
async def test_a_request_that_does_not_come_whole_is_answered_408(house: House, sent: bytes) -> None:
    assert (await answer_to(house, sent)).startswith(b"HTTP/1.1 408 ")


@pytest.mark.usefixtures("impatient")
async def test_a_connection_that_says_nothing_is_hung_up_on(house: House) -> None:
    assert await answer_to(house) == b""


@pytest.mark.usefixtures("impatient")
async def test_a_second_request_on_a_connection_has_no_more_time_than_the_first(house: House) -> None:
    first = HEALTH.replace(b"Connection: close\r\n", b"")
    answer = await answer_to(house, first, POST + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"HTTP/1.1 408 " in answer


@pytest.mark.usefixtures("impatient")
async def test_a_byte_now_and_then_wins_no_time(house: House) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", number_of(house))
    writer.write(POST + b"\r\n")
    reading = asyncio.create_task(reader.read())
    for _ in range(100):
        writer.write(b"x")
        done, _ = await asyncio.wait({reading}, timeout=0.05)
        if done:
            break
    writer.close()
    assert (await reading).startswith(b"HTTP/1.1 408 ")


@pytest.mark.usefixtures("impatient")
async def test_empty_lines_after_an_answer_win_no_time(house: House) -> None:
    first = HEALTH.replace(b"Connection: close\r\n", b"")
    async with connected(house, first) as reader:
        assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200 ")
    async with connected(house, b"\r\n\r\n") as reader:
        assert await asyncio.wait_for(reader.read(), 5) == b""


@pytest.mark.parametrize(
    "sent", [b"GET /" + b"x" * 100_000, HEALTH[:-2] + b"X: 1\r\n" * 20_000], ids=["line", "headers"]
)
async def test_a_head_without_end_is_answered_431(house: House, sent: bytes) -> None:
    assert (await answer_to(house, sent)).startswith(b"HTTP/1.1 431 ")


async def test_a_look_at_the_certificate_is_answered_without_a_signature(house: House) -> None:
    assert await send(house, "ssl_check=1&token=x", secret="not signed") == 200
    assert await send(house, "text=ssl_check%3D1&command=/decide", secret="not signed") == 401


async def test_a_question_whether_the_address_is_ours_is_answered_with_its_own_words(house: House) -> None:
    body = '{"type": "url_verification", "challenge": "3eZbrw1aBm"}'
    url, headers = f"{house.sandbox.bot_url}/slack/events", sign(house.sandbox.spec.signing_secret, body)
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
        assert (answer.status, await answer.json()) == (200, {"challenge": "3eZbrw1aBm"})


async def test_a_client_that_leaves_in_the_middle_of_a_body_leaves_no_error(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(house, POST + b"\r\nhalf of it"):
        pass
    assert (await answer_to(house, HEALTH)).startswith(b"HTTP/1.1 200 ")
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.mark.parametrize("sent", [b"", POST[:20], POST + b"\r\n"], ids=["silent", "half a head", "no body"])
async def test_health_and_slack_get_through_however_many_connections_wait(
    team: Team, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(port, "_MOST_CONNECTIONS", 8)
    async with asyncio.TaskGroup() as group:
        waiting = [group.create_task(answer_to(team.house, sent)) for _ in range(30)]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)  # the port is full: the oldest is let go
        assert (await answer_to(team.house, HEALTH)).startswith(b"HTTP/1.1 200 ")
        assert (await team.house.person("tom").slash("/decide list")).ok
        for one in waiting:
            one.cancel()


@contextmanager
def no_descriptors_left() -> Iterator[None]:
    """The process can open nothing more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    filling: list[int] = []
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(map(int, os.listdir("/proc/self/fd"))) + 1, hard))
    try:
        while True:
            try:
                filling.append(os.dup(0))
            except OSError:
                break
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for one in filling:
            os.close(one)


async def test_a_process_without_descriptors_says_so_once_and_serves_again(
    house: House, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = io.StringIO()
    monkeypatch.setattr(port, "log", structlog.wrap_logger(structlog.PrintLogger(said)))
    loop = asyncio.get_running_loop()
    with socket.socket() as one, socket.socket() as other:
        for client in (one, other):
            client.setblocking(False)
        with no_descriptors_left():
            for client in (one, other):
                await loop.sock_connect(client, ("127.0.0.1", number_of(house)))
            await eventually(lambda: "no file descriptors left" in said.getvalue())
        await loop.sock_sendall(other, HEALTH)
        assert (await asyncio.wait_for(loop.sock_recv(other, 100), 5)).startswith(b"HTTP/1.1 200 ")
    assert said.getvalue().count("no file descriptors left") == 1
    assert "socket.accept" not in caplog.text


@pytest.mark.parametrize(
    "body",
    ['payload={"type": ', 'payload="text"', "payload=[1]", "payload=null", '{"a"', "{]", "payload=" + "[" * 100_000],
)  # fmt: skip
async def test_what_is_no_payload_is_answered_400(house: House, body: str) -> None:
    assert await send(house, body) == 400


@pytest.mark.parametrize(
    "payload", ["{}", '{"team": "x"}', '{"user": [1]}', '{"type": []}', '{"view": 7, "type": "view_submission"}']
)
async def test_an_object_of_another_shape_is_no_error_of_the_server(house: House, payload: str) -> None:
    for body in (f"payload={payload}", payload):
        assert await send(house, body) in (200, 400, 404)


@pytest.mark.parametrize("name", ["X-Slack-Request-Timestamp", "X-Slack-Signature"])
@pytest.mark.parametrize("value", ["", "soon", "1e9", "-1", "9" * 5000, "NaN", "\u00b2", "v0=\u00e9"])
async def test_a_time_or_signature_that_is_none_is_answered_401(house: House, name: str, value: str) -> None:
    assert await send(house, "command=/decide&text=list&team_id=T0TECHCORP", **{name: value}) == 401


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_address_with_a_slash_too_many_is_no_redirect(house: House, method: str) -> None:
    url = f"{house.sandbox.bot_url}/slack/events/"
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, url, data=b"{}", headers=sign("x", "{}"), allow_redirects=False) as answer,
    ):
        assert answer.status == 404


async def test_the_address_of_an_answer_is_in_no_log_when_it_does_not_answer(team: Team) -> None:
    written = io.StringIO()
    log.configure("DEBUG")
    handler = logging.StreamHandler(written)
    logging.getLogger().addHandler(handler)
    try:
        await team.to_options()
        team.house.sandbox.fail("response_url", "drop", times=3)
        await team.house.person("eve").slash("/decide list")
        await team.settled()
        used = list(team.house.sandbox.calls("response_url"))
    finally:
        logging.getLogger().removeHandler(handler)
        log.configure("INFO")
    assert used
    assert "/respond/" not in written.getvalue()


async def test_the_head_of_an_answer_leaves_with_its_body(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[bytes] = []
    write = port.Together.write

    def watch(self: port.Together, part: bytes) -> None:
        sent.append(part)
        before = self._head
        write(self, part)
        assert before is None or not self._head, "nothing waits once a body has begun"

    monkeypatch.setattr(port.Together, "write", watch)
    answer = await answer_to(house, HEALTH)

    assert len(sent) == 2, "uvicorn still writes them apart"
    assert answer == b"".join(sent)


@pytest.mark.parametrize(
    ("asked", "ends"),
    [
        (HEALTH.replace(b"GET", b"HEAD"), b"\r\n\r\n"),
        (HEALTH.replace(b"healthz", b"nowhere"), b"Not Found"),
        (HEALTH.replace(b"GET", b"POST").replace(b"Host", b"Content-Length: 0\r\nHost"), b"Method Not Allowed"),
    ],
    ids=["a head alone", "not there", "not so"],
)
async def test_every_answer_comes_whole(house: House, asked: bytes, ends: bytes) -> None:
    answer = await answer_to(house, asked)
    assert answer.startswith(b"HTTP/1.1 ")
    assert answer.endswith(ends)


async def test_whoever_asks_whether_to_send_the_body_is_told_to(house: House) -> None:
    asked = POST.replace(b"100\r\n", b"2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n")
    reader, writer = await asyncio.open_connection("127.0.0.1", number_of(house))
    writer.write(asked)
    assert await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5) == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(b"{}")
    assert (await asyncio.wait_for(reader.read(), 5)).startswith(b"HTTP/1.1 401 ")
    writer.close()
