"""Every given column is alive after the story, but for those that later issues bring."""

import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from bot.demo import sample
from bot.demo.demo import neighbours
from bot.demo.story import play
from bot.store import schema

COMMAND = (sys.executable, "-m", "bot")
LATER = {
    # Plan limits: the tier of a team.
    ("teams", "subscription_tier"),
    # Suggestions, shown only after one's own score.
    ("customer_decisions", "ai_classification"),
    ("customer_decisions", "ai_recommendations"),
    ("customer_decisions", "ai_confidence_score"),
    ("response_options", "ai_generated"),
    # Web pages and API tokens. A click reaches us from Slack, so that its peer's address says nothing.
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


@pytest.fixture
def given_columns(db_url_unmigrated: str) -> Iterator[list[Column]]:
    """(table, column, default) of the schema as it was given."""
    schema.upgrade(db_url_unmigrated, "given_schema")
    with psycopg.connect(db_url_unmigrated) as connection:
        yield connection.execute(_COLUMNS).fetchall()


async def test_only_what_later_issues_bring_is_still_null_or_default_after_the_story(
    database_url: str, service_database_url: str, given_columns: list[Column], tmp_path: Path
) -> None:
    sample.load(service_database_url, workspace_id="T0TECHCORP", domain="techcorp")

    async with neighbours(COMMAND, database_url=service_database_url, log_path=tmp_path / "log") as (sandbox, bot):
        await play(sandbox, bot, database_url, lambda _: None)

    with psycopg.connect(database_url) as connection:
        untouched = {(table, column) for table, column, default in given_columns
                     if not _is_alive(connection, table, column, default)}  # fmt: skip
        moved = _tables_whose_updated_at_moved(connection)
    assert untouched == LATER
    assert moved == {"customer_decisions", "decision_outcomes", "team_members", "teams"}


def _is_alive(
    connection: "psycopg.Connection[tuple[object, ...]]", table: str, column: str, default: str | None
) -> bool:
    """Whether some row holds something else than NULL and the default. A default that varies (ids, now()) counts."""
    is_constant = default is not None and "(" not in default
    query = sql.SQL("SELECT count(*) FROM {table} WHERE {column} IS NOT NULL").format(
        table=sql.Identifier(table), column=sql.Identifier(column)
    )
    if is_constant and default:
        # A constant as the catalog writes it: no input of anybody.
        query += sql.SQL(" AND {column} IS DISTINCT FROM ").format(column=sql.Identifier(column))
        query += sql.SQL(default)
    found = connection.execute(query).fetchone()
    return found is not None and found[0] != 0


def _tables_whose_updated_at_moved(connection: "psycopg.Connection[tuple[object, ...]]") -> set[str]:
    tables = ("teams", "team_members", "customer_decisions", "decision_outcomes")
    moved = sql.SQL("SELECT count(*) FROM {} WHERE updated_at > created_at")
    counts = {table: connection.execute(moved.format(sql.Identifier(table))).fetchone() for table in tables}
    return {table for table, count in counts.items() if count and count[0]}
