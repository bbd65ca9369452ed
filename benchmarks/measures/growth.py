"""What must not grow with the team or with the years: P9 publishing, P11 a result, P13 a tick, P14 the method."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from statistics import median

import psycopg

from benchmarks import publishing, stability, sweep
from benchmarks.bench import Bench
from benchmarks.report import Found, ratios
from bot.store.db import Db

KEYS = ("P9", "P9g", "P11", "P13", "P14")
SMALL = 10_000
"""Rows, and decisions, of the small database."""


async def measure(bench: Bench) -> list[Found]:
    found: list[Found] = []
    if bench.wants("P9", "P9g"):
        found += await _publishing(bench)
    if bench.wants("P11"):
        found.append(await _result(bench))
    if bench.wants("P13"):
        found.append(await _tick(bench))
    if bench.wants("P14"):
        bench.step("P14 the share of the leader")
        found.append(Found("P14", ratios(*stability.beside_first_edition(bench.effort.rounds))))
    return [one for one in found if one.key in bench.wanted]


async def _publishing(bench: Bench) -> list[Found]:
    bench.step("P9 publishing by statistics of yesterday")
    url = bench.ground.new_database("publishing")
    sizes = (publishing.USUAL, publishing.HALF)
    usual, half = await publishing.seconds_by_old_statistics(url, sizes=sizes, runs=bench.effort.rounds)
    return [Found("P9", tuple(usual)), Found("P9g", ratios(usual, half))]


async def _result(bench: Bench) -> Found:
    """A decision of 100 scores, from closed round to stored result, beside so many scores of others."""
    bench.step(f"P11 a result among {bench.effort.big:,} scores")
    seconds: list[list[float]] = []
    async with AsyncExitStack() as stack:
        places = []
        for rows in (SMALL, bench.effort.big):
            url = bench.ground.new_database(f"results_{rows}")
            db, connection = publishing.patient(url), stack.enter_context(psycopg.connect(url, autocommit=True))
            stack.push_async_callback(db.close)
            publishing.make_team(connection, people=publishing.SMALL.people)
            publishing.fill(connection, rows=rows)
            places.append((connection, db))
            seconds.append([])
        for _ in bench.rounds("P11 a result"):
            for taken, (connection, db) in zip(seconds, places, strict=True):
                taken.append(await _publish_some(connection, db))
    bench.notes.append(f"P11: {_told(seconds)}")
    return Found("P11", ratios(seconds[1], seconds[0]))


async def _publish_some(connection: publishing.Connection, db: Db) -> float:
    taken = []
    for _ in range(5):
        _, round_id = publishing.closed_round(connection, publishing.SMALL, is_known=False)
        taken.append(await publishing.seconds_of_publishing(db, round_id))
    return median(taken)


async def _tick(bench: Bench) -> Found:
    """The quiet tick or the busy one, whichever grows more."""
    bench.step(f"P13 a database of {bench.effort.big:,} decisions is filled")
    places = await asyncio.to_thread(bench.enter, sweep.databases(SMALL, bench.effort.big, told=bench.step))
    async with AsyncExitStack() as stack:
        pair = [(url, await stack.enter_async_context(sweep.connected(url))) for url in places]
        found = []
        for is_busy in (False, True):
            bench.step(f"P13 {'busy' if is_busy else 'quiet'} ticks")
            seconds = await sweep.in_turn(*pair, is_busy=is_busy, runs=max(3, bench.effort.rounds))
            bench.notes.append(f"P13, {'busy' if is_busy else 'quiet'}: {_told(seconds)}")
            found.append(Found("P13", ratios(seconds[1], seconds[0])))
    return max(found, key=lambda one: median(one.rounds))


def _told(seconds: Sequence[Sequence[float]]) -> str:
    return " / ".join(f"{median(taken) * 1000:.1f} ms" for taken in reversed(seconds))
