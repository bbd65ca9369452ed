"""A database that stands still, is cut off or is gone: everybody is answered in time, the same press works later."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox.people import Person
from tests.support.installation import Written, a_workspace, crew, installed, press_all, write_down
from tests.support.postgres import Postgres
from tests.support.wire import Wire, wired

DEADLINE_MS = 3000
WAVE = 10


@dataclass
class Fault:
    """How the database goes away and comes back."""

    name: str
    begin: Callable[[Postgres, Wire], Coroutine[Any, Any, None]]
    end: Callable[[Postgres, Wire], Coroutine[Any, Any, None]]


async def _freeze(server: Postgres, _: Wire) -> None:
    await asyncio.to_thread(server.freeze)


async def _thaw(server: Postgres, _: Wire) -> None:
    await asyncio.to_thread(server.thaw)


async def _cut(_: Postgres, wire: Wire) -> None:
    wire.cut()


async def _mend(_: Postgres, wire: Wire) -> None:
    wire.mend()


async def _kill(server: Postgres, _: Wire) -> None:
    await asyncio.to_thread(server.kill_9)


async def _start(server: Postgres, _: Wire) -> None:
    await asyncio.to_thread(server.start)


FAULTS = [
    Fault("frozen (SIGSTOP)", _freeze, _thaw),
    Fault("cut off without a word", _cut, _mend),
    Fault("killed (SIGKILL) and started again", _kill, _start),
]


@asynccontextmanager
async def forms(people: int, server: Postgres, logs: Path) -> AsyncIterator[tuple[list[tuple[Person, str]], Wire]]:
    """So many people with a filled-in form in front of them, and the wire between the bot and the database."""
    spec = a_workspace(people=people, channels=people)
    async with wired(server.port) as wire, crew(spec, server.url):
        url = f"postgresql://postgres@127.0.0.1:{wire.port}/conclave"
        async with installed(spec, url, logs) as house:
            await house.start("run")
            writers = [(house.sandbox.person(f"p{n}"), f"t{n}") for n in range(people)]
            for start in range(0, people, WAVE):
                opened = await asyncio.gather(*(write_down(p, t) for p, t in writers[start : start + WAVE]))
                assert all(opened)
            yield writers, wire


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    faults = FAULTS[:1] if metafunc.config.getoption("--short") else FAULTS
    metafunc.parametrize("fault", faults, ids=lambda fault: fault.name.split()[0])


async def test_submits_while_the_database_is_away(
    fault: Fault, short: bool, a_server: Callable[..., Postgres], logs: Path, count: Callable[..., None]
) -> None:
    people, seconds = (20, 5.0) if short else (50, 20.0)
    server = a_server("primary").make()
    async with forms(people, server, logs) as (writers, wire):
        during, after = Written(), Written()
        await fault.begin(server, wire)
        began = time.monotonic()
        for start in range(0, people, WAVE):
            await press_all(writers[start : start + WAVE], during)
        await asyncio.sleep(max(0.0, seconds - (time.monotonic() - began)))
        await fault.end(server, wire)
        back = time.monotonic()
        # One by one: a team's submits take turns for its next number, and this machine may be slow.
        for person in writers:
            await press_all([person], after)
        took = min(after.acknowledged.values(), default=math.inf) - back
        found = dict(server.sql("SELECT title, count(*) FROM customer_decisions GROUP BY title"))
    name = f"database {fault.name}, {seconds:.0f} s, {people} submits"
    count(name, "told 'not saved yet' in time", during.refused)
    count(name, "slowest of these answers (s)", during.slowest_ms / 1000)
    count(name, "saved by the next press", len(after.acknowledged))
    count(name, "until the first was saved (s)", took)
    count(name, "doubled", sum(found.values()) - len(found))
    assert during.wrong == []
    assert during.refused == people
    assert during.slowest_ms < DEADLINE_MS
    assert after.wrong == []
    assert len(after.acknowledged) == people
    assert found == {title: 1 for _, title in writers}
