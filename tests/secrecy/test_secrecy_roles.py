"""What a stolen login of the service gets from the database: SQL of every kind, but no ballot.

Not claimed, and so not here: that this login cannot call `my_ballot` for anybody while scoring is open. It may do what
the running service may do.
"""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from bot.cli import operations
from bot.config import Settings
from tests.support.vault import Vault

DENIED = "42501"
NOT_YET, REHEARSED, NEVER = "CV001", "CV002", "CV003"
VAULTED = ("evaluations", "ballot_pages", "sealed_cells")


class Thief:
    """A session as the service's login, with the ids that the service knows."""

    def __init__(self, connection: psycopg.Connection[Any], vault: Vault, r: Any) -> None:
        self.connection, self.vault, self.r = connection, vault, r
        self.ids = {
            "r": r.id,
            "decision": r.decision_id,
            "option": r.options[0],
            "scored": r.criteria[0],
            "skipped": r.criteria[1],
            "member": r.members[0],
            "other": r.members[2],
        }

    def state_of(self, statement: str) -> str | None:
        """Try a statement in a transaction of its own, rolled back; its SQLSTATE, None where it went through."""
        try:
            with self.connection.transaction(force_rollback=True):
                psycopg.ClientCursor(self.connection).execute(statement, self.ids)
        except psycopg.Error as error:
            return error.sqlstate
        return None

    def told_by(self, *statements: str) -> str:
        """All that the server says to a few statements: results, notices, errors with their details."""
        said: list[str] = []
        self.connection.add_notice_handler(lambda d: said.append(f"{d.message_primary} {d.message_detail} {d.context}"))
        cursor = psycopg.ClientCursor(self.connection)
        for statement in statements:
            try:
                cursor.execute(statement, self.ids)
                if cursor.description:
                    said.append(str(cursor.fetchall()))
            except psycopg.Error as error:
                d = error.diag
                said += [str(part) for part in (error, d.message_detail, d.message_hint, d.context, d.internal_query)]
        return "\n".join(said)


@pytest.fixture
def thief(vault: Vault, service_database_url: str) -> Iterator[Thief]:
    """An open round: of two ballots one skips the second criterion; and the service's login in wrong hands."""
    r = vault.a_round()
    vault.fill(r, r.members[0], [(7, 3), None], confidence=2, comments={0: "zqsecret"}, share=True)
    vault.submit(r, r.members[0])
    vault.fill(r, r.members[1], [(2, 9), (4, 4)])
    vault.submit(r, r.members[1])
    with psycopg.connect(service_database_url, autocommit=True) as connection:
        yield Thief(connection, vault, r)


READING = [
    "SELECT * FROM {table}",
    "SELECT count(*) FROM {table}",
    "SELECT ctid, xmin, xmax, tableoid FROM {table}",
    "SELECT 1 FROM {table} LIMIT 1",
    "TABLE {table}",
    "COPY {table} TO STDOUT",
    "COPY (SELECT * FROM {table}) TO STDOUT",
    "EXPLAIN ANALYZE SELECT * FROM {table}",
    "EXPLAIN (ANALYZE, VERBOSE, BUFFERS) DELETE FROM {table}",
    "DECLARE c CURSOR FOR SELECT * FROM {table}",
    "PREPARE p AS SELECT * FROM {table}; EXECUTE p",
    "CREATE TEMP TABLE t AS SELECT * FROM {table}",
    "CREATE TEMP VIEW v AS SELECT * FROM {table}; SELECT * FROM v",
    "SELECT * FROM {table} FOR UPDATE",
    "LOCK TABLE {table}",
    "DO $$ BEGIN PERFORM * FROM {table}; END $$",
    "SELECT query_to_xml('SELECT * FROM {table}', true, true, '')",
    "SELECT table_to_xml('{table}', true, true, '')",
    "SELECT row_to_json(t) FROM {table} t",
]
WRITING = [
    "INSERT INTO {table} DEFAULT VALUES",
    "UPDATE {table} SET criteria_id = criteria_id",
    "DELETE FROM {table}",
    "TRUNCATE {table}",
    "MERGE INTO {table} t USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE",
]
OWNING = [
    "ALTER TABLE {table} OWNER TO CURRENT_USER",
    "ALTER TABLE {table} ADD x int",
    "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
    "CREATE TRIGGER x BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION touch_updated_at()",
    "CREATE RULE x AS ON INSERT TO {table} DO ALSO NOTIFY x",
    "CREATE TEMP TABLE child () INHERITS ({table})",
    "CREATE STATISTICS x ON criteria_id, option_id FROM {table}",
    "CREATE PUBLICATION x FOR TABLE {table}",
    "GRANT SELECT ON {table} TO CURRENT_USER",
    "DROP TABLE {table} CASCADE",
]


