"""The vault after closing: handing out once, sealing, comments, and the check of the seal."""

from collections import Counter
from itertools import permutations
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.support.vault import Ballot, Vault

A, B, C, D, E = range(5)
BALLOT = [(1, 2), (3, 4)]


def closed(vault: Vault, *ballots: Any, people: int | None = None, **kw: Any) -> Any:
    """A round whose first members submitted these ballots, closed."""
    r = vault.a_round(people=people or len(ballots), **kw)
    vault.score(r, *ballots)
    vault.end_time(r)
    vault.close(r)
    return r


def published(vault: Vault, *ballots: Any, **kw: Any) -> Any:
    r = closed(vault, *ballots, **kw)
    vault.publish(r)
    return r


def refusal(vault: Vault, r: Any) -> str | None:
    with pytest.raises(psycopg.Error) as caught:
        vault.publish(r)
    assert not set("0123456789") & set(caught.value.diag.message_primary or ""), "it holds nothing but the state"
    return caught.value.sqlstate


# --- When it publishes


def test_an_open_round_is_not_published(vault: Vault) -> None:
    assert refusal(vault, vault.a_round()) == "CV001"


def test_a_round_is_published_once(vault: Vault) -> None:
    r = published(vault, BALLOT, BALLOT, BALLOT)

    assert refusal(vault, r) == "CV003"


def test_a_voided_or_unknown_round_is_not_published(vault: Vault) -> None:
    r = closed(vault, BALLOT, BALLOT, BALLOT)
    vault.void(r)

    assert refusal(vault, r) == "CV003"
    with pytest.raises(psycopg.Error) as caught:
        vault.rows("SELECT * FROM publish_round(%s)", uuid4())
    assert caught.value.sqlstate == "CV003"


def test_below_quorum_only_an_override_publishes(vault: Vault) -> None:
    r = closed(vault, BALLOT, BALLOT, people=3)
    assert refusal(vault, r) == "CV004"

    vault.override(r)

    assert len(vault.publish(r)) == 8


REHEARSALS = {
    "plainly": ["SELECT close_round(%(r)s, NULL)", "SELECT * FROM publish_round(%(r)s)"],
    "in savepoints": [
        *("SAVEPOINT a", "SELECT close_round(%(r)s, NULL)", "RELEASE SAVEPOINT a"),
        *("SAVEPOINT b", "SELECT * FROM publish_round(%(r)s)"),
    ],
    "in one statement": ["SELECT *, close_round(%(r)s, NULL) FROM publish_round(%(r)s)"],
    "in a DO block with a subtransaction": [
        """
        DO $$ BEGIN
          BEGIN PERFORM close_round(%(r)s, NULL); EXCEPTION WHEN division_by_zero THEN NULL; END;
          PERFORM count(*) FROM publish_round(%(r)s);
        END $$
        """
    ],
    "by the last ballot": ["SELECT submit_ballot(%(r)s, %(c)s)", "SELECT * FROM publish_round(%(r)s)"],
    "by an override": [
        *("SELECT close_round(%(r)s, NULL)", "COMMIT", "BEGIN"),
        *("SELECT override_round(%(r)s, NULL, 'x')", "SELECT * FROM publish_round(%(r)s)"),
    ],
}


@pytest.mark.parametrize("rehearsal", REHEARSALS)
def test_closing_cannot_be_rehearsed(vault: Vault, rehearsal: str) -> None:
    """BEGIN; close; publish; ROLLBACK after each ballot would show every ballot."""
    r = vault.a_round()
    vault.score(r, BALLOT, BALLOT)
    vault.fill(r, r.members[C], BALLOT)
    if rehearsal != "by the last ballot":
        vault.end_time(r)

    with psycopg.connect(vault.url) as session, psycopg.ClientCursor(session) as cursor:
        states = [run(cursor, statement, {"r": r.id, "c": r.members[C]}) for statement in REHEARSALS[rehearsal]]
        session.rollback()

    assert states.pop() in {"CV001", "CV002"}
    assert set(states) <= {None}
    assert vault.order(r) == ("closed" if rehearsal == "by an override" else "open")
    assert len(vault.stored(r)) == 8


def run(cursor: psycopg.ClientCursor[Any], statement: str, arguments: dict[str, Any]) -> str | None:
    """The statement's SQLSTATE if it fails."""
    try:
        cursor.execute(statement, arguments)
    except psycopg.Error as error:
        return error.sqlstate
    return None


# --- What is handed out


