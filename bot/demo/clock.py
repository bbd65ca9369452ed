"""Owns the clock of a demo's or a test's database, which can be moved: no real installation has one.

Only the database's owner moves it. The service's login reads it, and the bot's process asks the database what time it
is, so that both always have the same.
"""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any, LiteralString, Self

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from bot.store.connection import conninfo


class _Line:
    """One connection to the database, made anew where the server was started again. Blocks."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection = self._opened()

    @property
    def database(self) -> str:
        return self._connection.info.dbname

    def _opened(self) -> "psycopg.Connection[Any]":
        return psycopg.connect(conninfo(self._url), autocommit=True)

    def execute(self, query: LiteralString | bytes | sql.Composed, arguments: Sequence[object] = ()) -> Any:
        """The first column of the first row, if there is one. Raises psycopg.OperationalError while it is away."""
        try:
            cursor = self._connection.execute(query, arguments or None)
        except psycopg.OperationalError:
            self._connection.close()
            self._connection = self._opened()
            cursor = self._connection.execute(query, arguments or None)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None

    def close(self) -> None:
        self._connection.close()


class StageClock:
    """The clock as the owner of the database has it in hand. Blocks, but for `move`."""

    def __init__(self, line: _Line) -> None:
        self._line = line

    @classmethod
    def put_up(cls, owner_url: str, service_url: str) -> Self:
        """Let now() be this clock's for all that the service's login does there, from its next connection on.

        Its migrations are done. A clock that is there already stays as it is, ahead by as much as before.
        """
        line = _Line(owner_url)
        line.execute(resources.files("bot.demo").joinpath("clock.sql").read_bytes())
        login = str(conninfo_to_dict(conninfo(service_url))["user"])
        command = sql.SQL("ALTER ROLE {} IN DATABASE {} SET search_path = stage, pg_catalog, public")
        line.execute(command.format(sql.Identifier(login), sql.Identifier(line.database)))
        return cls(line)

    @property
    def ahead(self) -> timedelta:
        """How far it is before the machine's time."""
        found: timedelta | None = self._line.execute("SELECT ahead FROM stage.clock")
        return found or timedelta(0)

    async def move(self, ahead: timedelta) -> None:
        """Be so far ahead of the machine's time."""
        await asyncio.to_thread(self._line.execute, "UPDATE stage.clock SET ahead = %s", [ahead])

    def stand_at(self, moment: datetime) -> None:
        """Stand still there, until told otherwise."""
        self._line.execute("UPDATE stage.clock SET stands_at = %s", [moment])

    def close(self) -> None:
        self._line.close()


class DatabaseClock:
    """The same clock for the bot's process: `now` asks the database each time, over a connection of its own."""

    def __init__(self, service_url: str) -> None:
        self._line = _Line(service_url)
        self._read = self._ask(), time.monotonic()

    def _ask(self) -> datetime:
        found: datetime = self._line.execute("SELECT now()")
        return found.astimezone(UTC)

    def now(self) -> datetime:
        """The time in UTC; while the database is away, as it went on since. Blocks for a fraction of a millisecond."""
        try:
            self._read = self._ask(), time.monotonic()
        except psycopg.OperationalError:
            at, then = self._read
            return at + timedelta(seconds=time.monotonic() - then)
        return self._read[0]

    def close(self) -> None:
        self._line.close()
