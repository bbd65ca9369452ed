"""The marks that PostgreSQL leaves on a row when another one refers to it.

A ballot's rows refer to a criterion, an option, a member. Their foreign keys lock what they refer to, and the lock's
transaction stays written on that row as its xmax: it would tell which criteria the last ballot scored, and which member
it came from, for as long as nobody else touches the row; of a round that kept no ballots, for ever.
"""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.support.vault import Vault

REFERRED_TO = (
    "team_members",
    "customer_decisions",
    "decision_criteria",
    "response_options",
    "rounds",
    "round_members",
)
MARKS = ("xmin", "xmax", "ctid", "cmin", "cmax")


@pytest.fixture
def thief(service_database_url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(service_database_url, autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize("table", REFERRED_TO)
@pytest.mark.parametrize("mark", MARKS)
def test_the_services_login_reads_no_mark_of_a_row_that_ballots_refer_to(
    thief: psycopg.Connection[Any], table: str, mark: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        thief.execute(f"SELECT {mark} FROM {table}")
    thief.execute(f"SELECT * FROM {table}")  # what the service needs


def test_who_skipped_which_criterion_cannot_be_told_from_marks(vault: Vault, thief: psycopg.Connection[Any]) -> None:
    """The marks are there, for the owner to see: two ballots were too few to keep any, so publication left them."""
    r = vault.a_round(people=2)
    vault.fill(r, r.members[0], [(7, 3), (7, 3)])
    vault.submit(r, r.members[0])
    vault.fill(r, r.members[1], [(7, 3), None])
    vault.submit(r, r.members[1])
    vault.publish(r)
    marks = "SELECT count(DISTINCT xmax::text) FROM decision_criteria WHERE decision_id = %s"
    assert vault.value(marks, r.decision_id) == 2, "else this attack needs no refusal any more"

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        thief.execute(marks, [r.decision_id])


def test_every_table_that_ballots_refer_to_is_one_of_these(vault: Vault) -> None:
    found = vault.rows(
        "SELECT DISTINCT confrelid::regclass::text FROM pg_constraint WHERE contype = 'f' "
        "AND conrelid IN ('evaluations'::regclass, 'ballot_pages'::regclass, 'sealed_cells'::regclass)"
    )
    assert {name for (name,) in found} <= set(REFERRED_TO)
