"""How the port holds out against clients that are slow, silent or too many.

uvicorn waits for ever for a request that has begun, and takes every connection. Here each part of a request has a time,
and where connections run short those that have sent no whole request go first: a health page always gets through.
"""

import asyncio
import resource
from typing import Any

import h11
import structlog
from uvicorn.protocols.http.h11_impl import H11Protocol

log = structlog.get_logger(__name__)

HEAD_SECONDS = 10.0
"""From the connection, or from the first byte of a later request on it, to the end of the headers."""
BODY_SECONDS = 10.0
"""From the headers to the end of the body; Slack itself gives up after three."""
_MOST_CONNECTIONS = 512
_ACCEPT_FAILED = "socket.accept() out of system resource"
_SILENT_SECONDS = 60.0
_TOO_LATE = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


def most_connections() -> int:
    """How many connections the port takes: half of what the process may open, at most 512.

    The other half is for the database, for calls to Slack and for files.
    """
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else min(_MOST_CONNECTIONS, soft // 2)


class Connection(H11Protocol):
    """uvicorn's connection, with a time for the head and one for the body of each request."""

    _timer: asyncio.TimerHandle | None = None
    _timed: str = ""
    """What the timer runs for: 'head', 'body', or nothing."""

    _since: float = 0.0
    """When it began to wait, by the loop's clock."""

    @property
    def is_waiting(self) -> bool:
        """Whether nobody works for it: no whole request has come."""
        return self.conn.their_state in (h11.IDLE, h11.SEND_BODY) and not self.transport.is_closing()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._start("head", HEAD_SECONDS)
        if len(self.connections) > most_connections():
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        self._start("")
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Every read, and every answer with another request behind it, ends here."""
        super().handle_events()
        if self.conn.their_state is h11.SEND_BODY:
            self._start("body", BODY_SECONDS)
        elif self.conn.their_state is not h11.IDLE:
            self._start("")
        elif self.conn.trailing_data[0]:
            self._start("head", HEAD_SECONDS)

    def _start(self, part: str, seconds: float = 0.0) -> None:
        """Time this part from now on, unless it is being timed: a byte now and then wins no time."""
        if part == self._timed:
            return
        if self._timer:
            self._timer.cancel()
        self._timed, self._since = part, self.loop.time()
        self._timer = self.loop.call_later(seconds, self._end) if part else None

    def _end(self) -> None:
        """Hang up; with 408 where something of a request has come and nothing was answered yet."""
        if self.transport.is_closing():
            return
        is_begun = self.conn.their_state is h11.SEND_BODY or bool(self.conn.trailing_data[0])
        if is_begun and self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.write(_TOO_LATE)
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
