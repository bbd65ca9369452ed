"""Expand and contract: which code runs on which schema, and what a migration that expands may not do."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot import preflight
from bot.cli import safekeeping
from bot.config import Settings
from bot.errors import StartError
from bot.store import schema
from tests.support.release import ROOT, add, next_migrations

BEGINS = "2026-12-01"
"""Migrations of this day and later belong to the release that is being made; a release moves it (docs/releasing.md)."""

Row = tuple[Any, ...]
COLUMNS = """
    SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.atthasdef
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
        AND c.relname <> 'alembic_version'
"""
FUNCTIONS = """
    SELECT oid::regprocedure::text, pg_get_function_result(oid), prosecdef, pronargdefaults
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace
"""
CHECKS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND contype <> 'n' AND conrelid <> 0
"""


class Shape:
    """What code can rely on."""

    def __init__(self, url: str) -> None:
        with psycopg.connect(url) as connection:
            columns, functions, checks = (
                connection.execute(query).fetchall() for query in (COLUMNS, FUNCTIONS, CHECKS)
            )
        self.columns: dict[Row, Row] = {row[:2]: row[2:] for row in columns}
        self.functions: dict[str, Row] = {row[0]: row[1:] for row in functions}
        self.checks: dict[Row, str] = {row[:2]: row[2] for row in checks}
        self.tables = {table for table, _ in self.columns}

    def spoilt_by(self, after: "Shape") -> list[str]:
        """What the code of before would miss, or could not write any more."""
        lost = [f"DROP {'.'.join(name)}" for name in self.columns.keys() - after.columns.keys()]
        lost += [f"signature of {name}" for name, was in self.functions.items() if after.functions.get(name) != was]
        for name, (type_, is_strict, has_default) in after.columns.items():
            place = ".".join(name)
            if name not in self.columns:
                lost += [f"NOT NULL {place}"] if is_strict and not has_default and name[0] in self.tables else []
                continue
            was, was_strict, had_default = self.columns[name]
            lost += [f"TYPE {place}"] if type_ != was else []
            lost += [f"NOT NULL {place}"] if is_strict and not was_strict else []
            lost += [f"DEFAULT {place}"] if had_default and not has_default else []
        stricter = {name for name, what in after.checks.items() if self.checks.get(name) != what}
        return sorted(lost + [f"CHECK {'.'.join(name)}" for name in stricter if name[0] in self.tables])