def test_ballots_are_handed_out_whole_numbered_and_without_names(vault: Vault) -> None:
    ballots: list[Any] = [[(1, 2), (3, 4)], [(5, 6), None], [(7, 8), (9, 10)]]
    r = closed(vault, *ballots)

    rows = vault.publish(r)

    handed = {
        number: [
            tuple(score for _, _, c, score, _ in sorted(own, key=lambda x: r.options.index(x[1])) if c == criterion)
            for criterion in r.criteria
        ]
        for number in {row[0] for row in rows}
        for own in [[row for row in rows if row[0] == number]]
    }
    assert set(handed) == {1, 2, 3}
    assert sorted(handed.values()) == sorted([[s or () for s in ballot] for ballot in ballots])


def test_the_numbers_do_not_follow_the_members(vault: Vault) -> None:
    orders = set()
    for _ in range(12):
        r = closed(vault, [(1, 1)], [(2, 2)], [(3, 3)], criteria=1)
        orders.add(tuple(score for number, _, _, score, _ in sorted(vault.publish(r))))

    assert len(orders) > 1  # the same order twelve times: once in 360 million runs


def test_publication_leaves_no_page(vault: Vault) -> None:
    r = closed(vault, BALLOT, BALLOT, BALLOT, people=4)
    vault.do("INSERT INTO ballot_pages VALUES (%s, %s, %s, '{\"scores\": {}}')", r.id, r.members[D], r.criteria[0])

    vault.publish(r)

    assert vault.value("SELECT count(*) FROM ballot_pages WHERE round_id = %s", r.id) == 0
    assert vault.mine(r, r.members[A]) == {}


# --- What stays


def test_per_cell_the_sorted_scores_go_to_the_submitters_in_id_order(vault: Vault) -> None:
    r = vault.a_round(people=4)
    vault.fill(r, r.members[A], [(9, 1), (5, 5)], confidence=1)
    vault.fill(r, r.members[C], [(2, 8), None], confidence=5)
    vault.fill(r, r.members[D], [(4, 4), (6, 3)], confidence=2)
    for member in (A, C, D):
        vault.submit(r, r.members[member])
    vault.end_time(r)
    vault.close(r)

    vault.publish(r)

    a, _, c, d = r.members
    (x, y), (j, k) = r.options, r.criteria
    closed_at = vault.value("SELECT timezone('UTC', closed_at) FROM rounds WHERE id = %s", r.id)
    expected = [
        *[(a, x, j, 2, 1), (c, x, j, 4, 2), (d, x, j, 9, 5)],
        *[(a, y, j, 1, 1), (c, y, j, 4, 2), (d, y, j, 8, 5)],
        *[(a, x, k, 5, 1), (c, x, k, 6, 2)],
        *[(a, y, k, 3, 1), (c, y, k, 5, 2)],
    ]
    assert sorted(vault.stored(r)) == sorted((*row, None, False, closed_at) for row in expected)


def test_of_the_confidences_those_not_given_come_last(vault: Vault) -> None:
    r = vault.a_round()
    ballots: list[Ballot] = [[(9, 1), (5, 5)], [(4, 4), (6, 3)], [(6, 6), None]]
    for member, ballot, sure in zip(r.members, ballots, (None, 4, 2), strict=True):
        vault.fill(r, member, ballot, confidence=sure)
        vault.submit(r, member)

    vault.publish(r)

    stored = {row[:3]: row[4] for row in vault.stored(r)}
    (x, _), (j, k) = r.options, r.criteria
    assert [stored[member, x, j] for member in r.members] == [2, 4, None]
    assert [stored.get((member, x, k)) for member in r.members] == [4, None, None]
    assert (r.members[2], x, k) not in stored
    assert vault.order(r) == "sealed"


def test_a_confidence_after_one_that_was_not_given_breaks_the_seal(vault: Vault) -> None:
    r = vault.a_round()
    vault.score(r, BALLOT, BALLOT, BALLOT)
    vault.publish(r)
    assert vault.order(r) == "sealed"

    vault.do("UPDATE evaluations SET confidence = 5 WHERE evaluator_id = %s", r.members[1])

    assert vault.order(r) == "unsealed"


