"""The marks that PostgreSQL leaves on a row when another one refers to it.

A ballot's rows refer to a criterion, an option, a member. Their foreign keys lock what they refer to, and the lock's
transaction stays written on that row as its xmax: it would tell which criteria the last ballot scored, and which member
it came from, for as long as nobody else touches the row; of a round that kept no ballots, for ever.
"""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

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


def one_skips(vault: Vault) -> Any:
    """A round of two; the second member's ballot leaves the second criterion out and is not submitted yet."""
    r = vault.a_round(people=2)
    vault.fill(r, r.members[0], [(7, 3), (7, 3)])
    vault.submit(r, r.members[0])
    vault.fill(r, r.members[1], [(7, 3), None])
    return r


def test_who_skipped_which_criterion_cannot_be_told_from_marks(vault: Vault, thief: psycopg.Connection[Any]) -> None:
    """The marks are there, for the owner to see, but they are alike: submitting locks all criteria."""
    r = one_skips(vault)
    vault.submit(r, r.members[1])
    vault.publish(r)
    marks = "SELECT count(DISTINCT xmax::text) FROM decision_criteria WHERE decision_id = %s"
    assert vault.value(marks, r.decision_id) == 1

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        thief.execute(marks, [r.decision_id])


def test_who_skips_which_criterion_cannot_be_felt_by_locking(vault: Vault, thief: psycopg.Connection[Any]) -> None:
    """While a ballot is being submitted, whoever may lock rows finds all criteria locked, or none."""
    r = one_skips(vault)
    felt: dict[Any, str | None] = {}
    with vault.connection.transaction(force_rollback=True):
        assert vault.submit(r, r.members[1]).answer == "submitted"
        for criterion in r.criteria:
            try:
                thief.execute("SELECT id FROM decision_criteria WHERE id = %s FOR UPDATE NOWAIT", [criterion])
                felt[criterion] = None
            except psycopg.Error as error:
                felt[criterion] = error.sqlstate

    assert set(felt.values()) == {psycopg.errors.LockNotAvailable.sqlstate}


PAGES: dict[str, dict[str, Any]] = {
    "scores": {"scores": (7, 3), "confidence": 4},
    "ends of the scale": {"scores": (10, 1), "confidence": 1},
    "no confidence": {"scores": (7, 3)},
    "an abstention": {"scores": (), "abstain": True},
    "half a draft": {"scores": (7,)},
    "an empty draft": {"scores": ()},
}


def test_a_page_that_abstains_writes_as_many_bytes_as_one_that_scores(vault: Vault) -> None:
    """The position of the write-ahead log is open to every login: it tells that a page was saved, not what is on it."""
    r = vault.a_round(people=len(PAGES))
    sizes, written = {}, {}
    for member, (name, page) in zip(r.members, PAGES.items(), strict=True):
        scores = page["scores"]
        body = vault.page(r, *scores, confidence=page.get("confidence"), abstain=page.get("abstain", False))
        vault.save(r, member, r.criteria[0], body)  # the first one on a page of the disk writes that page as well
        written[name] = bytes_of_wal(
            vault, "SELECT save_page(%s, %s, %s, %s)", r.id, member, r.criteria[1], Jsonb(body)
        )
        sizes[name] = vault.rows("SELECT pg_column_size(page) FROM ballot_pages WHERE member_id = %s", member)
        # And what was saved comes back as it was typed.
        mine = vault.mine(r, member)[r.criteria[0]]
        assert mine == {"scores": body["scores"], "confidence": body["confidence"], "abstain": body["abstain"]}

    assert len({str(size) for size in sizes.values()}) == 1, sizes
    assert len(set(written.values())) == 1, written


def test_so_do_pages_that_are_saved_together(vault: Vault) -> None:
    r = vault.a_round(people=len(PAGES))
    written = {}
    for member, (name, page) in zip(r.members, PAGES.items(), strict=True):
        body = vault.page(r, *page["scores"], confidence=page.get("confidence"), abstain=page.get("abstain", False))
        first, second = (
            Jsonb([{"place": 0, "member": str(member), "pages": [{"criterion": str(criterion), "page": body}]}])
            for criterion in r.criteria
        )
        vault.do("SELECT save_pages(%s, %s)", r.id, first)
        written[name] = bytes_of_wal(vault, "SELECT save_pages(%s, %s)", r.id, second)

    assert len(set(written.values())) == 1, written
    assert min(written.values()) > 0


def bytes_of_wal(vault: Vault, statement: str, *arguments: object) -> int:
    """What the statement writes into the log, apart from whole pages of the disk."""
    (plan,) = vault.value(f"EXPLAIN (ANALYZE, WAL, FORMAT JSON) {statement}", *arguments)
    return int(plan["Plan"]["WAL Bytes"]) if plan["Plan"].get("WAL FPI", 0) == 0 else -1


def test_pages_kept_before_they_had_one_shape_are_read_and_submitted_alike(vault: Vault) -> None:
    r = vault.a_round(people=3)
    for criterion, page in zip(r.criteria, [vault.page(r, 7, 3), vault.page(r, abstain=True)], strict=True):
        vault.do("INSERT INTO ballot_pages VALUES (%s, %s, %s, %s)", r.id, r.members[0], criterion, Jsonb(page))

    mine = vault.mine(r, r.members[0])
    assert [mine[criterion]["abstain"] for criterion in r.criteria] == [False, True]
    assert vault.submit(r, r.members[0]).answer == "submitted"
    assert [row[3] for row in vault.stored(r)] in ([7, 3], [3, 7])


def test_every_table_that_ballots_refer_to_is_one_of_these(vault: Vault) -> None:
    found = vault.rows(
        "SELECT DISTINCT confrelid::regclass::text FROM pg_constraint WHERE contype = 'f' "
        "AND conrelid IN ('evaluations'::regclass, 'ballot_pages'::regclass, 'sealed_cells'::regclass)"
    )
    assert {name for (name,) in found} <= set(REFERRED_TO)