@contextmanager
def knowing(migrations: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The code is of the release with these migrations."""
    with monkeypatch.context() as patch:
        patch.setattr(schema, "_place", lambda: migrations)
        schema._revisions.cache_clear()
        yield
    schema._revisions.cache_clear()


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """`with later():` the code is of the next release."""
    made = next_migrations(tmp_path)
    return lambda: knowing(made, monkeypatch)


def runs(url: str) -> bool:
    return schema.standing(url).is_ours


def test_both_releases_run_on_an_expanded_schema_and_the_old_one_not_on_a_contracted_one(
    database_url: str, later: Callable[[], Any]
) -> None:
    with later():
        assert not runs(database_url)
        schema.expand(database_url)
        assert runs(database_url)
    assert schema.current(database_url) == "greeted"
    assert runs(database_url)

    with later():
        schema.contract(database_url)
        assert runs(database_url)
    assert not runs(database_url)
    with pytest.raises(StartError, match="of a newer version of Conclave"):
        preflight.check_standing(schema.standing(database_url))


def test_without_halves_only_the_new_release_runs_afterwards(database_url: str, later: Callable[[], Any]) -> None:
    with later():
        schema.expand(database_url)
        schema.upgrade(database_url)
        assert schema.current(database_url) == "ungreeted"
        assert runs(database_url)
    assert not runs(database_url)


def test_a_release_that_takes_nothing_away_is_ended_by_contracting_all_the_same(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = next_migrations(tmp_path)
    (made / "versions" / "2999-01-01_ungreeted.py").unlink()
    with knowing(made, monkeypatch):
        schema.expand(database_url)
    assert runs(database_url)
    with knowing(made, monkeypatch):
        schema.contract(database_url)
    assert not runs(database_url)


def test_an_expansion_that_broke_off_and_is_run_again_serves_the_old_release(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = next_migrations(tmp_path)
    (made / "versions" / "2999-01-01_ungreeted.py").unlink()
    with knowing(made, monkeypatch):
        schema.expand(database_url)
    add(made, "again", after="greeted", sql="ALTER TABLE teams ADD farewell text")
    with knowing(made, monkeypatch):
        schema.expand(database_url)
        schema.expand(database_url)
    assert schema.current(database_url) == "again"
    assert runs(database_url)


def test_the_halves_are_refused_in_the_wrong_order(database_url: str, later: Callable[[], Any], tmp_path: Path) -> None:
    with later():
        with pytest.raises(StartError, match="There is something to add first"):
            schema.contract(database_url)
        add(tmp_path / "migrations", "third", after="ungreeted", sql="ALTER TABLE teams ADD farewell text")
        schema._revisions.cache_clear()
        with pytest.raises(StartError, match="The last upgrade was not ended, or more than one release was skipped"):
            schema.expand(database_url)


def test_the_service_may_use_what_an_expansion_added(
    database_url: str, service_database_url: str, later: Callable[[], Any]
) -> None:
    """Rights are given at the end of it, not only of the whole migration."""
    with later():
        schema.expand(database_url)
    with psycopg.connect(service_database_url) as connection:
        connection.execute("UPDATE teams SET greeting = 'hello'")


def test_a_backup_that_no_version_could_restore_is_not_made(
    database_url: str, later: Callable[[], Any], tmp_path: Path
) -> None:
    given = Settings(_env_file=None, database_url=database_url)
    with later():
        schema.expand(database_url)
        with pytest.raises(StartError, match="The schema is between two versions"):
            safekeeping.back_up(given, tmp_path / "new", with_open_ballots=False)
    with pytest.raises(StartError, match="The schema is between two versions"):
        safekeeping.back_up(given, tmp_path / "old", with_open_ballots=False)


# --- What expands ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "spoils"),
    [
        ("ALTER TABLE teams DROP COLUMN industry", ["DROP teams.industry"]),
        ("ALTER TABLE teams RENAME industry TO trade", ["DROP teams.industry"]),
        ("ALTER TABLE teams ALTER industry TYPE text", ["TYPE teams.industry"]),
        ("ALTER TABLE rounds ALTER closed_at SET NOT NULL", ["NOT NULL rounds.closed_at"]),
        ("ALTER TABLE rounds ADD why text NOT NULL", ["NOT NULL rounds.why"]),
        ("ALTER TABLE rounds ALTER opened_at DROP DEFAULT", ["DEFAULT rounds.opened_at"]),
        ("ALTER TABLE rounds ADD CONSTRAINT one CHECK (number = 1)", ["CHECK rounds.one"]),
        ("DROP FUNCTION my_ballot(uuid, uuid)", ["signature of my_ballot(uuid,uuid)"]),
        ("ALTER FUNCTION my_ballot(uuid, uuid) SECURITY INVOKER", ["signature of my_ballot(uuid,uuid)"]),
        ("ALTER TABLE rounds ADD why text NOT NULL DEFAULT ''", []),
        ("CREATE TABLE reasons (why text NOT NULL CHECK (why <> ''))", []),
        ("DROP INDEX idx_team_members_team", []),
    ],
)
def test_what_the_release_before_would_miss_is_found(database_url: str, sql: str, spoils: list[str]) -> None:
    before = Shape(database_url)
    with psycopg.connect(database_url) as connection:
        connection.execute(sql.encode())
    assert before.spoilt_by(Shape(database_url)) == spoils


def of_this_release() -> list[str]:
    """Revisions, in order; all of them stand at the end of the chain."""
    versions = ROOT / "migrations" / "versions"
    made = {file.stem.partition("_")[2] for file in versions.glob("*.py") if file.name >= BEGINS}
    return [name for name in schema._pending(None) if name in made]


def test_this_releases_migrations_expand_or_say_that_they_contract_and_those_come_last(db_url_unmigrated: str) -> None:
    names = of_this_release()
    kinds = [schema._revisions()[name].is_contract for name in names]
    assert kinds == sorted(kinds)

    schema.upgrade(db_url_unmigrated, schema._revisions()[names[0]].before or "base" if names else "head")
    for name in names[: kinds.count(False)]:
        before = Shape(db_url_unmigrated)
        schema.upgrade(db_url_unmigrated, name)
        assert before.spoilt_by(Shape(db_url_unmigrated)) == [], name