def test_what_stays_depends_on_the_histograms_alone(vault: Vault) -> None:
    """Whoever gave which score, in whatever order: the stored rows are the same, ids apart."""
    people: list[dict[str, Any]] = [
        {"ballot": [(1, 9), (3, 4)], "confidence": 1, "comments": {0: "b", 1: "y"}, "share": True},
        {"ballot": [(5, 6), None], "confidence": 3, "comments": {0: "a"}, "share": True},
        {"ballot": [None, (9, 10)], "confidence": 5, "comments": {1: "x"}, "share": True},
    ]
    fourth: dict[str, Any] = {"ballot": [(2, 2), (2, 2)]}
    r = vault.a_round(people=4)
    seen = set()
    for turn, order in enumerate(permutations(people)):
        if turn:  # the same members, options and criteria again, as if for the first time
            vault.do("DELETE FROM rounds WHERE decision_id = %s", r.decision_id)
            vault.do("DELETE FROM evaluations WHERE decision_id = %s", r.decision_id)
            r = vault.another_round(r, number=1)
        filled = list(zip(r.members, [*order, fourth], strict=True))
        for member, given in filled if turn % 2 else reversed(filled):
            vault.fill(r, member, given["ballot"], **{k: v for k, v in given.items() if k != "ballot"})
            vault.submit(r, member)
        vault.publish(r)
        assert vault.order(r) == "sealed"
        seen.add(tuple(row[:7] for row in vault.stored(r)))

    assert len(seen) == 1


def test_sealing_gives_the_rows_new_ids_and_keeps_every_histogram(vault: Vault) -> None:
    r = closed(vault, [(1, 2), (3, 4)], [(5, 1), (3, 9)], [(7, 7), None])
    ids = {row[0] for row in vault.rows("SELECT id FROM evaluations WHERE decision_id = %s", r.decision_id)}
    histograms = Counter(row[1:4] for row in vault.stored(r))

    vault.publish(r)

    after = {row[0] for row in vault.rows("SELECT id FROM evaluations WHERE decision_id = %s", r.decision_id)}
    assert not ids & after
    assert Counter(row[1:4] for row in vault.stored(r)) == histograms


def test_the_order_on_disk_is_that_of_the_cells(vault: Vault) -> None:
    r = published(vault, [(9, 8), (7, 6)], [(5, 4), (3, 2)], [(1, 2), (3, 4)])

    on_disk = vault.rows(
        "SELECT option_id, criteria_id, evaluator_id FROM evaluations WHERE decision_id = %s ORDER BY ctid",
        r.decision_id,
    )

    assert on_disk == sorted(on_disk, key=lambda row: (row[0], r.criteria.index(row[1]), row[2]))


@pytest.mark.parametrize("ballots", [1, 2])
def test_below_the_ranking_threshold_no_row_stays(vault: Vault, ballots: int) -> None:
    r = closed(vault, *[BALLOT] * ballots, people=3)
    vault.override(r)

    assert len(vault.publish(r)) == 4 * ballots

    assert vault.stored(r) == []
    assert vault.order(r) == "sealed"


# --- Comments


def commented(vault: Vault, people: int) -> Any:
    """Everybody comments on both options; the first member alone shares although the team is small."""
    r = vault.a_round(people=people)
    for seat, member in enumerate(r.members):
        texts = {0: f"about X by {seat}", 1: f"about Y by {seat}"}
        vault.fill(r, member, BALLOT, comments=texts, share=seat == A)
        vault.submit(r, member)
    vault.publish(r)
    return r


def test_of_two_ballots_no_comment_stays(vault: Vault) -> None:
    assert vault.comments(commented(vault, 2)) == []


@pytest.mark.parametrize("people", [3, 4])
def test_of_three_or_four_ballots_only_shared_comments_stay(vault: Vault, people: int) -> None:
    r = commented(vault, people)

    assert sorted(text for _, text in vault.comments(r)) == ["about X by 0", "about Y by 0"]
    assert not any(row[6] for row in vault.stored(r)), "who shared is nobody's business"


def test_of_five_ballots_every_comment_stays(vault: Vault) -> None:
    r = commented(vault, 5)

    assert vault.comments(r) == [
        (option, f"about {'X' if option == r.options[0] else 'Y'} by {seat}")
        for option in sorted(r.options)
        for seat in range(5)
    ]


def test_comments_stand_sorted_in_the_first_criterions_cells(vault: Vault) -> None:
    r = vault.a_round(people=5)
    for member, text in zip(r.members, ["d", "a", "c", "e", "b"], strict=True):
        # Two abstain from the first criterion: three cells there, and the second takes the rest.
        ballot = [None, (5, 5)] if text in "ab" else BALLOT
        vault.fill(r, member, ballot, comments={0: text})
        vault.submit(r, member)

    vault.publish(r)

    places = {row[5]: (r.criteria.index(row[2]), r.members.index(row[0])) for row in vault.stored(r) if row[5]}
    assert places == {"a": (0, 0), "b": (0, 1), "c": (0, 2), "d": (1, 0), "e": (1, 1)}
    assert vault.order(r) == "sealed"


def test_nobody_reads_comments_before_publication(vault: Vault) -> None:
    r = vault.a_round(people=5)
    for member in r.members:
        vault.fill(r, member, BALLOT, comments={0: "secret"}, share=True)
        assert vault.comments(r) == []
        vault.submit(r, member)

    assert vault.comments(r) == []
    vault.publish(r)
    assert len(vault.comments(r)) == 5


