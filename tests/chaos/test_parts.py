"""What a database can refuse a worker, while it runs: it says so, is not ready, and goes on once it is granted."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest

from bot.demo.process import BotProcess
from tests.chaos.test_stopping import end
from tests.support.installation import a_workspace, crew, installed, until
from tests.support.postgres import Postgres

FAULTS = {
    "the table is renamed": ("ALTER TABLE outbox RENAME TO gone", "ALTER TABLE gone RENAME TO outbox"),
    "rights are taken away": (
        "REVOKE ALL ON outbox FROM conclave_bot",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON outbox TO conclave_bot",
    ),
    "a column is renamed": (
        "ALTER TABLE outbox RENAME COLUMN run_at TO gone",
        "ALTER TABLE outbox RENAME COLUMN gone TO run_at",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_what_refuses_a_claim_does_not_end_delivery(
    fault: str, a_server: Callable[..., Postgres], logs: Path, count: Callable[..., None]
) -> None:
    spoil, mend = FAULTS[fault]
    server = a_server("primary").make()
    spec = a_workspace(people=1, channels=1)
    async with crew(spec, server.url) as team, installed(spec, server.url, logs) as house:
        (worker,) = await house.start("worker")
        server.sql(spoil)
        await until(lambda: _has_said(house.logged), "it is said", timeout=30)
        unready = await _status(worker)
        server.sql(mend)
        await team.open("after it", channel_id="C00000")
        back = await until(lambda: _is_delivered(server), "what came after it is delivered", timeout=30)
        await until(lambda: _is_ready(worker), "it is ready", timeout=30)
        code, _ = await end(worker)
    count(f"{fault} under a worker", "/readyz meanwhile", unready)
    count(f"{fault} under a worker", "delivered so long after it is granted again (s)", back)
    count(f"{fault} under a worker", "exit code of SIGTERM", code)
    assert (unready, code) == (503, 0)


async def test_a_table_locked_longer_than_the_login_may_wait_does_not_end_delivery(
    a_server: Callable[..., Postgres], logs: Path, count: Callable[..., None]
) -> None:
    server = a_server("primary").make()
    spec = a_workspace(people=1, channels=1)
    async with crew(spec, server.url) as team, installed(spec, server.url, logs) as house:
        server.sql("ALTER ROLE conclave SET lock_timeout = '500ms'")
        (worker,) = await house.start("worker")
        locked = asyncio.create_task(asyncio.to_thread(_lock, server, 4))
        await until(lambda: _has_said(house.logged), "it is said", timeout=30)
        await locked
        await team.open("after it", channel_id="C00000")
        back = await until(lambda: _is_delivered(server), "what came after it is delivered", timeout=30)
        code, _ = await end(worker)
    count("outbox locked for 4 s, lock_timeout 500 ms", "delivered so long after it (s)", back)
    count("outbox locked for 4 s, lock_timeout 500 ms", "exit code of SIGTERM", code)
    assert code == 0


def _lock(server: Postgres, seconds: int) -> None:
    server.sql(f"BEGIN; LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep({seconds}); COMMIT")


async def _has_said(logged: Callable[[str], int]) -> bool:
    return logged("deliveries cannot be claimed") > 0


async def _is_delivered(server: Postgres) -> bool:
    query = "SELECT count(*) > 0 FROM outbox WHERE kind = 'card' AND state = 'done'"
    return bool(await asyncio.to_thread(server.value, query))


async def _status(process: BotProcess) -> int:
    async with aiohttp.ClientSession() as session, session.get(f"{process.url}/readyz") as answer:
        return answer.status


async def _is_ready(process: BotProcess) -> bool:
    return await _status(process) == 200
