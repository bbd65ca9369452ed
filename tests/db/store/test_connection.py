"""The way to the server: how its address is written, which of its hosts is taken, what ends a statement."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot import embedded
from bot.errors import StartError, TryAgain
from bot.store import db
from bot.store.connection import Connection, parameters, sqlalchemy_url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u@h/d", {"user": "u", "host": "h", "dbname": "d"}),
        ("postgres://u:p%40ss@h:6432/d", {"user": "u", "password": "p@ss", "host": "h", "port": "6432"}),
        ("postgresql+psycopg://u@h/d?sslmode=require", {"host": "h", "sslmode": "require"}),
        ("postgresql://u@/d?host=%2Fvar%2Frun", {"host": "/var/run"}),
        ("postgresql://u@a:1,b:2/d", {"host": "a,b", "port": "1,2", "target_session_attrs": "read-write"}),
        ("postgresql://u@/d?host=a:1&host=b:2", {"host": "a,b", "port": "1,2", "target_session_attrs": "read-write"}),
        ("postgresql://u@/d?host=a,b:2", {"host": "a,b", "port": "5432,2"}),
        ("postgresql://u@a,b/d?target_session_attrs=any", {"host": "a,b", "target_session_attrs": "any"}),
        ("postgresql://u@/d?host=[::1]:6432", {"host": "::1", "port": "6432"}),
        ("postgresql://u@/d?host=::1", {"host": "::1"}),
        ("postgresql://u@h/d?connect_timeout=9", {"connect_timeout": "9", "tcp_user_timeout": "3000"}),
    ],
)
def test_an_address_is_understood_as_operators_write_it(url: str, expected: dict[str, str]) -> None:
    found = parameters(url)
    assert {name: found.get(name) for name in expected} == expected
    assert parameters(sqlalchemy_url(url).render_as_string(hide_password=False))["host"] == found["host"]


def test_settings_of_an_address_stay_and_ours_come_after_them() -> None:
    options = parameters("postgresql://u@h/d?options=-c%20work_mem%3D8MB")["options"]
    assert options.startswith("-c work_mem=8MB -c TimeZone=UTC -c DateStyle=ISO,\\ MDY ")


def test_one_host_alone_is_taken_as_it_is() -> None:
    assert "target_session_attrs" not in parameters("postgresql://u@h/d")


@pytest.mark.parametrize(
    "url", ["mysql://u@h/d", "h/d", "postgresql://u:secret@h/d?nonsense=1", "postgresql://u:secret@["]
)
def test_an_address_that_cannot_be_read_is_a_sentence_without_the_password(url: str) -> None:
    with pytest.raises(StartError) as caught:
        parameters(url)
    assert "DATABASE_URL has to" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.fixture
def silent() -> Iterator[int]:
    """A port where connections are taken and nobody ever says a word, as of a host that hangs."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.mark.parametrize("order", ["silent first", "silent last", "nobody first"])
async def test_a_host_that_says_nothing_costs_no_time(order: str, silent: int, database_url: str) -> None:
    real = parameters(database_url)
    dead = "1" if order == "nobody first" else str(silent)
    hosts, ports = [real["host"], "127.0.0.1"], [real.get("port", "5432"), dead]
    if "first" in order:
        hosts, ports = hosts[::-1], ports[::-1]
    began = time.monotonic()
    connection = await Connection.opened({**real, "host": ",".join(hosts), "port": ",".join(ports)})
    assert time.monotonic() - began < 1.5
    assert (await (await connection.execute("SELECT 1")).fetchone()) == (1,)
    await connection.close()


async def test_where_no_host_answers_the_error_is_one_that_is_tried_again(silent: int) -> None:
    store = db.connect(f"postgresql://u@127.0.0.1:{silent},127.0.0.1:1/d", budget_seconds=0.5)
    with pytest.raises(TryAgain):
        await db.run_tx(store, _one)
    await store.close()


def test_migrations_go_to_the_host_that_takes_writes(database_url: str) -> None:
    real = parameters(database_url)
    url = sqlalchemy_url(f"postgresql://{real['user']}@/{real['dbname']}?host=127.0.0.1:1&host={real['host']}")
    engine = create_engine(url)
    with engine.connect() as connection:
        assert connection.execute(text("SHOW transaction_read_only")).scalar_one() == "off"
    engine.dispose()


