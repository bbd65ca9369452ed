"""Replicas that tick every second and are killed: everybody who is due is told, and told once."""

import asyncio
import dataclasses
import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from bot.domain.option import OptionDraft
from bot.services import criterion as criteria
from bot.services import option as options
from bot.services import reminder as reminders
from bot.services import round as rounds
from tests.support.installation import CASE, CRITERIA, HISTORY, Crew, a_workspace, crew, installed, posted, until
from tests.support.postgres import Postgres

REPLICAS = 4
ROSTER = 60
"""People in one team, all of whom are asked to score its one decision."""
URGENT = dataclasses.replace(CASE, urgency_level=5)
"""Told at any hour of the day."""


async def test_killing_replicas_that_tick(
    short: bool, a_server: Callable[..., Postgres], logs: Path, count: Callable[..., None]
) -> None:
    groups, kills = (2, 3) if short else (20, 10)
    server = a_server("primary").make()
    spec = a_workspace(people=groups * ROSTER, channels=1, scopes=HISTORY)
    dice = random.Random(7)
    async with crew(spec, server.url, groups=groups) as team, installed(spec, server.url, logs) as house:
        for group in range(groups):
            await _ask_everybody(team, group, server)
        server.sql("UPDATE outbox SET state = 'done', done_at = now()")
        server.sql("UPDATE reminders SET next_at = now() - interval '1 minute' WHERE kind = 'score'")
        due = server.value("SELECT count(*) FROM reminders WHERE next_at < now()")
        house.more["CONCLAVE_TICK_SECONDS"] = "1"
        house.sandbox.fail("chat.postMessage", "slow_after", times=10**9, seconds=0.1)
        starting = asyncio.create_task(house.start(*["worker"] * REPLICAS))
        await until(lambda: _has_begun(server), "somebody ticks", timeout=60)
        await starting
        for _ in range(kills):
            await house.kill_and_start(house.processes[0])
            await asyncio.sleep(0.2 + dice.random())
        await until(lambda: _is_quiet(server), "everybody is told", timeout=300)
        handed_out = server.value("SELECT count(*) FROM outbox WHERE kind = 'nudge'")
        distinct = server.value(
            "SELECT count(DISTINCT (payload->>'decision', payload->>'member', payload->>'kind')) "
            "FROM outbox WHERE kind = 'nudge'"
        )
        again = server.value("SELECT count(*) FROM outbox WHERE kind = 'nudge' AND attempts > 1")
        told = Counter(k for keys in posted(house.sandbox).values() for k in keys if k.startswith("nudge:"))
    name = f"{REPLICAS} replicas ticking every second, kill -9 x {kills}, {due} nudges due"
    count(name, "distinct nudges handed out", distinct)
    count(name, "handed out twice", handed_out - distinct)
    count(name, "people told", len(told))
    count(name, "messages doubled", sum(told.values()) - len(told))
    count(name, "claimed more than once", again)
    assert due == groups * ROSTER
    assert (handed_out, distinct) == (due, due)
    assert (len(told), sum(told.values())) == (due, due)
    assert again > 0, "no kill hit a delivery: this run has shown nothing"


async def _ask_everybody(team: Crew, group: int, server: Postgres) -> None:
    """One urgent decision of the group that all of it is asked to score, its reminders planned."""
    decision_id = await team.open(f"g{group}", channel_id="C00000", group=group, case=URGENT)
    await criteria.submit(team.db, team.by(group), decision_id, drafts=CRITERIA)
    for title in ("Full refund", "Partial credit"):
        draft = OptionDraft(title, "What we would do.", Decimal(0))
        await options.propose(team.db, team.by(group), decision_id, drafts=[draft])
    who = team.by(group)
    people = [row[0] for row in server.sql("SELECT id FROM team_members WHERE team_id = %s", who.team.id)]
    closes_at = who.now + timedelta(days=2)
    await rounds.start(team.db, who, decision_id, member_ids=people, closes_at=closes_at, is_two_confirmed=True)
    await reminders.plan(team.db, decision_id=decision_id, now=who.now, rules=who.rules)


async def _has_begun(server: Postgres) -> bool:
    query = "SELECT count(*) > 0 FROM outbox WHERE kind = 'nudge' AND state = 'done'"
    return bool(await asyncio.to_thread(server.value, query))


async def _is_quiet(server: Postgres) -> bool:
    query = (
        "SELECT (SELECT count(*) FROM outbox WHERE state = 'ready') + "
        "(SELECT count(*) FROM reminders WHERE next_at < now()) = 0"
    )
    return bool(await asyncio.to_thread(server.value, query))
