"""A bot killed between the start of a workflow's step and its answer: the decision is there once, and so is that."""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bot.services import decision as decisions
from tests.support.installation import Installation, a_workspace, crew, installed, until
from tests.support.postgres import Postgres

ANSWER_SECONDS = 0.5
"""How late Slack's answers come after the work: the kill falls in between."""
GIVEN = {"title": "Refund", "customer": "Northwind", "type": "Refund request", "owner": "U00000"}


async def test_a_step_whose_bot_is_killed_twice_is_completed_once(
    a_server: Callable[..., Postgres], logs: Path, count: Callable[..., None]
) -> None:
    server = a_server("primary").make()
    spec = a_workspace(people=2, channels=2)
    async with crew(spec, server.url) as team, installed(spec, server.url, logs) as house:
        await house.start("run")
        run_id = await house.sandbox.person("p1").run_step("Decide about a customer", GIVEN)
        await until(partial(_is, server, "SELECT count(*) = 1 FROM customer_decisions"), "it is open", timeout=60)
        await house.kill_and_start(house.processes[0])

        house.sandbox.fail("functions.completeError", "slow_after", times=10, seconds=ANSWER_SECONDS)
        decision_id = await asyncio.to_thread(server.value, "SELECT id FROM customer_decisions")
        await decisions.cancel(team.db, team.by(0), decision_id, reason="Over.")
        await until(partial(_was_called, house), "Slack was told", timeout=60)
        await house.kill_and_start(house.processes[0])
        done = "SELECT count(*) = 1 FROM outbox WHERE kind = 'workflow.end' AND state = 'done'"
        await until(partial(_is, server, done), "it is delivered", timeout=120)

        run = house.sandbox.town.workspace.runs[run_id]
        calls = house.sandbox.calls("functions.completeError")
        opened = server.value("SELECT count(*) FROM customer_decisions")
    good = sum(bool(call.answer and call.answer["ok"]) for call in calls)
    count("kill -9 around a workflow's step", "decisions", opened)
    count("kill -9 around a workflow's step", "answers that Slack took", good)
    assert (run.state, run.error) == ("failed", "#1 was cancelled: Over.")
    assert (opened, good) == (1, 1)
    assert len(calls) > 1, "the kill hit nothing: this run has shown nothing"


async def _is(server: Postgres, query: str) -> bool:
    return bool(await asyncio.to_thread(server.value, query))


async def _was_called(house: Installation) -> bool:
    return bool(house.sandbox.calls("functions.completeError"))
