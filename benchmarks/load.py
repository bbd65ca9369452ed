"""The load generator: keep-alive connections in this process, raw bytes out and in, every answer judged."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

CONNECTIONS = 16
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class Shot:
    """One request of one person. `marker`: what an answer that has saved holds."""

    person: str
    request: bytes
    marker: bytes = b""


@dataclass
class Volley:
    """How a number of shots went. Seconds; people are in exactly one of the three sets."""

    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)
    saved: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    """Told that it is not saved: an answer of status 200 without the marker."""
    wrong: set[str] = field(default_factory=set)
    """Any other status, or no answer."""
    refused_though_saved: int = 0
    server_cpu: float = 0.0
    postgres_cpu: float = 0.0
    """Seconds of the processor while it lasted, of the contender and of the database."""

    def look_up(self, kept: set[str]) -> int:
        """How many answers were wrong, or promised what is not among what the database has kept.

        Every acknowledged row is counted, and every refused one looked for.
        """
        self.refused_though_saved = len(self.refused & kept)
        return len(self.wrong) + len(self.saved - kept)

    def centile(self, share: float) -> float:
        waits = sorted(self.waits)
        return waits[min(len(waits) - 1, int(share * len(waits)))]


class Wire(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self) -> None:
        self._got = bytearray()
        self._needs = -1
        self._answer: asyncio.Future[bytes] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    async def ask(self, request: bytes) -> bytes:
        """The whole answer, head and body; empty where the connection broke off."""
        if self._transport is None or self._transport.is_closing():
            return b""
        self._got, self._needs = bytearray(), -1
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def data_received(self, data: bytes) -> None:
        self._got += data
        if self._needs < 0:
            self._needs = length(self._got)
        is_whole = (
            len(self._got) >= self._needs >= 0 if self._needs != CHUNKED else self._got.endswith(b"\r\n0\r\n\r\n")
        )
        if is_whole and self._answer and not self._answer.done():
            self._answer.set_result(bytes(self._got))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_result(b"")

    def close(self) -> None:
        if self._transport:
            self._transport.close()


CHUNKED = 1 << 62


def length(got: bytes | bytearray) -> int:
    """Of the whole answer, by its head; -1 while that is not whole, CHUNKED where the end tells."""
    end = got.find(b"\r\n\r\n")
    if end < 0:
        return -1
    head = bytes(got[:end]).lower()
    if b"transfer-encoding: chunked" in head:
        return CHUNKED
    _, _, rest = head.partition(b"content-length:")
    return end + 4 + int(rest.split(b"\r\n", 1)[0] or 0)


@asynccontextmanager
async def wires(port: int, count: int) -> AsyncIterator[list[Wire]]:
    loop = asyncio.get_running_loop()
    made = [(await loop.create_connection(Wire, "127.0.0.1", port))[1] for _ in range(count)]
    try:
        yield made
    finally:
        for wire in made:
            wire.close()


async def one_by_one(port: int, shots: Sequence[Shot], *, connections: int = CONNECTIONS) -> Volley:
    """Everybody once; each connection sends its next shot when it has the answer to the one before."""
    volley, waiting = Volley(), iter(shots)
    async with wires(port, min(connections, len(shots))) as made:
        began = time.perf_counter()
        await asyncio.gather(*(_fire_all(wire, waiting, volley) for wire in made))
        volley.seconds = time.perf_counter() - began
    return volley


async def _fire_all(wire: Wire, waiting: Iterable[Shot], volley: Volley) -> None:
    for shot in waiting:
        await _fire(wire, shot, volley)


async def all_within(port: int, shots: Sequence[Shot], *, seconds: float) -> Volley:
    """Everybody once, on connections of their own, spread evenly over so long; 0: in one instant."""
    volley = Volley()
    async with wires(port, len(shots)) as made:
        began = time.perf_counter()
        step = seconds / len(shots)
        pairs = enumerate(zip(made, shots, strict=True))
        await asyncio.gather(*(_fire_at(began + n * step, wire, shot, volley) for n, (wire, shot) in pairs))
        volley.seconds = time.perf_counter() - began
    return volley


async def _fire_at(at: float, wire: Wire, shot: Shot, volley: Volley) -> None:
    pause = at - time.perf_counter()
    if pause > 0:
        await asyncio.sleep(pause)
    await _fire(wire, shot, volley)


async def _fire(wire: Wire, shot: Shot, volley: Volley) -> None:
    began = time.perf_counter()
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            answer = await wire.ask(shot.request)
    except TimeoutError:
        answer = b""
    volley.waits.append(time.perf_counter() - began)
    if not answer.startswith(b"HTTP/1.1 200"):
        volley.wrong.add(shot.person)
    elif shot.marker in answer:
        volley.saved.add(shot.person)
    else:
        volley.refused.add(shot.person)
