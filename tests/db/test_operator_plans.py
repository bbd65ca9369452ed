"""What operators' pages ask of a database with a long history, and what people ask by number, reads no table whole."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from sqlalchemy import event

from benchmarks import sweep
from bot.services import housekeeping
from bot.services import outbox as deliveries
from bot.store import decision, dossier
from bot.store.db import Db, run_tx
from tests.db.test_sweep_plans import scanned

SETTLED, WAITING = 50_000, 20
BIG = {"outbox", "customer_decisions", "decision_outcomes", "rounds", "round_members", "submissions", "reminders"}


@pytest.fixture(scope="module")
def long_history(shared_database_url: str) -> str:
    """10,000 decisions of 50 teams, a long outbox of which next to nothing waits or was given up."""
    sweep.fill(shared_database_url, decisions=10_000)
    with psycopg.connect(shared_database_url, autocommit=True) as connection:
        connection.execute("DELETE FROM outbox")
        connection.execute(
            "INSERT INTO outbox (kind, lane, dedupe_key, state, attempts, done_at) "
            "SELECT 'card', 'slack:T:C' || n %% 500, 'k' || n, CASE WHEN n <= %(waiting)s THEN 'ready' "
            "WHEN n <= 2 * %(waiting)s THEN 'dead' ELSE 'done' END, 1, "
            "CASE WHEN n > %(waiting)s THEN now() - interval '1 second' * n END FROM generate_series(1, %(all)s) n",
            {"waiting": WAITING, "all": SETTLED},
        )
        connection.execute(
            "INSERT INTO submissions (view_id, hash, digest, created_kind, created_id) "
            "SELECT 'V' || n, 'h', 'd', 'team', 'x' FROM generate_series(1, 20000) n"
        )
        connection.execute("VACUUM ANALYZE")
    return shared_database_url


async def list_open(db: Db) -> None:
    async def work(c: Any) -> None:
        team_id = (await c.exec_driver_sql("SELECT id FROM teams LIMIT 1")).scalar_one()
        await decision.open_of_team(c, team_id=team_id, now=datetime.now(UTC))

    await run_tx(db, work)


async def show_number(db: Db, number: int = 7) -> None:
    async def work(c: Any) -> None:
        team_id = (await c.exec_driver_sql("SELECT id FROM teams LIMIT 1")).scalar_one()
        decision_id = await decision.get_id(c, team_id=team_id, number=number)
        await dossier.get(c, team_id=team_id, decision_id=decision_id)

    await run_tx(db, work)


async def show_number_of_many(db: Db) -> None:
    await show_number(db, number=109_000)


@pytest.mark.parametrize(
    "ask",
    [
        deliveries.standing,
        deliveries.count,
        lambda db: deliveries.given_up(db, at_most=50),
        lambda db: deliveries.retry(db, ids=[]),
        housekeeping.purge,
        list_open,
        show_number,
    ],
    ids=[
        "readyz and metrics",
        "metrics by kind",
        "outbox list",
        "outbox retry",
        "purge",
        "/decide list",
        "/decide show",
    ],
)
async def test_no_table_that_grows_is_read_whole(long_history: str, ask: Callable[[Db], Awaitable[Any]]) -> None:
    await check_reads_nothing_whole(long_history, ask)


async def list_decided(db: Db) -> None:
    async def work(c: Any) -> None:
        team_id = (await c.exec_driver_sql("SELECT id FROM teams LIMIT 1")).scalar_one()
        await decision.decided(c, team_id=team_id, at_most=5)

    await run_tx(db, work)


@pytest.fixture(scope="module")
def one_old_team(long_history: str) -> str:
    """The same decisions, all of one team: what it has done in years is not read to list what is left to do."""
    with psycopg.connect(long_history, autocommit=True) as connection:
        connection.execute(
            "UPDATE customer_decisions d SET team_id = (SELECT id FROM teams LIMIT 1), number = 100000 + n.number "
            "FROM (SELECT id, row_number() OVER (ORDER BY created_at) AS number FROM customer_decisions) n "
            "WHERE n.id = d.id"
        )
        connection.execute("VACUUM ANALYZE")
    return long_history


@pytest.mark.parametrize("ask", [list_open, show_number_of_many, list_decided], ids=["list", "show", "lately decided"])
async def test_a_team_with_a_long_history_lists_what_is_open_without_reading_what_is_over(
    one_old_team: str, ask: Callable[[Db], Awaitable[Any]]
) -> None:
    await check_reads_nothing_whole(one_old_team, ask)


async def check_reads_nothing_whole(url: str, ask: Callable[[Db], Awaitable[Any]]) -> None:
    statements: list[tuple[str, Any]] = []
    async with sweep.connected(url) as db:

        @event.listens_for(db.engine.sync_engine, "before_cursor_execute")
        def note(_1: Any, _2: Any, statement: str, parameters: Any, *_: Any) -> None:
            statements.append((statement, parameters))

        await ask(db)
    with psycopg.connect(url) as connection:
        connection.execute("SET random_page_cost = 1.1")  # a disk without moving parts
        read = {table for statement, values in statements for table in scanned(connection, statement, values)}
    assert read & BIG == set()
    assert statements