async def _one(c: AsyncConnection) -> int:
    found: int = (await c.execute(text("SELECT 1"))).scalar_one()
    return found


# --- A server of one's own, to be maltreated. It waits for a standby that does not exist where a session asks it to.


@pytest.fixture(scope="module")
def own_server(run_dir: Path) -> Iterator[str]:
    settings = {"fsync": "off", "synchronous_standby_names": "ANY 1 (nobody)", "synchronous_commit": "local"}
    server = embedded.start(run_dir / f"own-{uuid4().hex[:8]}", settings=settings)
    with psycopg.connect(server.url, autocommit=True) as admin:
        admin.execute("CREATE TABLE kept (word text)")
    yield server.url
    server.stop()


def insert(word: str) -> Any:
    async def work(c: AsyncConnection) -> str:
        await c.execute(text("INSERT INTO kept VALUES (:word)"), {"word": word})
        return word

    return work


@pytest.fixture
async def replicated(own_server: str) -> AsyncIterator[db.Db]:
    """A pool whose COMMITs wait for the standby."""
    store = db.connect(f"{own_server}&options=-c%20synchronous_commit%3Don", budget_seconds=8)
    yield store
    await store.close()


async def cancel_waiting(url: str) -> None:
    """What an administrator does about a hanging COMMIT."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as admin:
        end = time.monotonic() + 5
        while time.monotonic() < end:
            found = await admin.execute(
                "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
            )
            if found.rowcount:
                return
            await asyncio.sleep(0.02)
    raise AssertionError("nobody waited for a standby")


@pytest.mark.parametrize("door", [db.run_tx, db.autocommit])
async def test_a_commit_whose_wait_for_the_standby_was_cancelled_is_not_saved(
    door: Any, own_server: str, replicated: db.Db
) -> None:
    word = f"cancelled-{uuid4()}"
    began = time.monotonic()

    saving = asyncio.create_task(door(replicated, insert(word)))
    await cancel_waiting(own_server)

    with pytest.raises(TryAgain):
        await saving
    assert time.monotonic() - began < 6, "it was the budget that ended it, not the warning"
    with psycopg.connect(own_server) as reader:
        assert reader.execute("SELECT count(*) FROM kept WHERE word = %s", [word]).fetchall() == [(1,)]
    assert await db.run_tx(replicated, _one) == 1


async def test_commits_that_hang_are_answered_in_time_and_free_their_places(own_server: str) -> None:
    store = db.connect(f"{own_server}&options=-c%20synchronous_commit%3Don", budget_seconds=0.5)
    began = time.monotonic()
    answers = await asyncio.gather(
        *(db.run_tx(store, insert("hung")) for _ in range(3 * db.POOL_SIZE)), return_exceptions=True
    )
    assert {type(answer) for answer in answers} == {TryAgain}
    assert time.monotonic() - began < 2
    assert await _soon(store) == 1
    await store.close()


async def test_servers_that_stand_still_do_not_keep_the_pool(own_server: str) -> None:
    """Every session frozen, as by a hung disk: its statements are given up, and the pool makes itself anew."""
    store = db.connect(own_server, budget_seconds=0.5)

    async def pid(c: AsyncConnection) -> int:
        found: int = (await c.execute(text("SELECT pg_backend_pid() FROM pg_sleep(0.1)"))).scalar_one()
        return found

    pids = set(await asyncio.gather(*(db.run_tx(store, pid, budget_seconds=5) for _ in range(db.POOL_SIZE))))
    assert len(pids) == db.POOL_SIZE
    for one in pids:
        os.kill(one, signal.SIGSTOP)
    try:
        began = time.monotonic()
        with pytest.raises(TryAgain):
            await db.run_tx(store, _one)
        assert time.monotonic() - began < 1
        await asyncio.wait(store.abandoned)
        assert await _soon(store) == 1
    finally:
        for one in pids:
            os.kill(one, signal.SIGCONT)
    await store.close()


async def _soon(store: db.Db) -> int:
    """What the next press gets that is not told to try again, within 3 s."""
    async with asyncio.timeout(3):
        while True:
            try:
                return await db.run_tx(store, _one)
            except TryAgain:
                continue
