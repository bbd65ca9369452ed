"""Workers killed while they deliver: nothing is lost, what a crash doubles is counted, every lane keeps its order."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest

from bot.delivery.worker import LEASE_SECONDS
from tests.support.installation import HISTORY, Installation, a_workspace, crew, installed, posted, until
from tests.support.postgres import Postgres

LANES = 50
ANSWER_SECONDS = 0.3
"""How late Slack's answers come after the work: a kill then often falls in between."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Three runs with the scopes for history, one without; the short form has one, with them."""
    runs = [(0, True)] if metafunc.config.getoption("--short") else [(0, True), (1, True), (2, True), (3, False)]
    metafunc.parametrize(("run", "has_scope"), runs)


async def test_killing_workers(
    run: int, has_scope: bool, short: bool, a_server: Callable[..., Postgres], logs: Path, count: Callable[..., None]
) -> None:
    deliveries, kills = (120, 3) if short else (500, 10)
    server = a_server("primary").make()
    spec = a_workspace(people=1, channels=LANES, scopes=HISTORY if has_scope else ())
    dice = random.Random(run)
    async with crew(spec, server.url) as team, installed(spec, server.url, logs) as house:
        house.sandbox.fail("chat.postMessage", "slow_after", times=10**9, seconds=ANSWER_SECONDS)
        await house.start("worker", "worker")
        wave = deliveries // kills
        for n in range(kills):
            since = await asyncio.to_thread(server.value, "SELECT now()")
            opening = asyncio.gather(
                *(team.open(f"d{i}", channel_id=f"C{i % LANES:05d}") for i in range(n * wave, (n + 1) * wave))
            )
            await until(partial(_both_are_busy, server, since=since), "both workers hold a row", timeout=120)
            await asyncio.sleep(dice.random() * ANSWER_SECONDS)
            await house.kill_and_start(house.processes[0])
            await opening
        await until(lambda: _is_empty(server), "everything is delivered", timeout=240)
        lost, doubled, disordered = _compare(server, house)
        again = server.value("SELECT count(*) FROM outbox WHERE kind = 'card' AND attempts > 1")
    name = f"kill -9 of workers x {kills}, {deliveries} cards, {'' if has_scope else 'no '}history scope"
    count(name, "lost", lost)
    count(name, "doubled", doubled)
    count(name, "lanes out of order", disordered)
    count(name, "claimed more than once", again)
    assert again > 0, "no kill hit a delivery: this run has shown nothing"
    assert (lost, disordered) == (0, 0)
    assert doubled == 0 or not has_scope
    assert doubled <= again


async def _both_are_busy(server: Postgres, *, since: datetime) -> bool:
    """Two workers hold rows that they have claimed since then, when the one that was killed before was dead.

    Each counts its claims on from a random number of 62 bits, so all but the last bits say whose a claim is.
    """
    query = (
        "SELECT count(DISTINCT token >> 20) >= 2 FROM outbox WHERE state = 'ready' AND token IS NOT NULL "
        "AND run_at > %s + make_interval(secs => %s)"
    )
    return bool(await asyncio.to_thread(server.value, query, since, LEASE_SECONDS))


async def _is_empty(server: Postgres) -> bool:
    return bool(await asyncio.to_thread(server.value, "SELECT count(*) = 0 FROM outbox WHERE state = 'ready'"))


def _compare(server: Postgres, house: Installation) -> tuple[int, int, int]:
    """(lost, doubled, lanes out of order) by what stands in Slack."""
    seen = posted(house.sandbox)
    times = Counter(key for keys in seen.values() for key in keys)
    queued: dict[str, list[str]] = {}
    for lane, decision in server.sql("SELECT lane, payload->>'decision' FROM outbox WHERE kind = 'card' ORDER BY id"):
        queued.setdefault(lane.rpartition(":")[2], []).append(f"card:{decision}")
    lost = sum(not times[key] for keys in queued.values() for key in keys)
    disordered = sum(list(dict.fromkeys(seen[channel])) != keys for channel, keys in queued.items())
    return lost, sum(n - 1 for n in times.values()), disordered
