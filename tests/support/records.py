"""What stands in the database of a house, for tests that look, wait or interfere."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg

from tests.support.house import House

PATIENCE_SECONDS = 30.0
"""For what a slow machine does late; what is promised within a time says so where it is tested."""
WAITING_FOR_LOCKS = (
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
)
"""How many statements wait for a lock."""


class Records:
    """The tables of a house's bot, seen by their owner."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._decision_id: UUID | None = None

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    def sql(self, query: str, *arguments: object) -> list[tuple[Any, ...]]:
        # A lock that the bot holds would be waited for in the bot's own loop, for ever.
        in_time: dict[str, Any] = {"autocommit": True, "options": "-c lock_timeout=3s"}
        with psycopg.connect(self.house.database_url, **in_time) as connection:
            cursor = connection.execute(query, arguments or None)
            return cursor.fetchall() if cursor.description else []

    async def change(self, query: str, *arguments: object) -> None:
        """Change rows that the bot may be working on."""
        await asyncio.to_thread(self.sql, query, *arguments)

    def value(self, query: str, *arguments: object) -> Any:
        ((found,),) = self.sql(query, *arguments)
        return found

    @property
    def state(self) -> tuple[str, int]:
        ((status, phase),) = self.sql(
            "SELECT status, current_phase FROM customer_decisions WHERE id = %s", self.decision_id
        )
        return status, phase

    async def until(self, query: str, expected: Any, *arguments: object, timeout: float = PATIENCE_SECONDS) -> None:
        """Wait until the query's one value is `expected`."""
        end = time.monotonic() + timeout
        while (found := self.value(query, *arguments)) != expected:
            assert time.monotonic() < end, f"{query}: {found!r}, not {expected!r}"
            await asyncio.sleep(0.03)

    async def waiting_for_locks(self, number: int) -> None:
        """Wait until so many of the bot's statements wait for a lock."""
        await self.until(WAITING_FOR_LOCKS, number)

    async def settled(self) -> None:
        """Wait until nothing waits in the outbox."""
        await self.until("SELECT count(*) FROM outbox WHERE state = 'ready'", 0)

    @property
    def decision_id(self) -> UUID:
        """The decision at hand: the last that was opened."""
        found: UUID = self._decision_id or self.value("SELECT id FROM customer_decisions ORDER BY number DESC LIMIT 1")
        return found
