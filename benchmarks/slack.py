"""A Slack that says yes to everything at once: `python -m benchmarks.slack PORT [CERTIFICATE KEY]`.

For what would otherwise measure the sandbox. GET / tells in how many channels cards were posted or updated, and the
last of them; GET /until/100 the same once they are 100, or after two minutes.
"""

import asyncio
import itertools
import json
import ssl
import sys
from contextlib import suppress

from benchmarks.load import length

_numbers = itertools.count(1)
_channels: set[str] = set()
_last: list[str] = [""]
_until: dict[int, asyncio.Event] = {}
"""By number of channels who waits for them."""
PATIENCE_SECONDS = 120.0
_FACTS = {"ok": True, "user_id": "U0CONCLAVE", "bot_id": "B0CONCLAVE", "team_id": "T0TECHCORP", "url": "https://x/"}


class Slack(asyncio.Protocol):
    def __init__(self) -> None:
        self._got = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._got += data
        while 0 <= (end := length(self._got)) <= len(self._got):
            request, self._got = bytes(self._got[:end]), self._got[end:]
            path = request.split(b" ", 2)[1]
            if path.startswith(b"/until/"):
                self._waiting = asyncio.create_task(self._tell_later(int(path[7:])))
            else:
                self._transport.write(_http(_answer(path, request)))

    async def _tell_later(self, channels: int) -> None:
        reached = _until.setdefault(channels, asyncio.Event())
        with suppress(TimeoutError):
            if len(_channels) < channels:
                await asyncio.wait_for(reached.wait(), PATIENCE_SECONDS)
        del _until[channels]
        self._transport.write(_http(_told()))


def _told() -> bytes:
    return json.dumps({"channels": len(_channels), "last": _last[0]}).encode()


def _answer(path: bytes, request: bytes) -> bytes:
    if path == b"/":
        return _told()
    if path == b"/forget":
        _channels.clear()
    if path in (b"/api/chat.postMessage", b"/api/chat.update"):
        _note(request.partition(b"\r\n\r\n")[2])
    channel = {"id": "C1"} if path.startswith(b"/api/conversations.info") else "C1"
    return json.dumps({**_FACTS, "ts": f"1.{next(_numbers):06d}", "channel": channel, "messages": []}).encode()


def _note(body: bytes) -> None:
    """slack_sdk sends the arguments of these two as JSON."""
    try:
        _channels.add(json.loads(body)["channel"])
        _last[0] = body.decode()
    except (ValueError, KeyError):
        return
    if reached := _until.get(len(_channels)):
        reached.set()


def _http(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def serve(port: int, tls: ssl.SSLContext | None) -> None:
    server = await asyncio.get_running_loop().create_server(Slack, "127.0.0.1", port, ssl=tls)
    await server.serve_forever()


def main() -> None:
    tls = None
    if len(sys.argv) > 2:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(sys.argv[2], sys.argv[3])
    asyncio.run(serve(int(sys.argv[1]), tls))


if __name__ == "__main__":
    main()
