"""Nothing: answers everything at once. What the load generator can do with it is its headroom."""

import asyncio
import sys

from benchmarks.load import length

_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"


class Null(asyncio.Protocol):
    def __init__(self, answer: bytes) -> None:
        self._answer = _ANSWER % (len(answer), answer)
        self._got = bytearray()
        self._needs = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._got += data
        if self._needs < 0:
            self._needs = length(self._got)
        if 0 <= self._needs <= len(self._got):
            self._got, self._needs = bytearray(), -1
            self._transport.write(self._answer)


async def serve(port: int, size: int) -> None:
    """size: bytes of each answer."""
    server = await asyncio.get_running_loop().create_server(lambda: Null(b" " * size), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[2]), 12_800))
