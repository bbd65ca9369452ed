"""A TCP wire between two parties: it shares connections out among several ends, and can go dead without a word."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress


class Wire:
    """Forwards every connection to the next of `ends` (ports on this machine)."""

    def __init__(self, ends: Sequence[int]) -> None:
        self.ends = list(ends)
        self.port = 0
        self.delay_seconds = 0.0
        """How much later everything arrives, in each direction."""
        self._turn = 0
        self._flows = asyncio.Event()
        self._flows.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        """From here on nothing passes; nobody is told, as when a host or a cable vanishes."""
        self._flows.clear()

    def mend(self) -> None:
        self._flows.set()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        task = asyncio.get_running_loop().create_task(self._join(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._flows.wait()
        self._turn += 1
        try:
            away, far = await asyncio.open_connection("127.0.0.1", self.ends[self._turn % len(self.ends)])
        except OSError:
            await self._end(writer)
            return
        self._writers.add(far)
        await asyncio.gather(self._carry(reader, far), self._carry(away, writer))

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while piece := await source.read(65536):
                await self._flows.wait()
                await asyncio.sleep(self.delay_seconds)
                target.write(piece)
                await target.drain()
        await self._end(target)

    async def _end(self, writer: asyncio.StreamWriter) -> None:
        self._writers.discard(writer)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in list(self._writers):
            writer.transport.abort()
            await self._end(writer)


@asynccontextmanager
async def wired(*ends: int) -> AsyncIterator[Wire]:
    wire = Wire(ends)
    server = await asyncio.start_server(wire.accept, "127.0.0.1", 0)
    wire.port = server.sockets[0].getsockname()[1]
    try:
        yield wire
    finally:
        server.close()
        await wire.close()