@pytest.mark.parametrize("table", VAULTED)
@pytest.mark.parametrize("statement", READING + WRITING + OWNING)
def test_no_statement_reaches_a_table_of_the_vault(thief: Thief, table: str, statement: str) -> None:
    refusal = thief.state_of(statement.format(table=table))

    without_xml = {"0A000"} if "_to_xml" in statement else set()  # a server may be built without it
    assert refusal in {DENIED, *without_xml}


BECOMING = [
    "SET ROLE conclave_vault",
    "SET SESSION AUTHORIZATION conclave_vault",
    "GRANT conclave_vault TO CURRENT_USER",
    "CREATE ROLE x IN ROLE conclave_vault",
    "ALTER ROLE conclave_vault LOGIN PASSWORD 'x'",
    "ALTER DEFAULT PRIVILEGES FOR ROLE conclave_vault GRANT SELECT ON TABLES TO PUBLIC",
    "REASSIGN OWNED BY conclave_vault TO CURRENT_USER",
    "SET session_replication_role = replica",
    "ALTER FUNCTION my_ballot(uuid, uuid) SECURITY INVOKER",
    "CREATE OR REPLACE FUNCTION round_quorum(n int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE FUNCTION public.has_quorum(text) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
    "CREATE TABLE public.rounds2 (id int)",
    "SELECT pg_read_file('PG_VERSION')",
    "COPY teams TO PROGRAM 'cat'",
    "SELECT pg_create_logical_replication_slot('x', 'test_decoding')",
    "LOAD 'auto_explain'",
]


@pytest.mark.parametrize("statement", BECOMING)
def test_nobody_becomes_the_vault_or_changes_its_code(thief: Thief, statement: str) -> None:
    assert thief.state_of(statement) in {DENIED, "55000", "58P01"}


INNER = [
    "SELECT has_quorum(%(r)s)",
    "SELECT ballot_refusal(r, %(member)s) FROM rounds r",
    "SELECT is_score_page(r, '{}') FROM rounds r",
    "SELECT is_comments_page(r, '{}') FROM rounds r",
    "SELECT seal_round(r, 3) FROM rounds r",
    "SELECT round_rows(r) FROM rounds r",
    "SELECT is_page(r, NULL, '{}') FROM rounds r",
    "SELECT blank_scores(r) FROM rounds r",
    "SELECT kept_page('{}', '{}')",
    "SELECT keep_ballots(r, '[]') FROM rounds r",
    "SELECT take_ballots(r, '[]') FROM rounds r",
    "SELECT opened_page('{}')",
    "SELECT as_printed(1, 1, 2)",
    "SELECT exact_total('{1}', '{1}', '{1}')",
    "SELECT is_agreement('{1,2}', 'spread', 3)",
    "SELECT camp_sizes('{1,2}')",
    "SELECT names_in('{}', '{}', '{}')",
]


@pytest.mark.parametrize("statement", INNER)
def test_the_inner_functions_are_the_vaults_own(thief: Thief, statement: str) -> None:
    assert thief.state_of(statement) == DENIED


