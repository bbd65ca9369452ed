"""The database under people who submit: its primary killed and a standby promoted, restarted, stopped for a while."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sandbox.people import Person
from tests.support.installation import (
    Installation,
    Written,
    a_workspace,
    crew,
    installed,
    keep_writing,
    posted,
    until,
)
from tests.support.postgres import Postgres
from tests.support.wire import wired

WRITERS = 6
Count = Callable[..., None]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "run" in metafunc.fixturenames:
        metafunc.parametrize("run", range(1 if metafunc.config.getoption("--short") else 3))


@asynccontextmanager
async def at_work(database_url: str, setup_url: str, logs: Path) -> AsyncIterator[tuple[Installation, list[Person]]]:
    """Two web processes that share people's requests, two workers, and six people."""
    spec = a_workspace(people=WRITERS, channels=WRITERS)
    async with crew(spec, setup_url), installed(spec, database_url, logs) as house:
        webs = await house.start("web", "web")
        await house.start("worker", "worker")
        async with wired(*(web.port for web in webs)) as shared:
            house.sandbox.bot_url = f"http://127.0.0.1:{shared.port}"
            yield house, [house.sandbox.person(f"p{n}") for n in range(WRITERS)]


async def test_killing_the_primary_and_promoting_its_synchronous_standby(
    run: int, short: bool, a_server: Callable[..., Postgres], logs: Path, count: Count
) -> None:
    primary = a_server("primary", synchronous_standby_names="ANY 1 (standby)", synchronous_commit="local").make()
    # The standby's own settings ask for nobody: after the promotion it is alone.
    standby = a_server("standby").follow(primary)
    primary.sql("ALTER DATABASE conclave SET synchronous_commit = 'on'")
    url = f"postgresql://postgres@{primary.place},{standby.place}/conclave?target_session_attrs=read-write"
    async with at_work(url, primary.url, logs) as (house, people):
        written, enough = Written(), asyncio.Event()
        writing = asyncio.create_task(keep_writing(people, written, until=enough))
        await until(lambda: _has(written, 2 * WRITERS), "people work", timeout=60)
        await asyncio.to_thread(primary.kill_9)
        before = len(written.acknowledged)
        await asyncio.sleep(2)
        await asyncio.to_thread(standby.promote)
        promoted = time.monotonic()
        await until(lambda: _has(written, before + 3 * WRITERS), "people work again", timeout=60)
        enough.set()
        await writing
        await until(lambda: _is_delivered(standby), "everything is delivered", timeout=120)
        lost, doubled = _compare(standby, written)
        cards = [key for keys in posted(house.sandbox).values() for key in keys if key.startswith("card:")]
    back = min(at for at in written.acknowledged.values() if at > promoted) - promoted
    name = f"primary killed, standby promoted, {WRITERS} writers, run {run + 1}"
    count(name, "submissions acknowledged", len(written.acknowledged))
    count(name, "acknowledged and lost", lost)
    count(name, "doubled", doubled)
    count(name, "cards doubled", len(cards) - len(set(cards)))
    count(name, "told 'not saved yet'", written.refused)
    count(name, "writers back after the promotion (s)", back)
    assert written.wrong == []
    assert (lost, doubled, len(cards) - len(set(cards))) == (0, 0, 0)
    assert back < 1.0


async def test_restarting_the_database_under_people_who_submit(
    short: bool, a_server: Callable[..., Postgres], logs: Path, count: Count
) -> None:
    server, restarts = a_server("primary").make(), 1 if short else 3
    async with at_work(server.url, server.url, logs) as (house, people):
        written, enough = Written(), asyncio.Event()
        writing = asyncio.create_task(keep_writing(people, written, until=enough))
        for _ in range(restarts):
            before = len(written.acknowledged)
            await until(lambda n=before: _has(written, n + WRITERS), "people work", timeout=60)  # type: ignore[misc]
            await asyncio.to_thread(server.restart)
        before = len(written.acknowledged)
        await until(lambda: _has(written, before + WRITERS), "people work again", timeout=60)
        enough.set()
        await writing
        await until(lambda: _is_delivered(server), "everything is delivered", timeout=120)
        lost, doubled = _compare(server, written)
        cards = [key for keys in posted(house.sandbox).values() for key in keys if key.startswith("card:")]
    name = f"PostgreSQL restarted x {restarts}, {WRITERS} writers"
    count(name, "submissions acknowledged", len(written.acknowledged))
    count(name, "acknowledged and lost", lost)
    count(name, "doubled", doubled)
    count(name, "cards doubled", len(cards) - len(set(cards)))
    count(name, "told 'not saved yet'", written.refused)
    assert written.wrong == []
    assert (lost, doubled, len(cards) - len(set(cards))) == (0, 0, 0)


async def _has(written: Written, number: int) -> bool:
    return len(written.acknowledged) >= number


async def _is_delivered(server: Postgres) -> bool:
    return bool(await asyncio.to_thread(server.value, "SELECT count(*) = 0 FROM outbox WHERE state = 'ready'"))


def _compare(server: Postgres, written: Written) -> tuple[int, int]:
    """(acknowledged and lost, rows more than one of a title)."""
    found = dict(server.sql("SELECT title, count(*) FROM customer_decisions GROUP BY title"))
    return len(written.acknowledged.keys() - found.keys()), sum(found.values()) - len(found)
