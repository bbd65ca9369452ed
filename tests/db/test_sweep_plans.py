"""The tick never reads a table that grows from end to end. `python -m benchmarks.sweep` measures what that is worth."""

import json
from itertools import product
from typing import Any

import psycopg
from sqlalchemy import event

from benchmarks import sweep

DECISIONS = 10_000
FEW_ROWS = 1_000
"""Up to here reading everything is right, and what PostgreSQL does: teams and their people."""
PAGE_COSTS: dict[float, set[str]] = {1.1: set(), 4: {"reminders"}}
"""What is advised for a disk without moving parts, and PostgreSQL's own: by that, a scan is right for 200 of no more
reminders than there are here."""
HANDS_OUT = "format('nudge:"
"""Of the statement that hands out 200 nudges and more at once. For so many of no more decisions than there are here a
scan is right by PostgreSQL's own cost of a page, too; one of version 15 does it."""


async def test_no_statement_of_a_tick_scans_a_big_table(database_url: str) -> None:
    sweep.fill(database_url, decisions=DECISIONS)
    statements: dict[str, Any] = {}
    async with sweep.connected(database_url) as db:

        @event.listens_for(db.engine.sync_engine, "before_cursor_execute")
        def note(_1: Any, _2: Any, statement: str, parameters: Any, *_: Any) -> None:
            statements.setdefault(statement, parameters)

        await sweep.tick(db, is_busy=True)

    scans = {}
    with psycopg.connect(database_url) as connection:
        rows: list[tuple[str, float]] = connection.execute("SELECT relname, reltuples FROM pg_class").fetchall()
        sizes = dict(rows)
        for (cost, spared), (statement, parameters) in product(PAGE_COSTS.items(), statements.items()):
            connection.execute(f"SET random_page_cost = {cost}".encode())
            for table in scanned(connection, statement, parameters):
                is_right = cost == 4 and table == "customer_decisions" and HANDS_OUT in statement
                if sizes[table] > FEW_ROWS and table not in spared and not is_right:
                    scans[table] = statement
        connection.rollback()
    assert scans == {}
    assert len(statements) > 20
    assert any("SKIP LOCKED" in statement for statement in statements)


def scanned(connection: psycopg.Connection[Any], statement: str, parameters: Any) -> list[str]:
    """Tables that the plan of a statement reads from end to end."""
    explained = connection.execute(f"EXPLAIN (FORMAT JSON) {statement}".encode(), parameters).fetchall()
    body = explained[0][0]
    found: list[str] = []
    todo = [(json.loads(body) if isinstance(body, str) else body)[0]["Plan"]]
    while todo:
        node = todo.pop()
        todo += node.get("Plans", [])
        if node["Node Type"] == "Seq Scan":
            found.append(node["Relation Name"])
    return found


def test_a_table_without_the_index_is_found_out(database_url: str) -> None:
    """The guard can fail."""
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE TABLE heap AS SELECT n FROM generate_series(1, 5000) n")
        assert scanned(connection, "SELECT n FROM heap WHERE n = %(n)s", {"n": 5}) == ["heap"]
        connection.execute("CREATE INDEX ON heap (n)")
        assert scanned(connection, "SELECT n FROM heap WHERE n = %(n)s", {"n": 5}) == []
