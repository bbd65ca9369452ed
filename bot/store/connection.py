"""How a connection to PostgreSQL is made: to which hosts, with which settings, and how long it may keep us waiting.

Knows nothing of pools and transactions. Every way to the database starts here: the engine, LISTEN, the migrations.
"""

import asyncio
import os
import socket
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import Any, Self, TypeVar
from urllib.parse import parse_qsl, quote, urlencode

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import URL

from bot.errors import StartError

_SCHEMES = ("postgresql+psycopg", "postgresql", "postgres")
_DEFAULTS = {
    # A host that has vanished answers nothing at all: without these the kernel waits for a quarter of an hour.
    "connect_timeout": "2",
    "tcp_user_timeout": "3000",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "application_name": "conclave",
    "client_encoding": "UTF8",
}
SETTINGS = {
    # The given schema's TIMESTAMPs carry no zone; psycopg reads dates in ISO order only.
    "TimeZone": "UTC",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "default_transaction_isolation": "read committed",
    # The server sets no limit: bot/store/db.py bounds what people wait for, and a migration may take long.
    "statement_timeout": "0",
}
"""What every connection asks for, whatever the defaults of server, database and login are."""
_KEPT_BY_POOLERS = ("TimeZone", "DateStyle")
"""Of those, what a pooler in transaction mode restores on whichever connection it hands out next. The others are the
login's defaults there; bot/store/server.py reads all of them back."""
_OURS = " ".join("-c " + f"{name}={value}".replace(" ", "\\ ") for name, value in SETTINGS.items())
_HANG_UP_SECONDS = 0.5
C = TypeVar("C", bound="Connection")


class Connection(psycopg.AsyncConnection[Any]):
    """A connection that notices a COMMIT which the synchronous standby should have confirmed, and has not."""

    is_unreplicated = False
    """The server gave up waiting for the standby. It then reports the COMMIT as a success and only adds a notice: what
    was committed is on the primary alone, and lost if the standby takes over now."""

    @classmethod
    async def opened(
        cls, parameters: Mapping[str, str], *, autocommit: bool = False, prepare_threshold: int | None = None
    ) -> Self:
        """Connect to all hosts at once and keep the first connection that comes about. Raises psycopg.OperationalError.

        parameters: those of `parameters`.

        With several hosts only one comes about: that of the host which takes writes (`parameters`). Asked one after
        another, a host that has vanished would use up the time that a person waits.

        prepare_threshold: after so many uses a statement stays prepared on its connection; None: never.
        """
        hosts = parameters.get("host", "").split(",")
        ports = parameters.get("port", "").split(",")
        ports = ports * len(hosts) if len(ports) == 1 else ports
        rest = {name: value for name, value in parameters.items() if name not in ("host", "port")}
        places = [{k: v for k, v in (("host", h), ("port", p)) if v} for h, p in zip(hosts, ports, strict=True)]
        connection = await _first([cls.connect(**{**rest, **place}, autocommit=autocommit) for place in places])  # type: ignore[arg-type]
        connection.add_notice_handler(connection._hear)
        if "options" in parameters:
            connection.prepare_threshold = prepare_threshold
        else:
            connection.prepare_threshold = None
            await connection._ask_pooler(autocommit=autocommit)
        return connection

    async def _ask_pooler(self, *, autocommit: bool) -> None:
        await self.set_autocommit(True)
        await self.execute(settings_by_statement())
        await self.set_autocommit(autocommit)

    def _hear(self, notice: psycopg.errors.Diagnostic) -> None:
        # The message may come in any language; the name of the server's function that sends it is always the same.
        said = notice.message_primary or ""
        if notice.source_function == "SyncRepWaitForLSN" or said.startswith("canceling wait for synchronous rep"):
            self.is_unreplicated = True

    async def stop_working(self, task: "asyncio.Future[Any]") -> None:
        """End the statement that `task` waits for: ask the server, and hang up on one that does not answer.

        Cancelling the task instead would let psycopg wait ten seconds for its own cancel.
        """
        with suppress(psycopg.Error, OSError):
            await self.cancel_safe(timeout=_HANG_UP_SECONDS)
        await asyncio.wait({task}, timeout=_HANG_UP_SECONDS)
        if not task.done():
            self._hang_up()

    def _hang_up(self) -> None:
        # Not `close()`: the waiting task has to notice, and with it the pool, which then drops its other connections.
        with suppress(psycopg.OperationalError, OSError), socket.socket(fileno=os.dup(self.fileno())) as wire:
            wire.shutdown(socket.SHUT_RDWR)


