"""Workers killed while they tell a team's program, which fails three times in ten: all arrives, and in order."""

import asyncio
import json
import random
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest

from bot import keyring
from bot.domain.webhook import Draft, Event
from bot.services import webhook as webhooks
from bot.store import audit
from bot.store.db import run_tx
from sandbox.receiver import OK, SPOILED, Hook
from tests.support.installation import Crew, a_workspace, crew, installed, until
from tests.support.postgres import Postgres

LANES = 50
FAILS = 0.3
TEN_WAYS = ("401", "404", "429", "500", "503", "redirect", "drop", "garbage", *SPOILED)
LINES = ("round.opened", "round.closed", "round.published", "outcome.recorded")


@pytest.mark.timeout(1200)
async def test_events_arrive_at_least_once_and_in_order_while_workers_are_killed(
    short: bool, a_server: Callable[..., Postgres], logs: Path, count: Callable[..., None]
) -> None:
    events, kills = (200, 3) if short else (2000, 10)
    server = a_server("primary").make()
    spec = a_workspace(people=1, channels=1)
    keys, dice = keyring.new_key(), random.Random(7)
    more = {"CONCLAVE_TOKEN_KEYS": keys, "CONCLAVE_WEBHOOK_ALLOW": "127.0.0.1"}
    async with crew(spec, server.url) as team, installed(spec, server.url, logs, more=more) as house:
        house.command = (sys.executable, "-m", "tests.support.impatient")
        hook = house.sandbox.hooks["one"]
        hook.retry_after = "0"
        hook.ways.extend(dice.choice(TEN_WAYS) if dice.random() < FAILS else OK for _ in range(4 * events))
        draft = Draft("Helpdesk", f"{house.sandbox.url}/hooks/one?key=Zqquery", tuple(Event))
        hook.secret = (await webhooks.add(team.db, team.by(0), draft, keyring=keyring.parse(keys))).secret
        ids = [await team.open(f"d{n}", channel_id="C00000") for n in range(LANES)]
        for _ in range(2):
            await house.start("worker")
        telling = asyncio.create_task(_tell(team, ids, events - LANES))
        for n in range(kills):
            enough = (n + 1) * events // (kills + 1)
            await until(lambda enough=enough: _has(hook, enough), "some have come", timeout=240)  # type: ignore[misc]
            await house.kill_and_start(house.processes[0])
        await telling
        await until(lambda: _is_empty(server), "everything is delivered", timeout=240)
    queued: dict[str, list[str]] = {}
    for id_, decision in server.sql("SELECT id, payload->>'decision' FROM outbox WHERE kind = 'webhook' ORDER BY id"):
        queued.setdefault(decision, []).append(f"msg_{id_}")
    came = _by_decision(hook)
    lost = sum(message not in came.get(decision, []) for decision, ids_ in queued.items() for message in ids_)
    again = sum(len(found) - len(set(found)) for found in came.values())
    disordered = sum(not _is_in_order(found) for found in came.values())
    name = f"kill -9 of workers x {kills}, {events} webhooks, {FAILS:.0%} fail"
    count(name, "requests", len(hook.received))
    count(name, "lost", lost)
    count(name, "taken more than once", again)
    count(name, "decisions out of order", disordered)
    assert sum(map(len, queued.values())) == events
    assert {one.way for one in hook.received} == {OK, *TEN_WAYS}
    assert all(one.is_genuine for one in hook.received)
    assert (lost, disordered) == (0, 0)
    assert house.logged("webhook 503") > 0
    assert [house.logged(word) for word in (hook.secret.removeprefix("whsec_"), "/hooks/", "Zqquery")] == [0, 0, 0]


async def _tell(team: Crew, ids: list[UUID], number: int) -> None:
    """So many lines of the trail, each as a use case writes it."""
    for n in range(number):
        line, decision_id = LINES[n // LANES % len(LINES)], ids[n % LANES]
        await run_tx(team.db, lambda c, a=line, d=decision_id: audit.write(c, a, decision_id=d))  # type: ignore[misc]


async def _has(hook: Hook, number: int) -> bool:
    return len({one.id for one in hook.taken}) >= number


async def _is_empty(server: Postgres) -> bool:
    query = "SELECT count(*) = 0 FROM outbox WHERE kind = 'webhook' AND state = 'ready'"
    return bool(await asyncio.to_thread(server.value, query))


def _by_decision(hook: Hook) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in hook.taken:
        found.setdefault(json.loads(one.body)["data"]["id"], []).append(one.id)
    return found


def _is_in_order(messages: list[str]) -> bool:
    """Whether nothing came after what is to follow it; the same one may come twice."""
    numbers = [int(message.removeprefix("msg_")) for message in messages]
    return all(one <= other for one, other in pairwise(numbers))
