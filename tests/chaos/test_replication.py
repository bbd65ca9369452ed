"""A COMMIT that the standby has not seen is not saved, whatever ends the wait for it."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from tests.support.installation import Written, a_workspace, crew, installed, until, write_down
from tests.support.postgres import Postgres

WAITING = "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
CANCEL = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"


async def test_a_commit_without_its_standby_is_never_confirmed(
    a_server: Callable[..., Postgres], logs: Path, count: Callable[..., None]
) -> None:
    primary = a_server("primary", synchronous_standby_names="ANY 1 (standby)", synchronous_commit="local").make()
    standby = a_server("standby").follow(primary)
    spec = a_workspace(people=1, channels=1)
    async with crew(spec, primary.url), installed(spec, primary.url, logs) as house:
        await house.start("web")
        writer, written = house.sandbox.person("p0"), Written()
        assert await write_down(writer, "t0")
        primary.sql("ALTER DATABASE conclave SET synchronous_commit = 'on'")
        # Sessions that are open already keep what they began with.
        primary.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'conclave'")
        await asyncio.to_thread(standby.kill_9)

        pressed = asyncio.create_task(writer.submit())
        await until(lambda: _is(primary, WAITING), "the COMMIT waits", timeout=10)
        began = time.monotonic()
        primary.sql(CANCEL, database="postgres")
        cancelled = await pressed
        is_quick = time.monotonic() - began < 1.0
        is_confirmed = written.note("t0", cancelled)
        is_there = primary.sql("SELECT 1 FROM customer_decisions WHERE title = 't0'") != []
        hung = await writer.submit()
        written.note("t0", hung)

        await asyncio.to_thread(standby.start)
        await until(lambda: _has_standby(primary), "the standby is back", timeout=30)
        saved = await writer.submit()
        written.note("t0", saved)
        rows = primary.value("SELECT count(*) FROM customer_decisions")
        await until(lambda: _is(standby, "SELECT count(*) = 1 FROM customer_decisions"), "replicated", timeout=10)
    name = "synchronous standby gone, the wait cancelled by an administrator"
    count(name, "committed here all the same", int(is_there))
    count(name, "confirmed although not replicated", int(is_confirmed) + int(hung.ok))
    count(name, "rows after the last press", rows)
    assert is_there, "the wait was not cancelled: this run has shown nothing"
    assert is_quick, "the answer came from the time limit, not from the warning"
    assert written.refused == 2
    assert written.wrong == []
    assert saved.ok
    assert rows == 1


async def _is(server: Postgres, query: str) -> bool:
    return bool(await asyncio.to_thread(server.value, query))


async def _has_standby(server: Postgres) -> bool:
    return await _is(server, "SELECT count(*) > 0 FROM pg_stat_replication WHERE sync_state = 'quorum'")
