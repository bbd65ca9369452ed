"""What happens by the clock, in every replica: APScheduler only ticks, the database decides what is due."""

from datetime import UTC

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.deps import Deps
from bot.errors import TryAgain
from bot.services import housekeeping

log = structlog.get_logger(__name__)
_HOUR_SECONDS = 3600


def scheduler(deps: Deps) -> AsyncIOScheduler:
    """A scheduler that has not started yet. UTC and intervals only: a local cron fires twice in the autumn night.

    Job stores must not be shared between schedulers, so the jobs live in memory and every replica has its own.
    """
    ticking = AsyncIOScheduler(timezone=UTC)
    ticking.add_job(
        purge,
        "interval",
        args=[deps],
        seconds=_HOUR_SECONDS,
        jitter=300,
        id="housekeeping",
        max_instances=1,
        coalesce=True,
        misfire_grace_time=None,
    )
    return ticking


async def purge(deps: Deps) -> None:
    """The hourly tick; the next one repeats what this one could not do."""
    try:
        rows = await housekeeping.purge(deps.db)
    except TryAgain:
        log.warning("housekeeping waits for the database")
    else:
        log.info("housekeeping", rows=rows)
