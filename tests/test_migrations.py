"""The migrated database: the given schema with all its rules, what we add, and the way there and back."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import pytest
from sqlalchemy import create_engine, insert, select

from bot.domain.round import Thresholds
from bot.store import schema, tables

HERE = Path(__file__).parent
CATALOG = HERE / "migrated_catalog.txt"
SAMPLE = (HERE / "given_sample.sql").read_text()
TEAM = UUID("550e8400-e29b-41d4-a716-446655440000")
SARAH = UUID("550e8400-e29b-41d4-a716-446655440001")
DECISION = UUID("550e8400-e29b-41d4-a716-446655440010")
ONLY_THE_VAULT = {"evaluations", "ballot_pages", "sealed_cells"}
THRESHOLDS = '{"ranking": 3, "totals": 5, "cell": 5}'

COLUMNS = """
    SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid)
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY c.relname, a.attnum
"""
# Without NOT NULL, which newer versions list here too.
CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND contype <> 'n' AND conrelid <> 0 ORDER BY 1, 2
"""
OWNERS = """
    SELECT relname, CASE WHEN relowner = 'conclave_vault'::regrole THEN 'the vault' ELSE 'whoever migrates' END
    FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1
"""
# What the service's logins may, and the vault's role on tables of others.
GRANTS = """
    SELECT table_name, grantee, string_agg(privilege_type, ', ' ORDER BY privilege_type)
    FROM information_schema.role_table_grants
    WHERE table_schema = 'public' AND grantee IN ('conclave_bot', 'conclave_vault')
        AND (grantee, table_name) NOT IN (SELECT pg_get_userbyid(relowner), relname FROM pg_class)
    GROUP BY 1, 2 ORDER BY 1, 2
"""
COLUMN_GRANTS = """
    SELECT c.table_name, c.grantee, c.privilege_type, string_agg(c.column_name, ', ' ORDER BY c.column_name)
    FROM information_schema.column_privileges c
    WHERE c.table_schema = 'public' AND c.grantee IN ('conclave_bot', 'conclave_vault') AND NOT EXISTS (
        SELECT FROM information_schema.role_table_grants t
        WHERE (t.table_schema, t.table_name, t.grantee, t.privilege_type)
            = (c.table_schema, c.table_name, c.grantee, c.privilege_type))
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
INDEXES = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2"
TRIGGERS = """
    SELECT tgrelid::regclass::text, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2
"""
FUNCTIONS = """
    SELECT p.oid::regprocedure::text, pg_get_function_result(p.oid), l.lanname,
        CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END,
        CASE WHEN p.prosecdef THEN 'security definer' ELSE 'security invoker' END,
        array_to_string(p.proconfig, ' '),
        CASE WHEN has_function_privilege('public', p.oid, 'EXECUTE') THEN 'for everybody'
            WHEN has_function_privilege('conclave_bot', p.oid, 'EXECUTE') THEN 'for the service'
            ELSE 'for its owner' END,
        CASE WHEN p.proowner = 'conclave_vault'::regrole THEN 'of the vault' ELSE 'of whoever migrates' END,
        md5(p.prosrc)
    FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
    WHERE p.pronamespace = 'public'::regnamespace ORDER BY 1
