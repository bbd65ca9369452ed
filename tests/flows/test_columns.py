"""Every given column is written by what people do, and read by the product; but for those whose time is to come.

The sample fills columns as well: what it wrote and nobody changed since does not count.
"""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from bot.demo import sample
from bot.demo.demo import neighbours
from bot.demo.story import play
from bot.demo.techcorp import globex
from bot.domain.decision import Case
from bot.store import schema
from tests.support.house import living
from tests.support.team import Team

COMMAND = (sys.executable, "-m", "bot")
LATER = {
    # Plan limits: the tier of a team.
    ("teams", "subscription_tier"),
    # What earlier cases suggest, of which the story's team has none.
    ("customer_decisions", "ai_recommendations"),
    ("response_options", "ai_generated"),
    # Written by the web pages (tests/web), which the story does without. A click comes from Slack's servers.
    ("auth_tokens", "id"),
    ("auth_tokens", "user_id"),
    ("auth_tokens", "token_hash"),
    ("auth_tokens", "expires_at"),
    ("auth_tokens", "created_at"),
    ("audit_logs", "ip_address"),
    ("audit_logs", "user_agent"),
}
_COLUMNS = """
    SELECT table_name, column_name, column_default FROM information_schema.columns
    WHERE table_schema = 'public' AND table_name NOT IN ('alembic_version') ORDER BY 1, ordinal_position
"""
Column = tuple[str, str, str | None]
Rows = dict[str, dict[Any, dict[str, Any]]]
"""Table -> id -> column -> value."""
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def given_columns(db_url_unmigrated: str) -> Iterator[list[Column]]:
    """(table, column, default) of the schema as it was given."""
    schema.upgrade(db_url_unmigrated, "given_schema")
    with psycopg.connect(db_url_unmigrated) as connection:
        yield connection.execute(_COLUMNS).fetchall()


async def test_people_write_every_column_but_those_whose_time_is_to_come(
    database_url: str, service_database_url: str, given_columns: list[Column], tmp_path: Path
) -> None:
    sample.load(service_database_url, workspace_id="T0TECHCORP", domain="techcorp")
    before = _rows(database_url, given_columns)

    async with neighbours(COMMAND, database_url=service_database_url, log_path=tmp_path / "log") as (sandbox, bot):
        await play(sandbox, bot, database_url, lambda _: None)
    await _hank_begins(database_url)

    after = _rows(database_url, given_columns)
    assert {
        (table, column)
        for table, column, default in given_columns
        if not _is_written(before[table], after[table], column, default)
    } == LATER
    assert _tables_whose_updated_at_moved(after) == {"customer_decisions", "decision_outcomes", "team_members", "teams"}


def test_what_is_written_is_read(given_columns: list[Column]) -> None:
    """A name in a statement, a value's field or the vault; the tables' own description does not count."""
    files = [path for path in (ROOT / "bot" / "store").glob("*.py") if path.name != "tables.py"]
    words = set(re.findall(r"\w+", "\n".join(path.read_text() for path in [*files, ROOT / "migrations" / "vault.sql"])))
    # The columns of a case are named by its fields.
    words |= {field.name for field in fields(Case)}
    unread = {(table, column) for table, column, _ in given_columns if column not in words}
    # Kept by triggers, for people who look at the tables.
    assert {(table, column) for table, column in unread if column != "updated_at"} <= LATER


async def _hank_begins(database_url: str) -> None:
    """Hank of another workspace sets up a team, adds Homer, and opens a decision with all that can be said of it."""
    async with living(database_url, globex()) as house:
        team, hank = Team(house), house.person("hank")
        assert (await hank.slash("/decide setup")).ok
        await team.modal("hank", at_least="Team size")
        role = {"Your own role": "Customer success manager"}
        assert (await team.submit("hank", {"Team": "Care", "Company": "Globex", "Industry": "Energy", **role})).ok
        await hank.close(everything=True)
        assert (await hank.slash("/decide The reactor is late")).ok
        await team.modal("hank", at_least="Decide by")
        await hank.click("More fields")
        await team.modal("hank", at_least="Customer tier")
        case = {
            "Type of decision": "Refund request",
            "Customer": "Springfield",
            "Customer tier": "Premium",
            "Customer value": "90,000",
            "Customer id": "S-1",
            "Customer e-mail": "mayor@springfield.example",
            "Customer for (months)": "12",
            "What happened": "They want their money back.",
            "Urgency": "4 · high",
            "Amount at stake": "500",
            "Decide by": datetime.now(UTC) + timedelta(days=3),
        }
        assert (await team.submit("hank", case)).ok
        await team.settled()


def _rows(database_url: str, columns: list[Column]) -> Rows:
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        found = {}
        for table in {table for table, _, _ in columns}:
            query = sql.SQL("SELECT * FROM {}").format(sql.Identifier(table))
            found[table] = {row["id"]: row for row in connection.execute(query).fetchall()}
        return found


def _is_written(
    before: dict[Any, dict[str, Any]], after: dict[Any, dict[str, Any]], column: str, default: str | None
) -> bool:
    """Whether somebody's row holds something that the sample did not put there, and the default did not either.

    A default that varies (ids, now()) counts as written; a constant stands quoted in the catalog.
    """
    constant = None if default is None or "(" in default else default.split("::")[0].strip("'")
    new = [row for key, row in after.items() if row[column] != before.get(key, {}).get(column)]
    return any(row[column] is not None and _as_default(row[column]) != constant for row in new)


def _as_default(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool | dict) else str(value)


def _tables_whose_updated_at_moved(rows: Rows) -> set[str]:
    return {
        table
        for table, found in rows.items()
        if any("updated_at" in row and row["updated_at"] > row["created_at"] for row in found.values())
    }