# --- The check of the seal


def test_the_order_of_a_round_is_told_in_every_state(vault: Vault) -> None:
    r = vault.a_round()
    told = [vault.order(r)]
    vault.score(r, BALLOT, BALLOT, BALLOT)
    told.append(vault.order(r))
    vault.publish(r)
    told.append(vault.order(r))

    assert told == ["open", "closed", "sealed"]


TAMPERINGS = {
    "two scores are swapped": """
        UPDATE evaluations e SET score = o.score FROM evaluations o
        WHERE e.decision_id = %(d)s AND o.decision_id = %(d)s AND e.option_id = o.option_id
          AND e.criteria_id = o.criteria_id AND e.evaluator_id <> o.evaluator_id
          AND e.evaluator_id IN (%(a)s, %(b)s) AND o.evaluator_id IN (%(a)s, %(b)s)
    """,
    "a confidence is out of order": """
        UPDATE evaluations SET confidence = 5 WHERE decision_id = %(d)s AND evaluator_id = %(a)s
          AND criteria_id = %(k)s
    """,
    "a row is removed": "DELETE FROM evaluations WHERE decision_id = %(d)s AND evaluator_id = %(a)s AND score = 1",
    "a row is added for nobody of the round": """
        INSERT INTO evaluations (decision_id, evaluator_id, option_id, criteria_id, score, created_at)
        SELECT decision_id, (SELECT id FROM team_members WHERE id NOT IN (SELECT evaluator_id FROM evaluations)
          LIMIT 1), option_id, criteria_id, 10, created_at FROM evaluations WHERE decision_id = %(d)s LIMIT 1
    """,
    "a row is added where somebody abstained": """
        INSERT INTO evaluations (decision_id, evaluator_id, option_id, criteria_id, score, confidence, created_at)
        SELECT decision_id, %(c)s, option_id, criteria_id, 10, 5, created_at FROM evaluations
        WHERE decision_id = %(d)s AND criteria_id = %(k)s LIMIT 1
    """,
    "rows have another time": """
        UPDATE evaluations SET created_at = created_at - interval '1 minute' WHERE decision_id = %(d)s AND score = 1
    """,
    "a row without time": "UPDATE evaluations SET created_at = NULL WHERE decision_id = %(d)s AND score = 1",
    "who shared is kept": "UPDATE evaluations SET share_comment = true WHERE decision_id = %(d)s AND score = 1",
    "a comment is moved": """
        UPDATE evaluations SET anonymous_comment = 'x' WHERE decision_id = %(d)s AND evaluator_id = %(b)s
          AND criteria_id = %(k)s
    """,
    "a page is left": "INSERT INTO ballot_pages VALUES (%(r)s, %(a)s, NULL, '{\"comments\": {}}')",
    "everything is gone": "DELETE FROM evaluations WHERE decision_id = %(d)s",
}


@pytest.mark.parametrize("tampering", TAMPERINGS)
def test_a_broken_seal_is_told(vault: Vault, tampering: str) -> None:
    r = vault.a_round()
    ballots: list[Ballot] = [[(1, 9), (2, 2)], [(5, 6), (8, 8)], [(7, 8), None]]
    for seat, member in enumerate(r.members):
        vault.fill(r, member, ballots[seat], confidence=seat + 1)
        vault.submit(r, member)
    vault.publish(r)
    assert vault.order(r) == "sealed"
    a, b, c = r.members
    names = {"d": r.decision_id, "r": r.id, "a": a, "b": b, "c": c, "k": r.criteria[1]}

    changed = vault.connection.execute(TAMPERINGS[tampering], names).rowcount

    assert changed > 0
    assert vault.order(r) == "unsealed"


def test_a_row_kept_below_the_ranking_threshold_breaks_the_seal(vault: Vault) -> None:
    r = closed(vault, BALLOT, people=3)
    vault.override(r)
    vault.publish(r)

    vault.do(
        "INSERT INTO evaluations (decision_id, evaluator_id, option_id, criteria_id, score) VALUES (%s, %s, %s, %s, 1)",
        *(r.decision_id, r.members[A], r.options[0], r.criteria[0]),
    )

    assert vault.order(r) == "unsealed"


def test_comments_out_of_order_break_the_seal(vault: Vault) -> None:
    r = commented(vault, 5)

    vault.do(
        """
        UPDATE evaluations SET anonymous_comment = 'zzz'
        WHERE decision_id = %s AND evaluator_id = %s AND anonymous_comment IS NOT NULL
        """,
        *(r.decision_id, r.members[A]),
    )

    assert vault.order(r) == "unsealed"