"""


def rows(url: str, query: str, *arguments: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(query, arguments)
        return cursor.fetchall() if cursor.description else []


def run_script(url: str, script: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(script)


def catalog(url: str) -> str:
    parts = {
        "columns": COLUMNS,
        "constraints": CONSTRAINTS,
        "indexes": INDEXES,
        "triggers": TRIGGERS,
        "owners": OWNERS,
        "grants": GRANTS,
        "grants on columns": COLUMN_GRANTS,
        "functions": FUNCTIONS,
    }
    lines = []
    for name, query in parts.items():
        found = [row for row in rows(url, query) if not str(row[0]).startswith("alembic_version")]
        lines += [f"== {name}", *(" | ".join("-" if cell is None else str(cell) for cell in row) for row in found)]
    return "\n".join(lines) + "\n"


# --- The given schema


def test_the_first_migration_is_the_given_schema_word_for_word() -> None:
    given = (Path(str(schema.__file__)).parents[2] / "migrations" / "given_schema.sql").read_bytes()

    assert hashlib.sha256(given).hexdigest() == "8441c44bf418d71cbd7c54d6e9597cde5e5ff5eba07ccc20de21c6f0b8ad3b56"


def test_the_migrated_catalog_contains_the_given_one(database_url: str, db_url_unmigrated: str) -> None:
    given_sql = Path(str(schema.__file__)).parents[2] / "migrations" / "given_schema.sql"
    run_script(db_url_unmigrated, given_sql.read_text())

    for query in (COLUMNS, CONSTRAINTS, INDEXES):
        given, migrated = rows(db_url_unmigrated, query), rows(database_url, query)
        assert given
        # In the given order too: an INSERT without column names means what it meant.
        assert [row for row in migrated if row in given] == given


def test_decisions_of_before_get_the_currency_of_their_team_and_the_trail_its_order(db_url_unmigrated: str) -> None:
    schema.upgrade(db_url_unmigrated, "operating")
    run_script(db_url_unmigrated, SAMPLE)
    run_script(db_url_unmigrated, "UPDATE teams SET currency = 'EUR'")
    for action in ("first", "second"):
        run_script(db_url_unmigrated, f"INSERT INTO audit_logs (action) VALUES ('{action}')")
    touched = rows(db_url_unmigrated, "SELECT updated_at FROM customer_decisions")

    schema.upgrade(db_url_unmigrated)

    assert rows(db_url_unmigrated, "SELECT DISTINCT currency FROM customer_decisions") == [("EUR",)]
    assert rows(db_url_unmigrated, "SELECT updated_at FROM customer_decisions") == touched
    assert rows(db_url_unmigrated, "SELECT action FROM audit_logs ORDER BY seq") == [("first",), ("second",)]


def test_a_decision_that_is_inserted_without_a_currency_gets_its_teams(database_url: str) -> None:
    run_script(database_url, SAMPLE)
    run_script(database_url, "UPDATE teams SET currency = 'EUR'")
    copied = "team_id, created_by, customer_name, title, description, decision_type"

    run_script(database_url, f"INSERT INTO customer_decisions ({copied}) SELECT {copied} FROM customer_decisions")

    found = rows(database_url, "SELECT currency, count(*) FROM customer_decisions GROUP BY 1 ORDER BY 1")
    assert found == [("EUR", 1), ("USD", 1)]


def test_given_columns_come_first(database_url: str, db_url_unmigrated: str) -> None:
    schema.upgrade(db_url_unmigrated, "given_schema")
    given, migrated = rows(db_url_unmigrated, COLUMNS), rows(database_url, COLUMNS)

    for table in {row[0] for row in given} - {"alembic_version"}:
        of_given = [row for row in given if row[0] == table]
        assert [row for row in migrated if row[0] == table][: len(of_given)] == of_given


def test_the_given_sample_and_its_validation_run_unchanged(database_url: str) -> None:
    run_script(database_url, SAMPLE)

    with psycopg.connect(database_url) as connection:
        cursor = connection.execute((HERE / "given_validate.sql").read_bytes())
        results = [result.fetchall() for result in cursor.results()]
    names, constraints, joined = results
    assert {"teams", "evaluations", "audit_logs"} <= {name for (name,) in names}
    assert len(constraints) > 5
    assert joined == [("Refund Request for Service Outage", "Sarah Johnson", "Customer Success Team")]
    added = "SELECT number, revision, status, current_phase FROM customer_decisions"
    assert rows(database_url, added) == [(1, 1, "created", 1)]


# --- What we add


@pytest.mark.parametrize("phase", [None, 0, 1, 2, 3, 4, 5, 6, 7])
def test_only_the_ten_states_of_the_method_can_be_stored(database_url: str, phase: int | None) -> None:
    allowed = {
        *[("created", 1), ("team_input", 2), ("team_input", 3), ("evaluating", 4), ("resolved", 5), ("resolved", 6)],
        *[("cancelled", 1), ("cancelled", 2), ("cancelled", 3), ("cancelled", 4)],
    }
    run_script(database_url, SAMPLE)

    for status in (None, "", "created", "team_input", "evaluating", "resolved", "cancelled"):
        command = "UPDATE customer_decisions SET status = %s, current_phase = %s"
        if (status, phase) in allowed:
            rows(database_url, command, status, phase)
        else:
            with pytest.raises(psycopg.errors.CheckViolation):
                rows(database_url, command, status, phase)


@pytest.mark.parametrize("currency", ["usd", "US", "U$D", "EURO", ""])
def test_a_currency_is_three_capitals(database_url: str, currency: str) -> None:
    with pytest.raises((psycopg.errors.CheckViolation, psycopg.errors.StringDataRightTruncation)):
        rows(database_url, "INSERT INTO teams (name, company_name, currency) VALUES ('A', 'B', %s)", currency)


NEW_DECISION = """
    INSERT INTO customer_decisions (team_id, created_by, customer_name, title, description, decision_type, number)
    VALUES (%s, %s, 'C', 'T', 'D', 'refund_request', %s) RETURNING number
