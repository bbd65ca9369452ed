"""A round that is closed, looked into and taken back: by several committed steps, or by two sessions at once.

Between closing and publication nobody's ballot comes out of `my_ballot` any more, so what is asked here is whether a
thief of the service's login gets at ballots by saying whose ballots count. Before all ballots are in, a look that can
be taken back could be repeated after every ballot.
"""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.support.vault import Vault

REHEARSED, NO_QUORUM, NEVER, DENIED = "CV002", "CV004", "CV003", "42501"


class Rehearsal:
    """A round of five in which two have submitted, closed at its time without quorum."""

    def __init__(self, vault: Vault, connection: psycopg.Connection[Any]) -> None:
        self.vault, self.connection = vault, connection
        self.r = vault.a_round(people=5)
        vault.score(self.r, [(9, 2), (8, 3)], [(1, 10), (2, 9)])
        self.missing = self.r.members[2:]

    def call(self, function: str, *arguments: object) -> list[Any]:
        places = ", ".join(["%s"] * len(arguments))
        return self.connection.execute(f"SELECT * FROM {function}({places})", arguments).fetchall()

    def state_of_publishing(self) -> str | None:
        try:
            with self.connection.transaction():
                self.call("publish_round", self.r.id)
        except psycopg.Error as error:
            return error.sqlstate
        return None


@pytest.fixture
def rehearsal(vault: Vault, service_database_url: str) -> Iterator[Rehearsal]:
    with psycopg.connect(service_database_url, autocommit=True) as connection:
        yield Rehearsal(vault, connection)


def test_a_quorum_made_by_excuses_cannot_be_looked_at_and_taken_back(rehearsal: Rehearsal) -> None:
    """Closed by its time, two of five: who excuses three has a quorum of two, and a rollback restores the three."""
    r = rehearsal.r
    rehearsal.vault.end_time(r)
    assert rehearsal.call("close_round", r.id, None) == [("closed",)]

    with rehearsal.connection.transaction(force_rollback=True):
        for member in rehearsal.missing:
            rehearsal.call("excuse_member", r.id, member)
        assert rehearsal.state_of_publishing() == REHEARSED

    assert rehearsal.state_of_publishing() == NO_QUORUM


def test_a_quorum_made_by_excuses_stands_once_committed(rehearsal: Rehearsal) -> None:
    """Then nobody lets further ballots in: what has been looked at is what is published."""
    r = rehearsal.r
    rehearsal.vault.end_time(r)
    rehearsal.call("close_round", r.id, None)
    for member in rehearsal.missing:
        rehearsal.call("excuse_member", r.id, member)

    assert rehearsal.call("extend_round", r.id, "2100-01-01") == [("has_quorum",)]
    assert rehearsal.call("set_roster", r.id, list(r.members)) == [("closed",)]
    assert rehearsal.state_of_publishing() is None


def test_an_excuse_that_is_not_committed_lets_no_second_session_close(
    rehearsal: Rehearsal, service_database_url: str
) -> None:
    """One session excuses, another closes and commits, the first one looks and takes its excuses back."""
    r = rehearsal.r
    with (
        psycopg.connect(service_database_url, autocommit=True) as second,
        rehearsal.connection.transaction(force_rollback=True),
    ):
        for member in rehearsal.missing:
            rehearsal.call("excuse_member", r.id, member)
        second.execute("SET lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            second.execute("SELECT close_round(%s, NULL)", [r.id])

    assert rehearsal.vault.order(r) == "open"


def test_a_closed_round_is_not_handed_out_two_people_at_a_time(rehearsal: Rehearsal) -> None:
    """Of a roster of two the quorum is two: three such pairs, rolled back each, would put a name to every ballot."""
    r, vault = rehearsal.r, rehearsal.vault
    for member in rehearsal.missing:
        vault.fill(r, member, [(5, 5), (6, 6)])
        vault.submit(r, member)
    for pair in (r.members[:2], r.members[1:3]):
        with rehearsal.connection.transaction(force_rollback=True):
            assert rehearsal.call("set_roster", r.id, list(pair)) == [("closed",)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            rehearsal.connection.execute(
                "DELETE FROM round_members WHERE round_id = %s AND member_id <> ALL (%s)", [r.id, list(pair)]
            )


def test_the_roster_stays_once_somebody_has_submitted(rehearsal: Rehearsal) -> None:
    r = rehearsal.r
    assert rehearsal.call("set_roster", r.id, list(r.members[:2])) == [("begun",)]
    assert rehearsal.vault.value("SELECT count(*) FROM round_members WHERE round_id = %s", r.id) == 5


def test_an_excuse_after_publication_opens_nothing(rehearsal: Rehearsal) -> None:
    r = rehearsal.r
    rehearsal.vault.end_time(r)
    rehearsal.call("close_round", r.id, None)
    rehearsal.call("override_round", r.id, None, "It cannot wait")
    rehearsal.call("publish_round", r.id)
    closing = rehearsal.vault.value("SELECT closed_xid FROM rounds WHERE id = %s", r.id)
    rehearsal.call("excuse_member", r.id, rehearsal.missing[0])

    assert rehearsal.state_of_publishing() == NEVER
    assert rehearsal.vault.value("SELECT closed_xid FROM rounds WHERE id = %s", r.id) == closing
