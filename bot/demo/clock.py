"""Owns the clock of a demo's or a test's database, which can be moved: no real installation has one.

Only the database's owner moves it. The service's login reads it, and the bot's process asks the database what time it
is, so that both always have the same.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Self

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from bot.store.connection import conninfo


class StageClock:
    """The clock as the owner of the database has it in hand. Blocks, but for `move`."""

    def __init__(self, connection: "psycopg.Connection[tuple[timedelta]]") -> None:
        self._connection = connection

    @classmethod
    def put_up(cls, owner_url: str, service_url: str) -> Self:
        """Let now() be this clock's for all that the service's login does there, from its next connection on.

        Its migrations are done. A clock that is there already stays as it is, ahead by as much as before.
        """
        connection = psycopg.connect(conninfo(owner_url), autocommit=True)
        connection.execute(resources.files("bot.demo").joinpath("clock.sql").read_bytes())
        login = str(conninfo_to_dict(conninfo(service_url))["user"])
        command = sql.SQL("ALTER ROLE {} IN DATABASE {} SET search_path = stage, pg_catalog, public")
        connection.execute(command.format(sql.Identifier(login), sql.Identifier(connection.info.dbname)))
        return cls(connection)

    @property
    def ahead(self) -> timedelta:
        """How far it is before the machine's time."""
        row = self._connection.execute("SELECT ahead FROM stage.clock").fetchone()
        return row[0] if row else timedelta(0)

    async def move(self, ahead: timedelta) -> None:
        """Be so far ahead of the machine's time."""
        await asyncio.to_thread(self._connection.execute, "UPDATE stage.clock SET ahead = %s", [ahead])

    def stand_at(self, moment: datetime) -> None:
        """Stand still there, until told otherwise."""
        self._connection.execute("UPDATE stage.clock SET stands_at = %s", [moment])

    def close(self) -> None:
        self._connection.close()


class DatabaseClock:
    """The same clock for the bot's process: `now` asks the database each time, over a connection of its own."""

    def __init__(self, service_url: str) -> None:
        self._connection: psycopg.Connection[tuple[datetime]] = psycopg.connect(conninfo(service_url), autocommit=True)

    def now(self) -> datetime:
        """The time in UTC. Blocks for a fraction of a millisecond."""
        row = self._connection.execute("SELECT now()").fetchone()
        assert row is not None  # a SELECT without FROM has one row
        return row[0].astimezone(UTC)

    def close(self) -> None:
        self._connection.close()
