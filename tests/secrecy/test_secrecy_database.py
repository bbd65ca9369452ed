"""What is left in the database after publication, and what a server may write down on its own."""

import shutil
import time
from pathlib import Path

import psycopg
import pytest

from bot import embedded
from bot.cli import operations
from bot.config import Settings
from bot.store import schema
from tests.support.vault import Vault

TELLING = {
    ("evaluations", "evaluator_id"),
    ("evaluations", "score"),
    ("evaluations", "confidence"),
    ("evaluations", "anonymous_comment"),
    ("evaluations", "share_comment"),
    ("ballot_pages", "member_id"),
    ("ballot_pages", "page"),
}


def test_the_planners_statistics_keep_no_sample_of_ballots_or_comments(vault: Vault) -> None:
    """ANALYZE writes down common values, comments included, and never forgets those of a table that is empty now."""
    r = vault.a_round(people=4)
    for number, member in enumerate(r.members):
        comments = {0: "zqdestroyed comment", 1: f"zqdestroyed {number}"}
        vault.fill(r, member, [(7, 3), (7, 3)], comments=comments)
        if number < 3:
            vault.submit(r, member)
    vault.do("ANALYZE evaluations, ballot_pages")
    vault.submit(r, r.members[3])
    assert vault.close(r) == "already"
    vault.publish(r)
    kept = vault.rows("SELECT tablename, attname, most_common_vals::text, histogram_bounds::text FROM pg_stats")
    assert [row for row in kept if row[:2] in TELLING] == []
    assert [row for row in kept if "zqdestroyed" in str(row)] == []


def test_the_row_versions_that_publication_replaced_are_removed_soon(run_dir: Path) -> None:
    """Deleted rows stay in a table until a vacuum; the server comes by itself, as soon as there is one."""
    place = run_dir / "vacuum"
    server = embedded.start(place, settings={"fsync": "off", "autovacuum_naptime": "1s"})
    try:
        schema.upgrade(server.url)
        with psycopg.connect(server.url, autocommit=True) as connection:
            vault = Vault(connection, server.url)
            r = vault.a_round()
            vault.score(r, [(7, 3), (7, 3)], [(1, 2), (3, 4)], [(5, 6), (7, 8)])
            vault.publish(r)
            settled = (
                "SELECT bool_and(n_dead_tup = 0 AND autovacuum_count > 0) FROM pg_stat_all_tables "
                "WHERE relid IN ('evaluations'::regclass, 'ballot_pages'::regclass)"
            )
            end = time.monotonic() + 30
            while not vault.value(settled):
                assert time.monotonic() < end, "old row versions are still there"
                time.sleep(0.2)
    finally:
        server.stop()
        shutil.rmtree(place)


async def test_the_doctor_fails_a_server_that_removes_no_old_row_versions(run_dir: Path) -> None:
    place = run_dir / "no-vacuum"
    server = embedded.start(place, settings={"fsync": "off", "autovacuum": "off"})
    try:
        schema.upgrade(server.url)
        findings = await operations.examine(Settings(_env_file=None, database_url=server.url))
    finally:
        server.stop()
        shutil.rmtree(place)

    (found,) = [f for f in findings if f.subject == "old ballots"]
    assert not found.is_fine
    assert "Set autovacuum = on" in found.words


@pytest.mark.parametrize(
    ("setting", "is_fine"),
    [
        ("log_statement = 'none'", True),
        ("log_min_duration_statement = 250", False),
        ("log_statement = 'all'", False),
        ("log_min_duration_sample = 5", True),
        ("log_transaction_sample_rate = 0.5", False),
        ("log_parameter_max_length_on_error = 100", False),
    ],
)
async def test_the_doctor_fails_a_server_that_logs_the_parameters_of_statements(
    database_url: str, setting: str, is_fine: bool
) -> None:
    """A page of scores travels as a parameter; a slow one would stand in the log of such a server."""
    with psycopg.connect(database_url, autocommit=True) as admin:
        (name,) = admin.execute("SELECT quote_ident(current_database())").fetchone() or ("",)
        admin.execute(f"ALTER DATABASE {name} SET log_parameter_max_length = -1")
        admin.execute(f"ALTER DATABASE {name} SET log_statement_sample_rate = 0")
        admin.execute(f"ALTER DATABASE {name} SET {setting}")
    findings = await operations.examine(Settings(_env_file=None, database_url=database_url))
    (found,) = [f for f in findings if f.subject == "database log"]
    assert found.is_fine is is_fine
    assert is_fine or "log_parameter_max_length = 0" in found.words


@pytest.mark.parametrize(
    ("settings", "is_fine"),
    [
        (("auto_explain.log_min_duration = '250ms'", "auto_explain.log_verbose = on"), False),
        (("auto_explain.log_min_duration = '0'", "auto_explain.log_parameter_max_length = '-1'"), False),
        (("auto_explain.log_min_duration = '250ms'", "auto_explain.log_parameter_max_length = '0'"), True),
        (("auto_explain.log_min_duration = '-1'", "auto_explain.log_verbose = on"), True),
        (("pgaudit.log_parameter = on",), False),
        (("debug_print_plan = on",), False),
    ],
)
async def test_the_doctor_fails_a_server_whose_plans_or_audits_hold_parameters(
    database_url: str, settings: tuple[str, ...], is_fine: bool
) -> None:
    """`Output: save_page(..., '{"scores": ...}'::jsonb)` stood in the log of a server with a verbose auto_explain."""
    with psycopg.connect(database_url, autocommit=True) as admin:
        (name,) = admin.execute("SELECT quote_ident(current_database())").fetchone() or ("",)
        for setting in ("log_parameter_max_length = 0", *settings):
            admin.execute(f"ALTER DATABASE {name} SET {setting}")
    findings = await operations.examine(Settings(_env_file=None, database_url=database_url))
    (found,) = [f for f in findings if f.subject == "database log"]
    assert found.is_fine is is_fine
    assert is_fine or "auto_explain" in found.words


async def test_a_server_that_logs_statements_without_parameters_is_fine(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as admin:
        (name,) = admin.execute("SELECT quote_ident(current_database())").fetchone() or ("",)
        admin.execute(f"ALTER DATABASE {name} SET log_parameter_max_length = 0")
        admin.execute(f"ALTER DATABASE {name} SET log_statement = 'all'")
    findings = await operations.examine(Settings(_env_file=None, database_url=database_url))
    assert [f.is_fine for f in findings if f.subject == "database log"] == [True]
