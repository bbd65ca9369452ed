"""The vault under real races: sessions that meet at the same row, each in a thread with its own connection."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Any, TypeVar

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.support.vault import Vault, as_pages

T = TypeVar("T")
A, B, C = range(3)
BALLOT = [(1, 2), (3, 4)]
Session = psycopg.Connection[tuple[Any, ...]]


def at_once(url: str, *works: Callable[[Session], T]) -> list[T]:
    """Run each work in its own session; all begin at the same moment."""
    start = Barrier(len(works))

    def run(work: Callable[[Session], T]) -> T:
        with psycopg.connect(url, autocommit=True) as session:
            session.execute("SELECT 1")
            start.wait()
            return work(session)

    with ThreadPoolExecutor(len(works)) as threads:
        return list(threads.map(run, works))


def calling(query: str, *arguments: object) -> Callable[[Session], Any]:
    return lambda session: session.execute(query, arguments).fetchone()


@contextmanager
def held(url: str, query: str, *arguments: object) -> Iterator[Session]:
    """A session that has run the query and not committed; committed on leaving."""
    with psycopg.connect(url) as session:
        session.execute(query, arguments)
        yield session


def wait_for_lock(vault: Vault, sessions: int) -> None:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    until = time.monotonic() + 10
    while vault.value(waiting) < sessions:
        assert time.monotonic() < until, "nobody waits"
        time.sleep(0.005)


@pytest.mark.parametrize("attempt", range(5))
def test_two_last_submitters_at_once_close_the_round_once(vault: Vault, attempt: int) -> None:
    r = vault.a_round()
    vault.score(r, BALLOT)
    for member in (B, C):
        vault.fill(r, r.members[member], BALLOT)

    answers = at_once(vault.url, *[calling("SELECT * FROM submit_ballot(%s, %s)", r.id, r.members[m]) for m in (B, C)])

    assert sorted(answers) == [("submitted", 2, 3, False), ("submitted", 3, 3, True)]
    assert len(vault.publish(r)) == 12


def test_the_second_of_two_last_submitters_counts_the_first(vault: Vault) -> None:
    r = vault.a_round()
    vault.score(r, BALLOT)
    for member in (B, C):
        vault.fill(r, r.members[member], BALLOT)

    with ThreadPoolExecutor(1) as thread:
        with held(vault.url, "SELECT * FROM submit_ballot(%s, %s)", r.id, r.members[B]):
            second = thread.submit(vault.submit, r, r.members[C])
            # its own connection: the vault's is busy waiting
            with psycopg.connect(vault.url, autocommit=True) as watcher:
                wait_for_lock(type(vault)(watcher, vault.url), 1)

        assert second.result() == ("submitted", 3, 3, True)


def test_a_ballot_that_waits_while_the_round_closes_is_refused(vault: Vault) -> None:
    r = vault.a_round(people=4)
    vault.score(r, BALLOT, BALLOT, BALLOT)
    vault.fill(r, r.members[3], [(10, 10), (10, 10)])
    page = Jsonb(vault.page(r, 9, 9))

    with ThreadPoolExecutor(2) as threads:
        with held(vault.url, "SELECT close_round(%s, %s)", r.id, r.members[A]):
            late = [
                threads.submit(at_once, vault.url, calling(query, *arguments))
                for query, arguments in (
                    ("SELECT answer FROM submit_ballot(%s, %s)", (r.id, r.members[3])),
                    ("SELECT save_page(%s, %s, %s, %s)", (r.id, r.members[3], r.criteria[0], page)),
                )
            ]
            wait_for_lock(vault, 2)

        assert [each.result() for each in late] == [[("closed",)], [("closed",)]]
    assert {row[3] for row in vault.stored(r)} == {1, 2, 3, 4}


def test_closing_waits_for_a_page_being_saved(vault: Vault) -> None:
    r = vault.a_round()
    vault.score(r, BALLOT, BALLOT)
    page = Jsonb(vault.page(r, 9, 9))

    with ThreadPoolExecutor(1) as thread:
        with held(vault.url, "SELECT save_page(%s, %s, %s, %s)", r.id, r.members[C], r.criteria[0], page):
            closing = thread.submit(at_once, vault.url, calling("SELECT close_round(%s, %s)", r.id, r.members[A]))
            wait_for_lock(vault, 1)
            assert not closing.done()

        assert closing.result() == [("no_quorum",)]


@pytest.mark.parametrize("attempt", range(5))
def test_two_closing_at_once_close_once(vault: Vault, attempt: int) -> None:
    r = vault.a_round()
    vault.end_time(r)

    answers = at_once(vault.url, *[calling("SELECT close_round(%s, %s)", r.id, r.members[A])] * 2)

    assert sorted(answers) == [("already",), ("closed",)]


@pytest.mark.parametrize("attempt", range(5))
def test_two_publishing_at_once_publish_once(vault: Vault, attempt: int) -> None:
    r = vault.a_round()
    vault.score(r, BALLOT, BALLOT, BALLOT)

    def publish(session: Session) -> str:
        try:
            return f"{len(session.execute('SELECT * FROM publish_round(%s)', [r.id]).fetchall())} rows"
        except psycopg.Error as error:
            return error.sqlstate or ""

    answers = at_once(vault.url, publish, publish)

    assert sorted(answers) == ["12 rows", "CV003"]
    assert vault.order(r) == "sealed"


@pytest.mark.parametrize("attempt", range(3))
def test_a_ballot_and_the_closing_at_once_are_in_either_order(vault: Vault, attempt: int) -> None:
    r = vault.a_round(people=4)
    vault.score(r, BALLOT, BALLOT, BALLOT)
    vault.fill(r, r.members[3], BALLOT)

    (ballot,), (closing,) = at_once(
        vault.url,
        calling("SELECT answer FROM submit_ballot(%s, %s)", r.id, r.members[3]),
        calling("SELECT close_round(%s, %s)", r.id, r.members[A]),
    )

    assert (ballot, closing) in {("submitted", "already"), ("closed", "closed")}
    assert len(vault.publish(r)) == (16 if ballot == "submitted" else 12)


def test_forty_members_save_and_submit_at_once(vault: Vault) -> None:
    r = vault.a_round(people=40)

    def score(session: Session, member: Any) -> Any:
        for criterion in r.criteria:
            page = Jsonb(vault.page(r, 3, 8))
            saved = session.execute("SELECT save_page(%s, %s, %s, %s)", [r.id, member, criterion, page])
            assert saved.fetchone() == ("saved",)
        return session.execute("SELECT * FROM submit_ballot(%s, %s)", [r.id, member]).fetchone()

    answers = at_once(vault.url, *[lambda s, m=member: score(s, m) for member in r.members])

    assert sorted(answers) == [("submitted", n, 40, n == 40) for n in range(1, 41)]
    assert len(vault.publish(r)) == 160
    assert vault.order(r) == "sealed"


@pytest.mark.parametrize("attempt", range(3))
def test_forty_members_save_and_submit_in_one_step_at_once(vault: Vault, attempt: int) -> None:
    """Saving asks for the round's lock in its weak form, submitting in its strong one: nobody may wait in a circle."""
    r = vault.a_round(people=40)
    pages = as_pages(dict.fromkeys(r.criteria, vault.page(r, 3, 8)))

    works = [calling("SELECT * FROM submit_pages(%s, %s, %s)", r.id, member, pages) for member in r.members]
    answers = at_once(vault.url, *works)

    assert sorted(answers) == [("submitted", n, 40, n == 40) for n in range(1, 41)]
    assert len(vault.publish(r)) == 160


def test_one_member_pressing_submit_many_times_has_one_ballot(vault: Vault) -> None:
    r = vault.a_round()
    vault.fill(r, r.members[A], BALLOT)

    answers = at_once(vault.url, *[calling("SELECT * FROM submit_ballot(%s, %s)", r.id, r.members[A])] * 8)

    assert answers == [("submitted", 1, 3, False)] * 8
    assert len(vault.stored(r)) == 4


def test_a_crash_between_the_two_steps_is_mended_by_repeating_the_second(vault: Vault) -> None:
    r = vault.a_round()
    vault.score(r, BALLOT, BALLOT, BALLOT)
    with psycopg.connect(vault.url) as session:
        session.execute("SELECT * FROM publish_round(%s)", [r.id])
        session.rollback()
    assert vault.order(r) == "closed"

    assert len(vault.publish(r)) == 12
    assert vault.order(r) == "sealed"
