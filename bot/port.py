"""How the port holds out against clients that are slow, silent or too many.

uvicorn waits for ever for a request that has begun, and takes every connection. Here each part of a request has a time,
and where connections run short those that have sent no whole request go first: a health page always gets through.

It also sends the head of an answer alone, then its body. Here both leave together: one packet, one call of the system.
"""

import asyncio
import resource
from typing import Any

import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

log = structlog.get_logger(__name__)

HEAD_SECONDS = 10.0
"""From the connection, or from the first byte of a later request on it, to the end of the headers."""
BODY_SECONDS = 10.0
"""From the headers to the end of the body; Slack itself gives up after three."""
MOST_HEAD_BYTES = 65_536
"""Of the request line and the headers; the parser itself knows no bound."""
_MOST_CONNECTIONS = 512
_ACCEPT_FAILED = "socket.accept() out of system resource"
_SILENT_SECONDS = 60.0
_GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"
_TOO_LATE = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


def most_connections() -> int:
    """How many connections the port takes: half of what the process may open, at most 512.

    The other half is for the database, for calls to Slack and for files.
    """
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else min(_MOST_CONNECTIONS, soft // 2)


class Together:
    """The transport of one answer that has a body, empty or not: the head waits for its first part."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head: bytes | None = None
        """None before it is written; empty once it is sent."""

    def write(self, part: bytes) -> None:
        if self._head is None and part != _GO_ON:
            self._head = part
            return
        if self._head:
            part, self._head = self._head + part, b""
        self._transport.write(part)

    def close(self) -> None:
        if self._head:
            self._transport.write(self._head)
        self._transport.close()

    def is_closing(self) -> bool:
        return self._transport.is_closing()


class Connection(HttpToolsProtocol):
    """uvicorn's connection, with a time for the head and the body of each request, and a length for the head."""

    _timer: asyncio.TimerHandle | None = None
    _timed: str = ""
    """What the timer runs for: 'head', 'body', or nothing."""
    _since: float = 0.0
    """When it began to wait, by the loop's clock."""
    _is_begun = False
    """Whether a part of a request has come, and not yet all of it."""
    _head_bytes = 0

    @property
    def is_waiting(self) -> bool:
        """Whether nobody works for it: no whole request has come."""
        is_worked_for = self.cycle is not None and not (self.cycle.more_body or self.cycle.response_complete)
        return not (is_worked_for or self.transport.is_closing())

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._start("head", HEAD_SECONDS)
        if len(self.connections) > most_connections():
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        self._start("")
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Empty lines before a request begin none, and end uvicorn's own time for an idle connection."""
        super().data_received(data)
        if not self._timed and self.is_waiting:
            self._start("head", HEAD_SECONDS)
        self._head_bytes += len(data)
        if self._timed == "head" and self._head_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
            self._hang_up(_TOO_LONG)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_begun, self._head_bytes = True, 0
        self._start("head", HEAD_SECONDS)

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        if self.scope["method"] != "HEAD":
            self.cycle.transport = Together(self.transport)  # type: ignore[assignment]
        self._start("body", BODY_SECONDS)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._is_begun = False
        self._start("")

    def _start(self, part: str, seconds: float = 0.0) -> None:
        """Time this part from now on, unless it is being timed: a byte now and then wins no time."""
        if part == self._timed:
            return
        if self._timer:
            self._timer.cancel()
        self._timed, self._since = part, self.loop.time()
        self._timer = self.loop.call_later(seconds, self._end) if part else None

    def _end(self) -> None:
        """Hang up; with 408 where something of a request has come."""
        if not self.transport.is_closing():
            self._hang_up(_TOO_LATE if self._is_begun else b"")

    def _hang_up(self, answer: bytes) -> None:
        """answer: said before, unless it would come into the middle of another one, or this request has had one."""
        is_head, cycle = self._timed == "head", self.cycle
        if cycle is None or (cycle.response_complete if is_head else not cycle.response_started):
            self.transport.write(answer)
        self.transport.close()

    def _make_room(self) -> None:
        """Hang up on the connection that has waited longest; on this one where all others are being worked for."""
        waiting = [one for one in self.connections if isinstance(one, Connection) and one.is_waiting]
        oldest = min(waiting, key=lambda one: one._since)
        oldest.transport.abort()


class QuietAccept:
    """An event loop's handler of exceptions that says once a minute that no connection can be accepted.

    asyncio says it for every connection in the backlog, with a traceback, every second.
    """

    _said_at = -_SILENT_SECONDS

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if context.get("message") != _ACCEPT_FAILED:
            loop.default_exception_handler(context)
        elif loop.time() - self._said_at >= _SILENT_SECONDS:
            self._said_at = loop.time()
            log.error("no connection can be accepted: the process has no file descriptors left (ulimit -n)")