# --- Closing that nobody committed


FORGED = [
    "UPDATE rounds SET closed_at = now(), closed_xid = '1' WHERE id = %(r)s",
    "UPDATE rounds SET closes_at = now() WHERE id = %(r)s",
    'UPDATE rounds SET thresholds = \'{"ranking": 1, "totals": 1, "cell": 1}\'',
    "UPDATE rounds SET published_at = NULL",
    "DELETE FROM rounds",
    "UPDATE round_members SET submitted = true WHERE round_id = %(r)s",
    "UPDATE round_members SET member_id = %(other)s",
    "INSERT INTO round_members (round_id, member_id, submitted) VALUES (%(r)s, gen_random_uuid(), true)",
    "INSERT INTO round_members (round_id, member_id) VALUES (%(r)s, gen_random_uuid())",
    "UPDATE round_members SET excused_at = NULL",
    "DELETE FROM round_members WHERE round_id = %(r)s AND member_id <> %(member)s",
    "INSERT INTO rounds (decision_id, number, closes_at, snapshot, thresholds, closed_at, closed_xid) "
    "SELECT decision_id, 9, now(), snapshot, thresholds, now(), '1' FROM rounds WHERE id = %(r)s",
    "INSERT INTO rounds (decision_id, number, closes_at, snapshot, thresholds, follows) "
    "SELECT decision_id, 9, now(), snapshot, thresholds, id FROM rounds WHERE id = %(r)s",
    "UPDATE round_results SET body = '{}'",
    "DELETE FROM round_results",
    "UPDATE audit_logs SET details = NULL",
    "DELETE FROM audit_logs",
]


@pytest.mark.parametrize("statement", FORGED)
def test_what_decides_over_a_round_moves_by_the_functions_alone(thief: Thief, statement: str) -> None:
    assert thief.state_of(statement) == DENIED


def test_a_second_first_round_cannot_be_slipped_in(thief: Thief) -> None:
    statement = (
        "INSERT INTO rounds (decision_id, number, closes_at, snapshot, thresholds) "
        "SELECT decision_id, 9, now() - interval '1 hour', snapshot, thresholds FROM rounds WHERE id = %(r)s"
    )

    assert thief.state_of(statement) == "23505"


@pytest.mark.parametrize("limits", ["1, 4, 1, 1", "3, 4, 3, 5", "2, 4, 5, 5", "3, 3, 5, 5"])
def test_no_round_is_opened_that_shows_more(thief: Thief, limits: str) -> None:
    ranking, halves, totals, cell = limits.split(", ")
    statement = (
        "INSERT INTO rounds (decision_id, number, closes_at, snapshot, thresholds) "
        f"SELECT decision_id, 9, now(), snapshot, jsonb_build_object('ranking', {ranking}, 'halves', {halves}, "
        f"'totals', {totals}, 'cell', {cell}) FROM rounds WHERE id = %(r)s"
    )

    assert thief.state_of(statement) == "23514"


REHEARSALS = [
    "SELECT close_round(%(r)s, %(member)s); SELECT * FROM publish_round(%(r)s)",
    "SELECT excuse_member(%(r)s, %(other)s); SELECT close_round(%(r)s, NULL); SELECT * FROM publish_round(%(r)s)",
    "SELECT set_roster(%(r)s, ARRAY[%(member)s]); SELECT close_round(%(r)s, NULL); SELECT * FROM publish_round(%(r)s)",
    "SELECT excuse_member(%(r)s, %(other)s); SELECT close_round(%(r)s, NULL); "
    "SELECT override_round(%(r)s, NULL, 'x'); SELECT * FROM publish_round(%(r)s)",
    "SELECT void_round(%(r)s, NULL, 'x'); SELECT * FROM published_comments(%(r)s); SELECT * FROM publish_round(%(r)s)",
    "SELECT open_second_round(%(decision)s, NULL, now() + interval '1 day'); SELECT * FROM publish_round(%(r)s)",
]


