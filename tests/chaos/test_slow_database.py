"""A database that is far away: 5 ms more for every round trip, and a person for whom a hundred things wait."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.support.hours import ALWAYS
from tests.support.installation import CASE, a_workspace, crew, installed, until
from tests.support.postgres import Postgres
from tests.support.wire import wired

WAITS = 100
URGENT = replace(CASE, urgency_level=5)


async def test_a_hundred_things_are_told_in_one_message_from_far_away(
    short: bool, a_server: Callable[..., Postgres], logs: Path, count: Callable[..., None]
) -> None:
    waits = 30 if short else WAITS
    server = a_server("primary").make()
    spec = a_workspace(people=1, channels=1)
    async with crew(spec, server.url) as team, wired(server.port) as wire:
        wire.delay_seconds = 0.0025
        far = server.url.replace(str(server.port), str(wire.port))
        async with installed(spec, far, logs) as house:
            for n in range(waits):
                await team.open(f"d{n}", channel_id="C00000", case=URGENT)
            server.sql(f"UPDATE team_members SET notification_preferences = '{ALWAYS}'")
            # Longer than a tick takes: where it takes longer, the clock is set anew, and two of them go on at once.
            house.more["CONCLAVE_TICK_SECONDS"] = "10"
            await house.start("worker")
            await until(lambda: _is(server, PLANNED, waits), "everything is planned", timeout=120)
            await until(lambda: _is(server, ON_THE_WAY, 0), "nothing is planned once more", timeout=120)
            # The tick that began before may still plan one of them; the next ones find nothing to plan.
            await _swept(server)
            # In a thread: it may wait for a lock of the worker, whose every word goes through the wire of this loop.
            await asyncio.to_thread(server.sql, DUE)
            took = await until(lambda: _is(server, TOLD, waits), "it is told", timeout=60)
            await until(lambda: _is(server, PLANNED, waits), "the next nudges are planned", timeout=120)
            messages = [m.rendered for m in await house.sandbox.person("p0").messages("dm")]
        attempts = server.value("SELECT max(attempts) FROM outbox WHERE kind = 'nudge'")
    name = f"{waits} waits of one person, 5 ms more a round trip"
    count(name, "messages", len(messages))
    count(name, "attempts of the slowest", attempts)
    count(name, "seconds from due to told", took)
    assert len(messages) == 1
    assert f"{waits} things wait for you" in messages[0]
    assert f"and {waits - 10} more" in messages[0]
    assert attempts == 1


PLANNED = (
    "SELECT count(*) FROM customer_decisions WHERE planned_revision = revision "
    "AND EXISTS (SELECT FROM reminders r WHERE r.decision_id = customer_decisions.id AND r.next_at IS NOT NULL)"
)
DUE = "UPDATE reminders SET next_at = now() - interval '1 minute' WHERE waiting_since IS NOT NULL"
ON_THE_WAY = "SELECT count(*) FROM outbox WHERE state = 'ready'"
SWEPT = "SELECT coalesce(max(last_ok), '-infinity')::text FROM sweep_runs"
TOLD = "SELECT count(*) FROM outbox WHERE kind = 'nudge' AND state = 'done'"


async def _swept(server: Postgres) -> None:
    """Wait for the end of a tick."""
    before = await asyncio.to_thread(server.value, SWEPT)
    since = f"SELECT max(last_ok) > '{before}' FROM sweep_runs"
    await until(lambda: _is(server, since, True), "the clock looks", timeout=60)


async def _is(server: Postgres, query: str, expected: int) -> bool:
    return bool(await asyncio.to_thread(server.value, query) == expected)
