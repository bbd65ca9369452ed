"""Keeps the vectors of cases up to date, beside the deliveries: only where the optional model is installed."""

import asyncio
import time

import structlog

from bot.deps import Deps
from bot.errors import TryAgain, told
from bot.semantic.embedder import Embedder
from bot.services import meaning

log = structlog.get_logger(__name__)
POLL_SECONDS = 2.0
"""Between two looks for cases without a vector; a look reads an index."""
SLOWEST_SECONDS = 60.0
"""After a failure: without vectors everything goes on by words."""


class Embedding:
    """The one loop of a process."""

    def __init__(self, deps: Deps, embedder: Embedder) -> None:
        self._deps = deps
        self._embedder = embedder
        self._looked_at = time.monotonic()

    @property
    def age_seconds(self) -> float:
        """Since it looked last, successfully or not."""
        return time.monotonic() - self._looked_at

    async def keep_up(self) -> None:
        """Go on for ever. A failure is logged and tried again later."""
        while True:
            await asyncio.sleep(await self._once())
            self._looked_at = time.monotonic()

    async def _once(self) -> float:
        """Seconds until the next look."""
        try:
            embedded = await meaning.embed_some(self._deps.patient_db, self._embedder)
        except TryAgain:
            log.warning("embedding waits for the database")
            return POLL_SECONDS
        except Exception as error:
            log.error("cases cannot be embedded", **told(error))
            return SLOWEST_SECONDS
        return 0.0 if embedded else POLL_SECONDS