@pytest.mark.parametrize("steps", REHEARSALS)
def test_an_end_that_is_rolled_back_shows_nothing(thief: Thief, steps: str) -> None:
    assert thief.state_of(steps) in {NOT_YET, REHEARSED, NEVER}
    assert thief.vault.order(thief.r) == "open"


def test_comments_stay_shut_while_scoring_is_open(thief: Thief) -> None:
    assert thief.connection.execute("SELECT * FROM published_comments(%s)", [thief.r.id]).fetchall() == []


# --- What an error, a key or a number gives away


ORACLES = [
    "DELETE FROM decision_criteria WHERE id = %({criterion})s",
    "DELETE FROM response_options WHERE decision_id = %(decision)s",
    "UPDATE decision_criteria SET id = gen_random_uuid() WHERE id = %({criterion})s",
    "UPDATE decision_criteria SET decision_id = gen_random_uuid() WHERE id = %({criterion})s",
    "UPDATE response_options SET id = gen_random_uuid() WHERE id = %(option)s",
    "UPDATE team_members SET id = gen_random_uuid() WHERE id = %(member)s",
    "UPDATE customer_decisions SET id = gen_random_uuid() WHERE id = %(decision)s",
    "DELETE FROM team_members WHERE id = %(member)s",
    "DELETE FROM customer_decisions WHERE id = %(decision)s",
    "DELETE FROM teams",
]


@pytest.mark.parametrize("statement", ORACLES)
def test_no_foreign_key_tells_who_skipped_a_criterion(thief: Thief, statement: str) -> None:
    """A row that evaluations refer to cannot go; one that they do not refer to must be refused alike."""
    told = [thief.told_by(statement.format(criterion=which)) for which in ("scored", "skipped")]

    assert told[0] == told[1] or "criterion" not in statement
    assert not any("evaluations" in words or "ballot_pages" in words for words in told)


def test_a_trigger_of_ones_own_does_not_delete_past_the_guard(thief: Thief) -> None:
    """The guard asks whether the decision is still there, not how deep in triggers the deletion comes."""
    state = thief.state_of(
        "CREATE TEMP TABLE mine (id int);"
        "CREATE FUNCTION pg_temp.strike() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN DELETE FROM public.decision_criteria WHERE id = %(skipped)s; RETURN NEW; END $$;"
        "CREATE TRIGGER strike BEFORE INSERT ON mine FOR EACH ROW EXECUTE FUNCTION pg_temp.strike();"
        "INSERT INTO mine VALUES (1)"
    )

    assert state == "CV005"


def test_names_of_ones_own_are_not_taken_for_the_vaults(thief: Thief) -> None:
    """The functions look in the catalog and in public only: a temporary `rounds` before them deceives nobody."""
    state = thief.state_of(
        "CREATE TEMP TABLE rounds AS SELECT * FROM public.rounds;"
        "UPDATE pg_temp.rounds SET closed_at = now(), closed_xid = '1', override_reason = 'x';"
        "SET LOCAL search_path = pg_temp, public;"
        "SELECT * FROM public.publish_round(%(r)s)"
    )

    assert state == NOT_YET


TALKATIVE = [
    "SET client_min_messages = debug5",
    "SET debug_print_plan = on",
    "SET debug_print_parse = on",
    "SET debug_print_rewritten = on",
    "SET plan_cache_mode = force_custom_plan",
    "SET log_min_error_statement = debug5",
]


