"""Processes whose wall clocks are wrong, beside a database whose clock is right."""

import asyncio
import textwrap
from collections.abc import Callable
from pathlib import Path

import aiohttp

from bot.demo.process import BotProcess
from tests.chaos.test_ticks import _ask_everybody
from tests.support.installation import a_workspace, crew, installed, until
from tests.support.postgres import Postgres

PEOPLE = 4
THREE_DAYS = 3 * 86400
"""Past the closing time of a round that is open for two."""
WRONG = """
    import os, time
    import datetime as module
    ahead, right = float(os.environ["CLOCK_AHEAD"]), module.datetime
    time.time = lambda now=time.time: now() + ahead

    class Moved(right):
        @classmethod
        def now(cls, tz=None):
            return right.now(tz) + module.timedelta(seconds=ahead)

        @classmethod
        def utcnow(cls):
            return right.now(module.timezone.utc).replace(tzinfo=None) + module.timedelta(seconds=ahead)

    module.datetime = Moved
"""
"""What Python runs first in a process: all that it knows of the wall clock is wrong from there on."""


def wrong_clock(place: Path, ahead: int) -> dict[str, str]:
    """Variables of a process whose wall clock is so many seconds ahead."""
    (place / "sitecustomize.py").write_text(textwrap.dedent(WRONG))
    return {"PYTHONPATH": str(place), "CLOCK_AHEAD": str(ahead)}


async def test_a_worker_ahead_of_a_closing_time_loses_no_nudge_of_a_round_that_is_open(
    place: Path, a_server: Callable[..., Postgres], logs: Path, count: Callable[..., None]
) -> None:
    server = a_server("primary").make()
    spec = a_workspace(people=PEOPLE, channels=1)
    async with crew(spec, server.url) as team, installed(spec, server.url, logs) as house:
        await _ask_everybody(team, 0, server)
        house.more |= {**wrong_clock(place, THREE_DAYS), "CONCLAVE_TICK_SECONDS": "1"}
        server.sql("UPDATE customer_decisions SET planned_revision = NULL")
        await house.start("worker")
        await until(lambda: _is_planned(server), "it has planned, and said what is to be said at once", timeout=30)
        planned = server.value("SELECT count(*) FROM reminders WHERE kind = 'score' AND next_at IS NOT NULL")
        newest = server.value("SELECT max(id) FROM outbox")  # whoever is asked has been told so at once
        server.sql("UPDATE reminders SET next_at = now() - interval '1 minute' WHERE kind = 'score'")
        await until(lambda: _are_told(server, newest), "everybody is told", timeout=60)
        is_open = server.value("SELECT closed_at IS NULL FROM rounds")
    name = "worker whose clock is three days ahead, 4 nudges of an open round"
    count(name, "nudges kept", planned)
    count(name, "round still open", is_open)
    assert (planned, is_open) == (PEOPLE, True)


async def test_a_web_process_ten_minutes_off_says_that_it_is_not_ready(
    place: Path, a_server: Callable[..., Postgres], logs: Path, count: Callable[..., None]
) -> None:
    server = a_server("primary").make()
    spec = a_workspace(people=1, channels=1)
    async with crew(spec, server.url), installed(spec, server.url, logs) as house:
        await house.start("worker")
        house.more |= wrong_clock(place, 600)
        web = house._process("web")
        house.processes.append(web)
        await web._launch()
        await until(lambda: _answers(web), "it answers", timeout=30)
        async with aiohttp.ClientSession() as session, session.get(f"{web.url}/readyz") as answer:
            told = await answer.json()
            status = answer.status
    count("web process 10 minutes off", "/readyz", status)
    assert status == 503
    assert {name for name, holds in told.items() if holds is False} == {"clock"}
    assert 590 < told["clock_ahead_seconds"]["slack"] < 610


async def _is_planned(server: Postgres) -> bool:
    query = (
        "SELECT planned_revision IS NOT DISTINCT FROM revision "
        "AND NOT EXISTS (SELECT FROM outbox WHERE state = 'ready') FROM customer_decisions"
    )
    return bool(await asyncio.to_thread(server.value, query))


async def _are_told(server: Postgres, newest: int) -> bool:
    query = "SELECT count(DISTINCT lane) = %s FROM outbox WHERE kind = 'nudge' AND state = 'done' AND id > %s"
    return bool(await asyncio.to_thread(server.value, query, PEOPLE, newest))


async def _answers(process: BotProcess) -> bool:
    """The page answers, and Slack has: until then it knows nothing of Slack's clock."""
    try:
        async with aiohttp.ClientSession() as session, session.get(f"{process.url}/readyz") as answer:
            return (await answer.json()).get("slack") is True
    except aiohttp.ClientError:
        return False
