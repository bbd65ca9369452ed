"""A second round of a published decision: the first one's sealed rows make room, and stay what they are."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from tests.support.vault import ARound, Ballot, Vault

A, B, C = range(3)
BALLOTS: tuple[Ballot, ...] = ([(1, 2), (3, 4)], [(5, 1), (3, 9)], [(7, 7), None])
OTHERS: tuple[Ballot, ...] = ([(9, 2), (8, 4)], [(5, 9), None], [(2, 2), (6, 6)])


def published(vault: Vault, *, comments: str | None = None) -> ARound:
    r = vault.a_round()
    for member, ballot in zip(r.members, BALLOTS, strict=True):
        vault.fill(r, member, ballot, comments={0: comments} if comments else None, share=True)
        assert vault.submit(r, member).answer == "submitted"
    vault.publish(r)
    return r


def sealed(vault: Vault, r: ARound) -> list[Any]:
    """The sealed rows of a first round, wherever they lie."""
    columns = "evaluator_id, option_id, criteria_id, score, confidence, anonymous_comment, created_at"
    query = f"SELECT {columns} FROM sealed_cells WHERE round_id = %s"
    there: list[Any] = vault.rows(query, r.id)
    return sorted(there or vault.rows(f"SELECT {columns} FROM evaluations WHERE decision_id = %s", r.decision_id))


def test_it_asks_the_same_people_about_the_same_things(vault: Vault) -> None:
    r = published(vault)
    second = vault.followed(r)

    told = "SELECT snapshot, thresholds, number, follows, closed_at, published_at FROM rounds WHERE id = %s"
    ((snapshot, thresholds, *first),) = vault.rows(told, r.id)
    ((again, limits, *rest),) = vault.rows(told, second.id)
    assert (again, limits) == (snapshot, thresholds)
    assert (first[:2], rest) == ([1, None], [2, r.id, None, None])
    roster = "SELECT member_id, submitted, excused_at FROM round_members WHERE round_id = %s ORDER BY 1"
    assert vault.rows(roster, second.id) == [(member, False, None) for member in r.members]


def test_the_first_rounds_rows_move_unchanged_and_stay_sealed(vault: Vault) -> None:
    r = published(vault, comments="well")
    before, comments = sealed(vault, r), vault.comments(r)

    second = vault.followed(r)
    assert vault.stored(r) == []
    vault.score(second, *OTHERS)
    vault.publish(second)

    assert sealed(vault, r) == before
    assert vault.comments(r) == comments
    assert len(comments) == 3
    assert (vault.order(r), vault.order(second)) == ("sealed", "sealed")


def test_it_starts_with_empty_ballots_and_hands_out_its_own_alone(vault: Vault) -> None:
    r = published(vault)
    second = vault.followed(r)
    assert all(vault.mine(second, member) == {} for member in r.members)

    vault.score(second, *OTHERS)
    handed = vault.publish(second)

    scores = sorted(score for *_, score, _ in handed)
    assert scores == sorted(s for ballot in OTHERS for page in ballot for s in page or ())


def test_its_comments_are_destroyed(vault: Vault) -> None:
    r = published(vault)
    second = vault.followed(r)
    for member, ballot in zip(second.members, OTHERS, strict=True):
        vault.fill(second, member, ballot, comments={0: "again"}, share=True)
        vault.submit(second, member)
    vault.publish(second)

    assert vault.comments(second) == []
    assert vault.value("SELECT count(*) FROM evaluations WHERE anonymous_comment = 'again'") == 0


def test_a_comment_that_came_back_is_no_seal(vault: Vault) -> None:
    r = published(vault)
    second = vault.followed(r)
    vault.score(second, *OTHERS)
    vault.publish(second)
    assert vault.order(second) == "sealed"

    first_cell = "SELECT id FROM evaluations WHERE decision_id = %s ORDER BY option_id, evaluator_id LIMIT 1"
    vault.do(f"UPDATE evaluations SET anonymous_comment = 'x' WHERE id = ({first_cell})", r.decision_id)

    assert vault.order(second) == "unsealed"


@pytest.mark.parametrize("change", ["score = 1", "confidence = 1"])
def test_tampered_rows_of_the_first_round_are_no_seal(vault: Vault, change: str) -> None:
    r = published(vault)
    vault.second(r)

    vault.do(f"UPDATE sealed_cells SET {change} WHERE round_id = %s AND evaluator_id = %s", r.id, r.members[C])

    assert vault.order(r) == "unsealed"


def test_voiding_it_leaves_the_first_result_and_no_further_round(vault: Vault) -> None:
    r = published(vault)
    before = sealed(vault, r)
    second = vault.followed(r)
    vault.score(second, OTHERS[0])

    assert vault.void(second) == "voided"

    assert (sealed(vault, r), vault.stored(r)) == (before, [])
    assert vault.order(r) == "sealed"
    assert vault.second(r) == ("followed", None)


def test_only_a_published_round_is_followed_and_only_once(vault: Vault) -> None:
    r = vault.a_round()
    assert vault.second(r) == ("unpublished", None)
    vault.score(r, *BALLOTS)
    assert vault.second(r) == ("unpublished", None)
    vault.publish(r)
    assert vault.second(r, closes_in="-1 second") == ("past", None)

    second = vault.followed(r)
    assert vault.second(r) == ("unpublished", None)
    vault.score(second, *OTHERS)
    vault.publish(second)

    assert vault.second(r) == ("followed", None)


def test_it_asks_nobody_who_left_and_no_fewer_than_a_ranking_needs(vault: Vault) -> None:
    r = vault.a_round(people=5)
    vault.score(r, *BALLOTS, *OTHERS[:1])
    vault.excuse(r, r.members[4])
    vault.close(r)
    vault.publish(r)
    vault.do("UPDATE team_members SET is_active = false WHERE id = %s", r.members[A])

    assert vault.second(r)[0] == "opened"
    asked = "SELECT m.member_id FROM round_members m JOIN rounds r ON r.id = m.round_id WHERE r.follows = %s ORDER BY 1"
    assert [member for (member,) in vault.rows(asked, r.id)] == list(r.members[1:4])

    few = published(vault)
    vault.do("UPDATE team_members SET is_active = false WHERE id = %s", few.members[A])
    assert vault.second(few) == ("too_few", None)
    assert vault.value("SELECT count(*) FROM rounds WHERE decision_id = %s", few.decision_id) == 1


def test_two_who_ask_at_once_open_one(vault: Vault) -> None:
    r = published(vault)

    def ask(_: int) -> str:
        with psycopg.connect(vault.url, autocommit=True) as connection:
            command = "SELECT answer FROM open_second_round(%s, %s, now() + interval '1 hour')"
            ((answer,),) = connection.execute(command, [r.decision_id, r.members[A]]).fetchall()
            return str(answer)

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(ask, range(6)))

    assert answers.count("opened") == 1
    assert set(answers) <= {"opened", "followed", "unpublished"}
    assert vault.value("SELECT count(*) FROM rounds WHERE follows = %s", r.id) == 1
    assert vault.order(r) == "sealed"


def test_opening_it_can_be_rolled_back_and_shows_nothing(vault: Vault) -> None:
    r = published(vault)
    before = vault.everything(r)

    with psycopg.connect(vault.url) as session:
        session.execute("SELECT * FROM open_second_round(%s, NULL, now() + interval '1 hour')", [r.decision_id])
        session.rollback()

    assert vault.everything(r) == before
    assert vault.value("SELECT count(*) FROM sealed_cells WHERE round_id = %s", r.id) == 0


def test_a_deleted_decision_takes_both_rounds_along(vault: Vault) -> None:
    r = published(vault)
    second = vault.followed(r)
    vault.score(second, OTHERS[0])

    vault.do("DELETE FROM customer_decisions WHERE id = %s", r.decision_id)

    assert vault.value("SELECT count(*) FROM sealed_cells WHERE decision_id = %s", r.decision_id) == 0
