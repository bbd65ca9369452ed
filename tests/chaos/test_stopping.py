"""SIGTERM under load: whoever was asked answers, whoever has claimed delivers, and the process ends by itself."""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.demo.process import BotProcess
from tests.support.installation import (
    Written,
    a_workspace,
    crew,
    installed,
    modal_of,
    posted,
    press_all,
    until,
    write_down,
)
from tests.support.postgres import Postgres

PEOPLE = 6
END_SECONDS = 20.0


async def end(process: BotProcess) -> tuple[int, float]:
    """(exit code, seconds) of a process that gets SIGTERM now."""
    began = time.monotonic()
    process._send(signal.SIGTERM)
    async with asyncio.timeout(END_SECONDS):
        return await process.ended(), time.monotonic() - began


@pytest.mark.parametrize("role", ["web", "run"])
async def test_requests_and_what_follows_them_are_finished(
    role: str, a_server: Callable[..., Postgres], logs: Path, count: Callable[..., None]
) -> None:
    """Submits in flight (a lock holds them for a second), and windows that are just opening in a slow Slack."""
    server = a_server("primary").make()
    spec = a_workspace(people=PEOPLE, channels=PEOPLE)
    async with crew(spec, server.url), installed(spec, server.url, logs) as house:
        (process,) = await house.start(role)
        people = [house.sandbox.person(f"p{n}") for n in range(PEOPLE)]
        submitting, opening = people[: PEOPLE // 2], people[PEOPLE // 2 :]
        assert all(await asyncio.gather(*(write_down(p, p.name) for p in submitting)))
        written = Written()
        house.sandbox.fail("views.update", "slow", times=len(opening), seconds=1.0)
        opened = await asyncio.gather(*(p.slash(f"/decide {p.name}") for p in opening))
        with_lock = asyncio.create_task(asyncio.to_thread(_hold, server, 1.0))
        await until(lambda: _is_held(server), "the lock is held", timeout=5)
        pressed = asyncio.create_task(press_all([(p, p.name) for p in submitting], written))
        await until(lambda: _waits(server), "the submits are in flight", timeout=5)
        code, seconds = await end(process)
        await asyncio.gather(pressed, with_lock)
        windows = [await modal_of(p, at_least="Decide by", timeout=1) for p in opening]
    name = f"SIGTERM of `conclave {role}`"
    count(name, "submits in flight, answered", len(written.acknowledged) + written.refused)
    count(name, "windows opening, finished", sum(w is not None for w in windows))
    count(name, "exit code", code)
    count(name, "seconds until the end", seconds)
    assert all(a.ok for a in opened)
    assert written.wrong == []
    assert len(written.acknowledged) == len(submitting)
    assert all(windows)
    assert code == 0


async def test_deliveries_that_were_claimed_are_finished(
    a_server: Callable[..., Postgres], logs: Path, count: Callable[..., None]
) -> None:
    server = a_server("primary").make()
    spec = a_workspace(people=1, channels=30, scopes=())
    async with crew(spec, server.url) as team, installed(spec, server.url, logs) as house:
        house.sandbox.fail("chat.postMessage", "slow_after", times=10**9, seconds=0.5)
        first, _ = await house.start("worker", "worker")
        await asyncio.gather(*(team.open(f"d{n}", channel_id=f"C{n:05d}") for n in range(30)))
        await until(lambda: _claims(server), "deliveries are claimed", timeout=10)
        code, seconds = await end(first)
        finished_by = time.monotonic()
        await until(lambda: _is_delivered(server), "the other one delivers the rest", timeout=25)
        rest = time.monotonic() - finished_by
        seen = Counter(key for keys in posted(house.sandbox).values() for key in keys)
        again = server.value("SELECT count(*) FROM outbox WHERE attempts > 1")
    name = "SIGTERM of one of two `conclave worker`, 30 cards"
    count(name, "lost", 30 - len(seen))
    count(name, "doubled, without history scope", sum(seen.values()) - len(seen))
    count(name, "claims given up", again)
    count(name, "exit code", code)
    count(name, "seconds until the end", seconds)
    assert (code, len(seen), sum(seen.values()), again) == (0, 30, 30, 0)
    assert rest < 25, "a lease had to lapse"


async def test_the_end_does_not_wait_for_a_frozen_database(
    a_server: Callable[..., Postgres], logs: Path, count: Callable[..., None]
) -> None:
    server = a_server("primary").make()
    spec = a_workspace(people=1, channels=1)
    async with crew(spec, server.url), installed(spec, server.url, logs) as house:
        (process,) = await house.start("run")
        server.freeze()
        await asyncio.sleep(1)
        code, seconds = await end(process)
        server.thaw()
    name = "SIGTERM of `conclave run`, database frozen"
    count(name, "exit code", code)
    count(name, "seconds until the end", seconds)
    assert code == 0


async def test_the_end_does_not_wait_for_a_request_that_never_comes_whole(
    a_server: Callable[..., Postgres], logs: Path, count: Callable[..., None]
) -> None:
    server = a_server("primary").make()
    spec = a_workspace(people=1, channels=1)
    async with crew(spec, server.url), installed(spec, server.url, logs) as house:
        (process,) = await house.start("web")
        reader, writer = await asyncio.open_connection("127.0.0.1", process.port)
        writer.write(b"POST /slack/events HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n\r\nhalf of it")
        await writer.drain()
        await asyncio.sleep(0.5)
        code, seconds = await end(process)
        await reader.read()
        writer.close()
    name = "SIGTERM of `conclave web`, a request half sent"
    count(name, "exit code", code)
    count(name, "seconds until the end", seconds)
    assert code == 0


def _hold(server: Postgres, seconds: float) -> None:
    """Nobody can take a number for a decision for so long."""
    server.sql(f"BEGIN; LOCK TABLE team_numbers IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep({seconds}); COMMIT")


async def _is_held(server: Postgres) -> bool:
    query = (
        "SELECT count(*) > 0 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = 'team_numbers'::regclass"
    )
    return bool(await asyncio.to_thread(server.value, query))


async def _waits(server: Postgres) -> bool:
    return bool(await asyncio.to_thread(server.value, "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted"))


async def _claims(server: Postgres) -> bool:
    query = "SELECT count(*) > 5 FROM outbox WHERE state = 'ready' AND kind = 'card' AND token IS NOT NULL"
    return bool(await asyncio.to_thread(server.value, query))


async def _is_delivered(server: Postgres) -> bool:
    return bool(await asyncio.to_thread(server.value, "SELECT count(*) = 0 FROM outbox WHERE state = 'ready'"))
