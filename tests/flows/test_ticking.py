"""The clock of a process: what happens to its ticks, and to nudges, when the wall clock is set back by an hour."""

import asyncio
import time
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from typing import Any

import apscheduler.schedulers.base
import apscheduler.triggers.interval
import pytest

from bot import jobs
from tests.support.hours import ALWAYS
from tests.support.team import Team

HOUR = timedelta(hours=1)
TICK_SECONDS = 0.3


class Wall:
    """The wall clock, for the scheduler and for the bot; the monotonic one goes on as it does in life."""

    ahead = timedelta(0)

    @property
    def now(self) -> datetime:
        return datetime.now().astimezone() + self.ahead


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    wall = Wall()

    class OnTheWall(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return wall.now.astimezone(tz)

    for module in (apscheduler.schedulers.base, apscheduler.triggers.interval, jobs):
        monkeypatch.setattr(module, "datetime", OnTheWall)
    return wall


class Counted(jobs.Ticking):
    """Ticks, and says how often."""

    def __init__(self, deps: Any, *, is_guarded: bool = True) -> None:
        super().__init__(deps)
        self.ticks = 0
        self.is_guarded = is_guarded

    async def _tick(self) -> None:
        self.ticks += 1
        await super()._tick()

    async def _watch(self) -> None:
        if self.is_guarded:
            await super()._watch()


def ticking(team: Team, wall: Wall, **how: bool) -> Counted:
    deps = team.house.bot.deps
    settings = deps.settings.model_copy(update={"tick_seconds": TICK_SECONDS})
    return Counted(replace(deps, settings=settings, clock=lambda: wall.now), **how)


async def ticks(one: Counted, number: int, *, within: float = 15.0) -> bool:
    """Whether it ticks so often from now on."""
    goal, end = one.ticks + number, time.monotonic() + within
    while one.ticks < goal:
        if time.monotonic() > end:
            return False
        await asyncio.sleep(0.02)
    return True


@pytest.mark.parametrize("jump", [-HOUR, HOUR])
async def test_ticks_go_on_when_the_wall_clock_jumps(team: Team, wall: Wall, jump: timedelta) -> None:
    one = ticking(team, wall).start()
    try:
        assert await ticks(one, 2)
        wall.ahead = jump
        assert await ticks(one, 4)
    finally:
        await one.stop()


async def test_without_the_guard_a_clock_set_back_would_silence_the_scheduler(team: Team, wall: Wall) -> None:
    one = ticking(team, wall, is_guarded=False).start()
    try:
        assert await ticks(one, 2)
        wall.ahead = -HOUR
        await ticks(one, 1, within=2 * TICK_SECONDS)  # the one that was under way
        assert not await ticks(one, 1, within=6 * TICK_SECONDS)
    finally:
        await one.stop()


async def test_a_clock_set_back_by_an_hour_loses_no_nudge_and_doubles_none(team: Team, wall: Wall) -> None:
    team.sql("UPDATE team_members SET notification_preferences = %s::jsonb", ALWAYS)
    await team.to_scoring("sarah", "lisa", "tom")
    await team.settled()
    # What was told at the start is another test's: here nudges are counted.
    await team.change("DELETE FROM outbox WHERE kind = 'nudge'")
    for channel in team.house.sandbox.town.workspace.channels.values():
        channel.messages.clear()
    one = ticking(team, wall).start()
    try:
        due(team, wall, timedelta(0))
        await told(team, times=1)
        due(team, wall, timedelta(minutes=1))  # by the clock that is about to be set back
        wall.ahead = -HOUR
        assert await ticks(one, 4)
        await told(team, times=1)
        wall.ahead = timedelta(minutes=2)  # that clock is there again, and past it
        await told(team, times=2)
        assert await ticks(one, 4)
        await told(team, times=2)
        due(team, wall, timedelta(0))
        wall.ahead = -HOUR
        due(team, wall, timedelta(0))  # a nudge of the hour that comes again
        await told(team, times=3)
    finally:
        await one.stop()


def due(team: Team, wall: Wall, after: timedelta) -> None:
    team.sql("UPDATE reminders SET next_at = %s WHERE kind = 'score' AND waiting_since IS NOT NULL", wall.now + after)


async def told(team: Team, *, times: int) -> None:
    """Each of the three has so many nudges once all is delivered, and no more."""
    await team.until(
        "SELECT coalesce(min(n), 0) FROM (SELECT count(*) AS n FROM outbox WHERE kind = 'nudge' AND state = 'done' "
        "GROUP BY payload->>'member') AS of_members",
        times,
    )
    await team.settled()
    for name in ("sarah", "lisa", "tom"):
        found = [m for m in await team.house.person(name).messages("dm") if "Score #1" in m.rendered]
        assert len(found) == times, name