"""


def test_decisions_are_numbered_per_team(database_url: str) -> None:
    run_script(database_url, SAMPLE)
    ((other,),) = rows(database_url, "INSERT INTO teams (name, company_name) VALUES ('B', 'B') RETURNING id")

    numbers = [rows(database_url, NEW_DECISION, team, SARAH, None) for team in (TEAM, other, TEAM, other)]

    assert numbers == [[(2,)], [(1,)], [(3,)], [(2,)]]


def test_a_number_that_was_given_is_kept_and_not_given_again(database_url: str) -> None:
    run_script(database_url, SAMPLE)

    numbers = [rows(database_url, NEW_DECISION, TEAM, SARAH, number) for number in (42, None, 7, None)]

    assert numbers == [[(42,)], [(43,)], [(7,)], [(44,)]]


def test_decisions_opened_at_once_get_numbers_without_a_gap(database_url: str) -> None:
    run_script(database_url, SAMPLE)

    def open_two(_: int) -> None:
        with psycopg.connect(database_url) as connection:
            connection.execute(NEW_DECISION, [TEAM, SARAH, None])
            connection.rollback()  # a number that was not used is used by the next
            connection.execute(NEW_DECISION, [TEAM, SARAH, None])

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(open_two, range(24)))

    numbers = rows(database_url, "SELECT number FROM customer_decisions ORDER BY number")
    assert [number for (number,) in numbers] == list(range(1, 26))


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("teams", "industry = 'x'"),
        ("team_members", "expertise_areas = '{x}'"),
        ("customer_decisions", "ai_classification = '{\"a\": 1}'"),
        ("decision_outcomes", "outcome_notes = 'x'"),
    ],
)
def test_updated_at_moves_with_a_change_and_with_nothing_else(database_url: str, table: str, change: str) -> None:
    run_script(database_url, SAMPLE)
    run_script(
        database_url,
        f"""
        INSERT INTO response_options (decision_id, title, description) VALUES ('{DECISION}', 'a', 'b');
        INSERT INTO decision_outcomes (decision_id, selected_option_id) SELECT decision_id, id FROM response_options;
        """,
    )
    updated_at = f"SELECT DISTINCT updated_at FROM {table}"
    ((made,),) = rows(database_url, updated_at)

    run_script(database_url, f"UPDATE {table} SET created_at = created_at")
    assert rows(database_url, updated_at) == [(made,)]
    # Whatever zone the session is in: the column holds UTC.
    run_script(database_url, f"SET timezone = 'Asia/Tokyo'; UPDATE {table} SET {change}")
    ((moved,),) = rows(database_url, updated_at)

    assert made < moved
    assert abs(moved.replace(tzinfo=UTC) - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_decision_has_one_outcome_and_one_unfinished_round(database_url: str) -> None:
    run_script(database_url, SAMPLE)
    run_script(
        database_url, f"INSERT INTO response_options (decision_id, title, description) VALUES ('{DECISION}', 'a', 'b')"
    )
    outcome = (
        "INSERT INTO decision_outcomes (decision_id, selected_option_id) SELECT decision_id, id FROM response_options"
    )
    new_round = f"""
        INSERT INTO rounds (decision_id, number, closes_at, snapshot, thresholds)
        SELECT '{DECISION}', count(*) + 1, now(), '{{}}', '{THRESHOLDS}' FROM rounds
    """
    run_script(database_url, outcome)
    run_script(database_url, new_round)

    for again in (outcome, new_round):
        with pytest.raises(psycopg.errors.UniqueViolation):
            run_script(database_url, again)
    run_script(database_url, "UPDATE rounds SET voided_at = now()")
    run_script(database_url, new_round)


def test_a_published_round_is_followed_by_one_round_at_most(database_url: str) -> None:
    run_script(database_url, SAMPLE)

    def new_round(number: int, follows: str) -> None:
        run_script(
            database_url,
            f"""
            INSERT INTO rounds (decision_id, number, follows, closes_at, snapshot, thresholds, published_at)
            VALUES ('{DECISION}', {number}, {follows}, now(), '{{}}', '{THRESHOLDS}', now())
            """,
        )

    new_round(1, "NULL")
    with pytest.raises(psycopg.errors.UniqueViolation, match="uq_rounds_first"):
        new_round(2, "NULL")
    first = "(SELECT id FROM rounds WHERE number = 1)"
    new_round(2, first)
    with pytest.raises(psycopg.errors.UniqueViolation, match="uq_rounds_follows"):
        new_round(3, first)


@pytest.mark.parametrize(
    "thresholds",
    [
        '{"ranking": 3, "halves": 3, "totals": 5, "cell": 5}',
        "{}",
        '{"ranking": 2, "totals": 5, "cell": 5}',
        '{"ranking": 3, "totals": 5}',
    ],
)
def test_no_round_shows_more_than_the_method_allows(database_url: str, thresholds: str) -> None:
    run_script(database_url, SAMPLE)

    with pytest.raises(psycopg.errors.CheckViolation, match="ck_rounds_thresholds"):
        rows(
            database_url,
            "INSERT INTO rounds (decision_id, number, closes_at, snapshot, thresholds) VALUES (%s, 1, now(), '{}', %s)",
            *(DECISION, thresholds),
        )


@pytest.mark.parametrize("table", ["response_options", "decision_criteria"])
def test_what_is_scored_is_deleted_with_its_decision_only(database_url: str, table: str) -> None:
    """Its foreign key would refuse as well, but only where somebody scored it: that would tell who abstained."""
    run_script(database_url, SAMPLE)
    run_script(
        database_url,
        f"""
        INSERT INTO response_options (decision_id, title, description) VALUES ('{DECISION}', 'a', 'b');
        INSERT INTO decision_criteria (decision_id, name, created_by) VALUES ('{DECISION}', 'k', '{SARAH}');
        INSERT INTO rounds (decision_id, number, closes_at, snapshot, thresholds)
            VALUES ('{DECISION}', 1, now(), '{{}}', '{THRESHOLDS}');
        """,
    )

    with pytest.raises(psycopg.Error) as refused:
        rows(database_url, f"DELETE FROM {table}")
    assert refused.value.sqlstate == "CV005"
    run_script(database_url, f"DELETE FROM customer_decisions WHERE id = '{DECISION}'")
    assert rows(database_url, f"SELECT count(*) FROM {table}") == [(0,)]


def test_what_was_scored_in_a_voided_round_can_be_removed(database_url: str) -> None:
    run_script(database_url, SAMPLE)
    run_script(
        database_url,
        f"""
        INSERT INTO response_options (decision_id, title, description) VALUES ('{DECISION}', 'a', 'b');
        INSERT INTO rounds (decision_id, number, closes_at, snapshot, thresholds, voided_at)
            VALUES ('{DECISION}', 1, now(), '{{}}', '{THRESHOLDS}', now());
        DELETE FROM response_options;
        """,
    )

    assert rows(database_url, "SELECT count(*) FROM response_options") == [(0,)]


def test_the_catalog_is_the_one_that_was_reviewed(database_url: str) -> None:
    """Autogenerate sees no CHECK, trigger or function. Refresh: REFRESH_CATALOG=1 pytest tests/test_migrations.py"""
    found = catalog(database_url)
    if os.environ.get("REFRESH_CATALOG"):
        CATALOG.write_text(found)

    assert found.splitlines() == CATALOG.read_text().splitlines()


# --- The tables as the code sees them


def test_the_tables_equal_the_catalog(database_url: str, db_url_unmigrated: str) -> None:
    engine = create_engine(db_url_unmigrated.replace("postgresql:", "postgresql+psycopg:"))
    tables.metadata.create_all(engine)
    engine.dispose()

    def columns(url: str) -> set[tuple[Any, ...]]:
        hidden = ONLY_THE_VAULT | {"alembic_version"}
        return {row[:4] for row in rows(url, COLUMNS) if row[0] not in hidden}

    def keys(url: str) -> set[tuple[Any, ...]]:
        kinds = ("PRIMARY KEY", "FOREIGN KEY")
        hidden = ONLY_THE_VAULT | {"alembic_version"}
        found = {(table, text) for table, _, text in rows(url, CONSTRAINTS) if text.startswith(kinds)}
        return {(table, text) for table, text in found if table not in hidden}

    assert columns(db_url_unmigrated) == columns(database_url)
    assert keys(db_url_unmigrated) == keys(database_url)


def test_a_time_comes_back_as_it_went_in_aware_and_utc(database_url: str) -> None:
    engine = create_engine(database_url.replace("postgresql:", "postgresql+psycopg:"))
    at = datetime(2026, 3, 29, 3, 30, tzinfo=UTC)
    tokyo = at.astimezone(ZoneInfo("Asia/Tokyo"))

    with engine.begin() as connection:
        connection.execute(insert(tables.teams).values(name="A", company_name="B", created_at=tokyo))
        found = connection.execute(select(tables.teams.c.created_at, tables.teams.c.industry)).one()
        with pytest.raises(Exception, match="naive"):
            connection.execute(
                insert(tables.teams).values(name="A", company_name="B", created_at=at.replace(tzinfo=None))
            )
    engine.dispose()

    assert (found.created_at, found.created_at.tzinfo) == (at, UTC)
    assert rows(database_url, "SELECT created_at FROM teams") == [(at.replace(tzinfo=None),)]


# --- There and back


def test_down_and_up_again_gives_the_same_database(db_url_unmigrated: str) -> None:
    url = db_url_unmigrated
    schema.upgrade(url, "given_schema")
    given = catalog(url)
    schema.upgrade(url)
    migrated = catalog(url)

    schema.downgrade(url, "given_schema")
    assert catalog(url) == given
    schema.upgrade(url)
    assert catalog(url) == migrated
    schema.downgrade(url)
    assert [line for line in catalog(url).splitlines() if not line.startswith("== ")] == []
    schema.upgrade(url)
    assert catalog(url) == migrated


def test_migrating_keeps_what_is_there_and_numbers_it(db_url_unmigrated: str) -> None:
    url = db_url_unmigrated
    schema.upgrade(url, "given_schema")
    run_script(url, SAMPLE)
    older = """
        INSERT INTO customer_decisions (team_id, created_by, customer_name, title, description, decision_type,
            created_at)
        SELECT team_id, created_by, customer_name, 'Older', description, decision_type,
            created_at - interval '1 day' FROM customer_decisions
    """
    run_script(url, older)
    given = rows(url, "SELECT id, title, created_at FROM customer_decisions ORDER BY id")

    schema.upgrade(url)

    titles = rows(url, "SELECT number, title FROM customer_decisions ORDER BY number")
    assert titles == [(1, "Older"), (2, "Refund Request for Service Outage")]
    assert rows(url, NEW_DECISION, TEAM, SARAH, None) == [(3,)]
    run_script(url, "DELETE FROM customer_decisions WHERE number = 3")
    schema.downgrade(url, "given_schema")
    assert rows(url, "SELECT id, title, created_at FROM customer_decisions ORDER BY id") == given


def test_no_open_ballot_outlives_the_vault(database_url: str) -> None:
    run_script(database_url, SAMPLE)
    run_script(
        database_url,
        f"""
        INSERT INTO response_options (decision_id, title, description) VALUES ('{DECISION}', 'a', 'b');
        INSERT INTO decision_criteria (decision_id, name, created_by) VALUES ('{DECISION}', 'k', '{SARAH}');
        INSERT INTO rounds (decision_id, number, closes_at, snapshot, thresholds)
            VALUES ('{DECISION}', 1, now(), '{{}}', '{THRESHOLDS}');
        INSERT INTO evaluations (decision_id, evaluator_id, option_id, criteria_id, score)
            SELECT '{DECISION}', '{SARAH}', o.id, k.id, 7 FROM response_options o, decision_criteria k;
        """,
    )

    schema.downgrade(database_url, "given_schema")

    assert rows(database_url, "SELECT count(*) FROM evaluations") == [(0,)]


def test_the_version_is_told(db_url_unmigrated: str) -> None:
    url = db_url_unmigrated
    assert schema.current(url) is None

    schema.upgrade(url, "given_schema")
    assert schema.current(url) == "given_schema"

    schema.upgrade(url)
    assert schema.current(url) == schema.head()


def as_postgres(url: str) -> str:
    return url.replace("postgresql://", "postgres://")


def as_psycopg(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://")


@pytest.mark.parametrize("spelled", [as_postgres, as_psycopg])
def test_urls_are_understood_in_every_spelling(db_url_unmigrated: str, spelled: Callable[[str], str]) -> None:
    schema.upgrade(spelled(db_url_unmigrated), "given_schema")

    assert schema.current(spelled(db_url_unmigrated)) == "given_schema"


def test_a_round_that_is_open_at_the_upgrade_keeps_its_pages_and_follows_the_stricter_rule(
    db_url_unmigrated: str,
) -> None:
    url = db_url_unmigrated
    schema.upgrade(url, "lookups")
    run_script(url, SAMPLE)
    snapshot = "jsonb_build_object('options', jsonb_agg(o.id), 'criteria', jsonb_agg(jsonb_build_object('id', k.id)))"
    run_script(
        url,
        f"""
        INSERT INTO response_options (decision_id, title, description) VALUES ('{DECISION}', 'a', 'b');
        INSERT INTO decision_criteria (decision_id, name, created_by) VALUES ('{DECISION}', 'k', '{SARAH}');
        INSERT INTO rounds (decision_id, number, opened_by, closes_at, snapshot, thresholds)
            SELECT '{DECISION}', 1, '{SARAH}', now() + interval '1 day', {snapshot}, '{THRESHOLDS}'
            FROM response_options o JOIN decision_criteria k USING (decision_id) WHERE decision_id = '{DECISION}';
        INSERT INTO round_members (round_id, member_id) SELECT id, '{SARAH}' FROM rounds;
        INSERT INTO ballot_pages SELECT r.id, '{SARAH}', k.id,
            jsonb_build_object('scores', jsonb_build_object(o.id::text, 7), 'confidence', NULL, 'abstain', false)
            FROM rounds r JOIN decision_criteria k USING (decision_id) JOIN response_options o USING (decision_id);
        """,
    )

    schema.upgrade(url)

    ((page,),) = rows(url, "SELECT page -> 'scores' FROM rounds r, my_ballot(r.id, %s)", SARAH)
    assert list(page.values()) == [7]
    assert rows(url, "SELECT answer FROM rounds r, submit_ballot(r.id, %s)", SARAH) == [("submitted",)]
    assert rows(url, "SELECT score, confidence FROM evaluations") == [(7, None)]
    assert Thresholds(**rows(url, "SELECT thresholds FROM rounds")[0][0]).halves == 4


def test_two_migrators_at_once_migrate_once(db_url_unmigrated: str) -> None:
    script = f"from bot.store import schema; schema.upgrade({db_url_unmigrated!r})"

    migrators = [subprocess.Popen([sys.executable, "-W", "error", "-c", script]) for _ in range(3)]

    assert [migrator.wait(60) for migrator in migrators] == [0, 0, 0]
    assert schema.current(db_url_unmigrated) == schema.head()


def test_a_migration_gives_up_rather_than_block_those_who_work(db_url_unmigrated: str) -> None:
    schema.upgrade(db_url_unmigrated, "given_schema")

    with psycopg.connect(db_url_unmigrated) as somebody:
        somebody.execute("SELECT count(*) FROM teams")
        with pytest.raises(Exception, match="lock timeout"):
            schema.upgrade(db_url_unmigrated)
        somebody.rollback()

    assert schema.current(db_url_unmigrated) == "given_schema"
    schema.upgrade(db_url_unmigrated)


def test_alembic_is_imported_only_to_migrate() -> None:
    script = "import bot.store.schema, bot.store.tables, sys; sys.exit('alembic' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
