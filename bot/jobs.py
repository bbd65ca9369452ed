"""What happens by the clock, in every replica: APScheduler only ticks, the database decides what is due."""

import asyncio
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Self

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.deps import Deps
from bot.errors import TryAgain, told
from bot.services import erasure, housekeeping, sweep

log = structlog.get_logger(__name__)
_HOUR_SECONDS = 3600
SWEEP = "sweep"
_GUARD_SHARE = 0.25
_LATE_SHARE = 1.5


async def tick(deps: Deps) -> bool:
    """One sweep; the next one repeats what this one could not do. False: the database was away."""
    try:
        swept = await sweep.sweep(deps.patient_db, now=deps.now, rules=deps.rules)
    except TryAgain:
        log.warning("the sweep waits for the database")
        return False
    if swept.closed or swept.overdue or swept.due:
        log.info("swept", closed=swept.closed, overdue=swept.overdue, planned=swept.planned, due=swept.due)
    return True


async def purge(deps: Deps) -> None:
    """The hourly tick; the next one repeats what this one could not do."""
    try:
        rows = await housekeeping.purge(deps.patient_db)
        given_up = await housekeeping.give_up_rounds(deps.patient_db, now=deps.now)
        erased = await erasure.retain(deps.patient_db, deps.rules.plans, now=deps.now)
        after = deps.settings.erase_after_uninstall
        gone = await erasure.erase_gone(deps.patient_db, after=after) if after else 0
    except TryAgain:
        log.warning("housekeeping waits for the database")
    except Exception as error:
        log.error("housekeeping failed", **told(error))
    else:
        log.info("housekeeping", rows=rows, given_up=given_up, erased=erased, gone=gone)


class Ticking:
    """The clock of one process: a scheduler, and a guard that a wall clock set back cannot put to sleep."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._seconds = deps.settings.tick_seconds
        self._last_tick = time.monotonic()
        self._scheduler = self._scheduled()
        self._guard: asyncio.Task[None] | None = None

    def _scheduled(self) -> AsyncIOScheduler:
        # UTC and intervals only: a local cron fires twice in the autumn night. The jobs live in memory, because
        # job stores must not be shared between schedulers.
        scheduler = AsyncIOScheduler(timezone=UTC)
        usual = {"max_instances": 1, "coalesce": True, "misfire_grace_time": None}
        scheduler.add_job(
            self._tick,
            "interval",
            seconds=self._seconds,
            jitter=self._seconds / 6,
            id=SWEEP,
            next_run_time=datetime.now(UTC),  # whatever fell due while nobody ticked
            **usual,
        )
        scheduler.add_job(
            purge, "interval", args=[self._deps], seconds=_HOUR_SECONDS, jitter=300, id="housekeeping", **usual
        )
        return scheduler

    async def _tick(self) -> None:
        self._last_tick = time.monotonic()
        try:
            await tick(self._deps)
        except Exception as error:  # the clock must go on
            log.error("the sweep failed", **told(error))

    @property
    def guard(self) -> "asyncio.Task[None]":
        """The task that keeps it going; there is none before `start`."""
        if self._guard is None:
            raise RuntimeError("The clock has not been started.")
        return self._guard

    @property
    def age_seconds(self) -> float:
        """How long ago this process ticked last, by a clock that nobody sets."""
        return time.monotonic() - self._last_tick

    def start(self) -> Self:
        self._scheduler.start()
        self._guard = asyncio.create_task(self._watch())
        return self

    async def stop(self) -> None:
        if self._guard is not None:
            self._guard.cancel()
            with suppress(asyncio.CancelledError):
                await self._guard
        self._scheduler.shutdown(wait=False)

    async def _watch(self) -> None:
        """APScheduler sleeps until a time of day: after a jump back it would sleep through the jump."""
        while True:
            await asyncio.sleep(self._seconds * _GUARD_SHARE)
            if self.age_seconds > self._seconds * _LATE_SHARE:
                await self._set_anew()

    async def _set_anew(self) -> None:
        log.warning("the scheduler is late; set anew", seconds=round(self.age_seconds))
        try:
            self._scheduler.reschedule_job(SWEEP, trigger="interval", seconds=self._seconds)
        except Exception as error:  # then this guard ticks in its place
            log.error("the scheduler cannot be set anew", **told(error))
        await self._tick()
