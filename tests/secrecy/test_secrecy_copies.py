"""What copies ballots past the vault, or reads them: `conclave doctor` names each, and what ends it.

A database's owner can do all of this; the point is that nobody does it by accident and unseen.
"""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from bot.cli import operations
from bot.config import Settings
from tests.support.vault import Vault

TRIGGER = (
    "CREATE FUNCTION spy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;"
    "CREATE TRIGGER spying AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION spy()"
)
COPIES = {
    "a publication of all tables": (
        "CREATE PUBLICATION everything FOR ALL TABLES",
        "the publication everything publishes all tables (DROP PUBLICATION everything, and make it anew with a list)",
    ),
    "a publication of the schema": (
        'CREATE PUBLICATION "All of it" FOR TABLES IN SCHEMA public',
        'the publication "All of it" publishes ballot_pages, evaluations, sealed_cells (DROP PUBLICATION "All of it", '
        "and make it anew without)",
    ),
    "a publication of one table": (
        "CREATE PUBLICATION one FOR TABLE evaluations, teams",
        "the publication one publishes evaluations (DROP PUBLICATION one, and make it anew without)",
    ),
    "a trigger on submitted ballots": (
        TRIGGER.format(table="evaluations"),
        "the trigger spying sees every row of evaluations (DROP TRIGGER spying ON evaluations)",
    ),
    "a trigger on drafts": (
        TRIGGER.format(table="ballot_pages"),
        "the trigger spying sees every row of ballot_pages (DROP TRIGGER spying ON ballot_pages)",
    ),
    "a trigger on a first round": (
        TRIGGER.format(table="sealed_cells"),
        "the trigger spying sees every row of sealed_cells (DROP TRIGGER spying ON sealed_cells)",
    ),
    "a rule": (
        "CREATE RULE also AS ON INSERT TO evaluations DO ALSO NOTIFY x",
        "the rule also sees every row of evaluations (DROP RULE also ON evaluations)",
    ),
}


async def finding(url: str, subject: str) -> operations.Finding:
    findings = await operations.examine(Settings(_env_file=None, database_url=url))
    (found,) = [f for f in findings if f.subject == subject]
    return found


async def test_of_a_usual_database_nothing_is_copied(database_url: str, service_database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute("CREATE PUBLICATION harmless FOR TABLE teams, rounds, round_results")

    found = await finding(service_database_url, "copies of ballots")

    assert (found.is_fine, found.words) == (True, "nothing copies rows of ballots elsewhere")


@pytest.mark.parametrize("copy", COPIES)
async def test_the_doctor_fails_what_copies_ballots_and_names_the_remedy(
    database_url: str, service_database_url: str, copy: str
) -> None:
    statement, words = COPIES[copy]
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute(statement)

    found = await finding(service_database_url, "copies of ballots")

    assert (found.is_fine, found.words) == (False, words)


READERS = {
    "a member of the vault": (
        "GRANT conclave_vault TO {login}",
        "{login} is a member of conclave_vault (REVOKE conclave_vault FROM {login})",
    ),
    "who may read all data": (
        "GRANT pg_read_all_data TO {login}",
        "{login} has pg_read_all_data (REVOKE pg_read_all_data FROM {login}, or guard it and its dumps)",
    ),
    "who may read one column": (
        "GRANT SELECT (score) ON evaluations TO {login}",
        "{login} may read them (REVOKE ALL ON evaluations, ballot_pages, sealed_cells FROM {login})",
    ),
}


@pytest.fixture
def another_login(database_url: str, service_database_url: str) -> Iterator[tuple[psycopg.Connection[Any], str]]:
    """Of this test alone: roles belong to the whole server, where other tests are at work."""
    name = f"conclave_test_reader_{make_url(database_url).database}"[:60]
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute(f"DROP ROLE IF EXISTS {name}")
        owner.execute(f"CREATE ROLE {name} LOGIN")
        try:
            yield owner, name
        finally:
            owner.execute(f"REVOKE conclave_vault, pg_read_all_data FROM {name}")
            owner.execute(f"DROP OWNED BY {name}")
            owner.execute(f"DROP ROLE {name}")


@pytest.mark.parametrize("reader", READERS)
async def test_the_doctor_names_every_login_that_reads_ballots_and_the_remedy(
    another_login: tuple[psycopg.Connection[Any], str], service_database_url: str, reader: str
) -> None:
    owner, name = another_login
    grant, words = READERS[reader]
    assert name not in (await finding(service_database_url, "readers of ballots")).words

    owner.execute(grant.format(login=name))

    found = await finding(service_database_url, "readers of ballots")
    assert words.format(login=name) in found.words


GUESSES = [
    "INSERT INTO round_results (round_id, version, ballots, body) VALUES (%(r)s, 3, 3, '{}') ON CONFLICT DO NOTHING",
    "INSERT INTO round_results (round_id, version, ballots, body) VALUES (%(r)s, 3, 3, '{}') "
    "ON CONFLICT (round_id) DO UPDATE SET body = EXCLUDED.body",
    "UPDATE round_results SET body = jsonb_set(body, '{rows,0,total}', '\"7.5\"') WHERE round_id = %(r)s",
    "DELETE FROM round_results WHERE round_id = %(r)s",
    "UPDATE rounds SET snapshot = snapshot WHERE id = %(r)s",
    "UPDATE round_members SET submitted = true WHERE round_id = %(r)s",
]


@pytest.mark.parametrize("guess", GUESSES)
def test_nobody_asks_the_check_of_a_result_for_scores_by_guessing(
    vault: Vault, service_database_url: str, guess: str
) -> None:
    """The check compares a stored result with the scores: whoever could change the result could ask "is it 7.5?"."""
    r = vault.a_round()
    vault.score(r, [(7, 3), (7, 3)], [(6, 4), (6, 4)], [(5, 5), (5, 5)])
    vault.publish(r)
    vault.do("INSERT INTO round_results (round_id, version, ballots, body) VALUES (%s, 3, 3, '{}')", r.id)

    with psycopg.connect(service_database_url, autocommit=True) as thief:
        if "DO NOTHING" in guess:
            assert psycopg.ClientCursor(thief).execute(guess, {"r": r.id}).rowcount == 0
        else:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                psycopg.ClientCursor(thief).execute(guess, {"r": r.id})