def test_a_talkative_session_hears_no_score_of_anybody(thief: Thief) -> None:
    """Every setting that a login may change, and then each function that reads ballots without handing them out."""
    told = thief.told_by(
        *TALKATIVE,
        "SELECT round_order(%(r)s)",
        "SELECT * FROM verify_round(%(r)s)",
        "SELECT close_round(%(r)s, NULL)",
        "SELECT * FROM publish_round(%(r)s)",
        "SELECT * FROM published_comments(%(r)s)",
        "SELECT extend_round(%(r)s, now() + interval '1 day')",
        "SELECT * FROM submit_ballot(%(r)s, %(member)s)",
        "SELECT * FROM submit_pages(%(r)s, %(member)s, '[]')",
        "SELECT * FROM pg_stats WHERE tablename IN ('evaluations', 'ballot_pages', 'sealed_cells')",
        "SELECT query FROM pg_stat_activity",
    )

    assert "zqsecret" not in told
    assert '"scores"' not in told


def test_interrupting_a_submit_says_nothing_of_its_rows(thief: Thief) -> None:
    """A cancelled statement tells where it was, in words of the code, never a row."""
    told = thief.told_by(
        "SET statement_timeout = '1ms'",
        *["SELECT * FROM submit_ballot(%(r)s, %(member)s)" for _ in range(30)],
        *["SELECT * FROM submit_pages(%(r)s, %(member)s, '[]')" for _ in range(30)],
        "RESET statement_timeout",
    )

    assert "zqsecret" not in told
    assert "Failing row" not in told


def test_nothing_is_sampled_by_a_login_that_does_not_own_it(thief: Thief) -> None:
    told = thief.told_by("ANALYZE VERBOSE evaluations", "VACUUM VERBOSE ballot_pages", "ANALYZE VERBOSE")

    assert "scanned" not in "".join(line for line in told.splitlines() if "evaluations" in line or "ballot" in line)


# --- After publication


@pytest.fixture
def late_thief(thief: Thief) -> Thief:
    """The round is published."""
    vault, r = thief.vault, thief.r
    vault.fill(r, r.members[2], [(5, 5), (6, 6)], comments={0: "zqkept to themselves"})
    assert vault.submit(r, r.members[2]).closed
    vault.publish(r)
    return thief


def test_after_publication_nobodys_ballot_comes_out_of_any_function(late_thief: Thief) -> None:
    r, connection = late_thief.r, late_thief.connection
    for member in r.members:
        assert connection.execute("SELECT * FROM my_ballot(%s, %s)", [r.id, member]).fetchall() == []
        assert connection.execute("SELECT answer FROM submit_ballot(%s, %s)", [r.id, member]).fetchall() == [
            ("closed",)
        ]
        answers = connection.execute("SELECT answer FROM submit_pages(%s, %s, '[]')", [r.id, member]).fetchall()
        assert answers == [("closed",)]
        saved = connection.execute("SELECT save_page(%s, %s, NULL, '{}')", [r.id, member]).fetchall()
        assert saved == [("closed",)]
    assert late_thief.state_of("SELECT * FROM publish_round(%(r)s)") == NEVER


def test_the_check_of_a_result_answers_in_words_and_not_before_publication(thief: Thief) -> None:
    ask = "SELECT looked_at, answer FROM verify_round(%s)"
    vault, r = thief.vault, thief.r
    assert thief.connection.execute(ask, [r.id]).fetchall() == [("order", "open")]
    vault.fill(r, r.members[2], [(5, 5), (6, 6)])
    assert vault.submit(r, r.members[2]).closed
    assert thief.connection.execute(ask, [r.id]).fetchall() == [("order", "closed")]
    vault.publish(r)

    told = dict(thief.connection.execute(ask, [r.id]).fetchall())

    assert told == {
        "order": "sealed", "criteria": "same", "weights": "same", "options": "same", "result": "missing"
    }  # fmt: skip
    # What the service may change is compared with the snapshot and with nothing else.
    with thief.connection.transaction(force_rollback=True):
        thief.connection.execute("UPDATE decision_criteria SET weight = 5 WHERE id = %s", [r.criteria[0]])
        changed = dict(thief.connection.execute(ask, [r.id]).fetchall())
    assert changed == told | {"weights": "differ"}


def test_after_publication_only_the_comments_that_were_shared_come_out(late_thief: Thief) -> None:
    found = late_thief.connection.execute("SELECT comment FROM published_comments(%s)", [late_thief.r.id]).fetchall()

    assert found == [("zqsecret",)]


