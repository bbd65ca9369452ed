"""A few connections past SQLAlchemy, each in autocommit: whoever waits longest for one is next."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import LiteralString, Self

import orjson
import psycopg
from psycopg.types.json import set_json_loads
from sqlalchemy import ClauseElement
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import DBAPIError

from bot.store.connection import Connection

READ_ONLY = "25006"
"""The SQLSTATE of a write to a server that takes none: after a failover the old primary is a standby."""


@dataclass(frozen=True)
class Prepared:
    """A statement that was built with SQLAlchemy, as psycopg takes it."""

    words: LiteralString
    constants: Mapping[str, object]
    """What it was built with, by name; the others are given at each use."""

    @classmethod
    def of(cls, statement: ClauseElement) -> Self:
        built = statement.compile(dialect=PGDialect_psycopg())  # type: ignore[no-untyped-call]
        return cls(str(built), built.params)


class Direct:
    """Opened when they are needed, at most `size` at once, and kept."""

    def __init__(
        self, opening: Callable[[], Awaitable[Connection]], size: int, waited: Callable[[float], None] = lambda _: None
    ) -> None:
        """waited: told for how many seconds somebody stood in the line."""
        self._opening = opening
        self._waited = waited
        self._idle: list[Connection] = []
        self._line = asyncio.Semaphore(size)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection for one statement. An error of psycopg becomes SQLAlchemy's DBAPIError, which says no parameter.

        Where the server is lost, or takes no writes, every connection goes: the others would fail the same way.
        """
        came = time.monotonic()
        async with self._line:
            self._waited(time.monotonic() - came)
            connection = self._idle.pop() if self._idle else await self._opened()
            try:
                yield connection
            except psycopg.Error as error:
                is_lost = connection.closed or error.sqlstate == READ_ONLY
                if is_lost:
                    await self.close()
                raise as_sqlalchemy(error, is_lost=is_lost) from error
            finally:
                await self._put_back(connection)

    async def _opened(self) -> Connection:
        try:
            connection = await self._opening()
        except psycopg.Error as error:
            raise as_sqlalchemy(error, is_lost=True) from error
        set_json_loads(orjson.loads, connection)
        return connection

    async def _put_back(self, connection: Connection) -> None:
        """Only one that can be used at once: a statement may have been left in the middle."""
        if connection.pgconn.transaction_status == psycopg.pq.TransactionStatus.IDLE:
            self._idle.append(connection)
        else:
            await connection.close()

    async def close(self) -> None:
        """All that nobody uses now."""
        idle, self._idle = self._idle, []
        for connection in idle:
            await connection.close()


def as_sqlalchemy(error: psycopg.Error, *, is_lost: bool) -> DBAPIError:
    return DBAPIError(None, None, error, hide_parameters=True, connection_invalidated=is_lost)
