"""The time that decides is the database's; between two looks at it this machine's monotonic clock tells how it goes on.

So every process means the same moment by "now", and by the same moment the database's own functions open and close
rounds, whatever the wall clocks of the machines say (docs/decisions/0016). Knows nothing of what it is used for.
"""

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.errors import TryAgain, told
from bot.store import db
from bot.store.db import Db

log = structlog.get_logger(__name__)

LOOK_SECONDS = 10.0
"""A clock that somebody moves is followed within this time; so is a machine that was asleep."""
OLD_SECONDS = 600.0
"""Nobody's monotonic clock drifts by a second in this time."""


@dataclass(frozen=True)
class Reading:
    """A clock elsewhere, as it stood at a moment of this process's monotonic clock."""

    at: datetime
    since: float

    @property
    def now(self) -> datetime:
        return self.at + timedelta(seconds=self.age_seconds)

    @property
    def age_seconds(self) -> float:
        return time.monotonic() - self.since

    @property
    def wall_ahead_seconds(self) -> float:
        """How far the wall clock of this machine is ahead of it; negative: behind."""
        return time.time() - self.now.timestamp()


class DatabaseClock:
    """Called, it tells the database's time in UTC. `look` comes first."""

    def __init__(self, database: Db) -> None:
        self._db = database
        self._reading: Reading | None = None

    def __call__(self) -> datetime:
        return self.reading.now

    @property
    def reading(self) -> Reading:
        """The latest. Raises RuntimeError before the first."""
        if self._reading is None:
            raise RuntimeError("The database's clock has not been read yet.")
        return self._reading

    @property
    def age_seconds(self) -> float:
        return self.reading.age_seconds

    async def look(self) -> None:
        """Read it: right to half of the quickest of three round trips. Raises TryAgain."""
        at, since = await db.read_clock(self._db)
        self._reading = Reading(at, since)

    async def follow(self) -> None:
        """Look again and again. What cannot be read goes on as it did."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except TryAgain:
                log.warning("the clock waits for the database")
            except Exception as error:
                log.error("the database's clock cannot be read", **told(error))