def test_a_second_round_does_not_open_the_first(late_thief: Thief) -> None:
    r, connection = late_thief.r, late_thief.connection
    opened = connection.execute(
        "SELECT answer FROM open_second_round(%s, NULL, now() + interval '1 day')", [r.decision_id]
    ).fetchall()
    assert opened == [("opened",)]

    for member in r.members:
        assert connection.execute("SELECT * FROM my_ballot(%s, %s)", [r.id, member]).fetchall() == []
    assert late_thief.state_of("SELECT * FROM publish_round(%(r)s)") == NEVER
    assert late_thief.state_of("SELECT * FROM sealed_cells") == DENIED


# --- What the operator is told


def test_every_table_is_either_the_vaults_or_the_services(thief: Thief) -> None:
    """A new table without a line in roles.sql would fail in production only."""
    found = thief.connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' "
        "AND NOT has_any_column_privilege(oid, 'SELECT')"
    ).fetchall()

    assert {name for (name,) in found} == {*VAULTED}


async def test_the_doctor_says_when_the_vault_is_closed(service_database_url: str) -> None:
    found = await _secrecy(service_database_url)

    assert found.words == "the service's login reaches ballots through the vault's functions only"


async def test_the_doctor_says_what_holds_with_the_owners_login(database_url: str) -> None:
    found = await _secrecy(database_url)

    assert found.is_fine, "everything works all the same"
    assert "could read ballots past the vault's functions: it is a superuser, it" in found.words
    assert "may read the tables of ballots" in found.words


WAYS = [
    ("GRANT conclave_vault TO {login}", "REVOKE conclave_vault FROM {login}", "is a member of conclave_vault"),
    ("GRANT SELECT (score) ON evaluations TO {login}", "", "may read the tables of ballots"),
    ("GRANT UPDATE (closed_xid) ON rounds TO {login}", "", "may change rounds past the functions"),
    ("GRANT UPDATE (excused_at) ON round_members TO {login}", "", "may change rounds past the functions"),
    ("GRANT DELETE ON round_members TO {login}", "", "may change rounds past the functions"),
    ("GRANT CREATE ON SCHEMA public TO {login}", "", "may put functions beside those of the vault"),
    ("ALTER ROLE {login} REPLICATION", "ALTER ROLE {login} NOREPLICATION", "may replicate the database"),
    ("GRANT pg_read_server_files TO {login}", "REVOKE pg_read_server_files FROM {login}", "may use the files"),
    ("GRANT pg_read_all_data TO {login}", "REVOKE pg_read_all_data FROM {login}", "may read the tables of ballots"),
]


@pytest.mark.parametrize(("open_it", "close_it", "words"), WAYS)
async def test_the_doctor_finds_every_way_around(
    database_url: str, service_database_url: str, open_it: str, close_it: str, words: str
) -> None:
    """A login of its own for each: roles belong to the whole server, where other tests are at work."""
    url, login = make_url(service_database_url), "conclave_test_other"
    with psycopg.connect(database_url, autocommit=True) as owner:
        name = f"{login}_{abs(hash(open_it)) % 10**8}"
        owner.execute(f"DROP ROLE IF EXISTS {name}")
        owner.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{url.password or 'x'}' IN ROLE conclave_bot")
        owner.execute(open_it.format(login=name))
        try:
            found = await _secrecy(url.set(username=name).render_as_string(hide_password=False))
        finally:
            if close_it:
                owner.execute(close_it.format(login=name))
            owner.execute(f"DROP OWNED BY {name}")
            owner.execute(f"DROP ROLE {name}")

    assert words in found.words


async def _secrecy(url: str) -> operations.Finding:
    findings = await operations.examine(Settings(_env_file=None, database_url=url))
    (found,) = [f for f in findings if f.subject == "secrecy"]
    return found
