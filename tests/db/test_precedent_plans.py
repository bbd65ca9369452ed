"""A search for precedents reads by an index what is of its team and type; `benchmarks.precedents` tells how fast."""

import json
from typing import Any

import psycopg
import pytest
from sqlalchemy import event

from benchmarks import precedents as bench
from bot.domain.decision import Decision
from bot.store import db as store
from tests.db.test_sweep_plans import scanned

DECISIONS, TEAMS, BIG = 6_000, 60, 2_000
LARGE = {"precedents", "case_vectors", "customer_decisions", "decision_outcomes", "response_options"}


@pytest.fixture(scope="module")
def filled(shared_database_url: str) -> str:
    bench.fill(shared_database_url, decisions=DECISIONS, teams=TEAMS, big=BIG)
    return shared_database_url


async def searched(url: str, *, is_big: bool) -> tuple[Decision, dict[str, Any]]:
    """A case, and the statements with which its precedents are looked for."""
    opened = store.connect(url, budget_seconds=60)
    statements: dict[str, Any] = {}
    try:
        (one,) = await bench.some_cases(opened, is_big=is_big, count=1, decisions=DECISIONS, big=BIG)

        @event.listens_for(opened.engine.sync_engine, "before_cursor_execute")
        def note(_1: Any, _2: Any, statement: str, parameters: Any, *_: Any) -> None:
            statements.setdefault(statement, parameters)

        assert await bench.search(opened, one, by_meaning=True)
    finally:
        await opened.close()
    return one, statements


@pytest.mark.parametrize("is_big", [False, True], ids=["a team of seventy", "a team of two thousand"])
async def test_no_table_is_read_whole_and_no_row_of_another_team(filled: str, is_big: bool) -> None:
    one, statements = await searched(filled, is_big=is_big)

    with psycopg.connect(filled) as connection:
        connection.execute("SET random_page_cost = 1.1")  # a disk without moving parts
        read = {table for sql, values in statements.items() for table in scanned(connection, sql, values)}
        own = connection.execute(
            "SELECT count(*) FROM customer_decisions WHERE team_id = %s AND decision_type = %s",
            [one.team_id, one.case.decision_type],
        ).fetchone()
        visited = {sql: looked_at(connection, sql, values) for sql, values in statements.items() if "@@" in sql}
    assert own is not None
    assert read & LARGE == set()
    assert len(visited) == 2
    assert 0 < max(visited.values()) <= own[0]


def looked_at(connection: psycopg.Connection[Any], statement: str, parameters: Any) -> int:
    """Rows of `precedents` that were fetched, found fitting or not."""
    analysed = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}".encode()
    body: Any = connection.execute(analysed, parameters).fetchall()[0][0]
    todo, rows = [(json.loads(body) if isinstance(body, str) else body)[0]["Plan"]], 0
    while todo:
        node = todo.pop()
        todo += node.get("Plans", [])
        if node.get("Relation Name") == "precedents":
            removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
            rows += int((node["Actual Rows"] + removed) * node["Actual Loops"])
    return rows