async def _first(openings: list[Coroutine[Any, Any, C]]) -> C:
    """The first connection that comes about; the other attempts are cancelled. Raises the last error where all fail."""
    attempts = [asyncio.ensure_future(opening) for opening in openings]
    winner: C | None = None

    def let_go(attempt: "asyncio.Future[C]") -> None:
        if not attempt.cancelled() and not attempt.exception() and attempt.result() is not winner:
            attempt.result().pgconn.finish()

    try:
        for attempt in asyncio.as_completed(attempts):
            try:
                winner = await attempt
                return winner
            except psycopg.Error as error:
                last = error
        raise last
    finally:
        for one in attempts:
            one.add_done_callback(let_go)
            one.cancel()


def parameters(url: str, *, name: str = "DATABASE_URL") -> dict[str, str]:
    """libpq's parameters of a DATABASE_URL, with our defaults. Raises StartError where it cannot be read.

    name: the variable that holds it.

    Several hosts may be written as `//a:5432,b:5432/db` or as `///db?host=a:5432&host=b:5432`. With several, only the
    one that takes writes will do. Our settings are among `options`, which poolers in transaction mode do not take:
    without them `settings_by_statement` is to be executed.
    """
    scheme, separator, rest = url.strip().partition("://")
    if not separator or scheme not in _SCHEMES:
        raise StartError(f"{name} has to start with postgresql:// or postgres://")
    base, _, query = rest.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    others = urlencode([pair for pair in pairs if pair[0] not in ("host", "pooler")], quote_via=quote)
    found = _as_libpq_reads(f"postgresql://{base}?{others}", name)
    found |= _hosts([value for key, value in pairs if key == "host"])
    _check_ports(found.get("port", "").split(","), name)
    if "," in found.get("host", ""):
        found.setdefault("target_session_attrs", "read-write")
    if is_pooled(url):
        return {**_DEFAULTS, **found}
    return {**_DEFAULTS, **found, "options": f"{found.get('options', '')} {_OURS}".strip()}


def is_pooled(url: str) -> bool:
    """Whether a URL leads to a pooler in transaction mode: `?pooler=transaction`. Each transaction may run on another
    connection to the server: there is no LISTEN, no lock of a session, and nothing stays prepared."""
    return ("pooler", "transaction") in parse_qsl(url.partition("?")[2])


def settings_by_statement() -> str:
    """What a connection by way of a pooler in transaction mode asks for, once, outside of a transaction."""
    return "; ".join(f"SET {name} = '{SETTINGS[name]}'" for name in _KEPT_BY_POOLERS)


def _check_ports(ports: Sequence[str], name: str) -> None:
    for port in filter(None, ports):
        if not (port.isdecimal() and 0 < int(port) < 65536):
            raise StartError(f"{name} has to have a number from 1 to 65535 as its port, as in host:5432")


def _as_libpq_reads(url: str, name: str) -> dict[str, str]:
    try:
        return {key: str(value) for key, value in conninfo_to_dict(url).items() if value is not None}
    except psycopg.Error:  # its message may quote the password
        raise StartError(f"{name} has to look like postgresql://user:password@host:5432/database") from None


def _hosts(written: Sequence[str]) -> dict[str, str]:
    """libpq's host and port of the hosts in a query, each "a:5432" or "a:5432,b"; the port only where one is named."""
    places = [_place(one) for hosts in written for one in hosts.split(",")]
    if not places:
        return {}
    hosts = {"host": ",".join(host for host, _ in places)}
    ports = {"port": ",".join(port or "5432" for _, port in places)}
    return hosts | (ports if any(port for _, port in places) else {})


def _place(written: str) -> tuple[str, str]:
    """('db.example.com', '5432') of `db.example.com:5432`; a socket's directory and an IPv6 address stay whole."""
    host, _, port = written.rpartition(":")
    if written.startswith("/") or not port.isdigit() or (":" in host and not host.endswith("]")):
        return written.strip("[]"), ""
    return host.strip("[]"), port


def conninfo(url: str, *, name: str = "DATABASE_URL") -> str:
    """`parameters` as one string, as psycopg takes it."""
    return make_conninfo(**parameters(url, name=name))


def sqlalchemy_url(url: str) -> URL:
    """`parameters` as a URL for SQLAlchemy's synchronous engine, which migrations use."""
    found = parameters(url)
    user, password, database = (found.pop(name, None) for name in ("user", "password", "dbname"))
    return URL.create("postgresql+psycopg", user, password, database=database, query=found)
