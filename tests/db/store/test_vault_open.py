"""The vault while a round is open: pages, ballots, closing."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from tests.support.vault import Vault

A, B, C = range(3)


# --- save_page, my_ballot


def test_a_saved_page_comes_back_to_its_author_only(vault: Vault) -> None:
    r = vault.a_round()

    assert vault.save(r, r.members[A], r.criteria[0], vault.page(r, 7, confidence=2)) == "saved"

    assert vault.mine(r, r.members[A]) == {r.criteria[0]: vault.page(r, 7, confidence=2)}
    assert vault.mine(r, r.members[B]) == {}


def test_saving_a_page_again_replaces_it(vault: Vault) -> None:
    r = vault.a_round()
    vault.save(r, r.members[A], r.criteria[0], vault.page(r, 7, 7))
    vault.save(r, r.members[A], r.criteria[1], vault.page(r, 1))

    vault.save(r, r.members[A], r.criteria[0], vault.page(r, 3))

    assert vault.mine(r, r.members[A]) == {r.criteria[0]: vault.page(r, 3), r.criteria[1]: vault.page(r, 1)}


def test_the_page_of_comments_is_one_page_too(vault: Vault) -> None:
    r = vault.a_round()
    vault.save(r, r.members[A], None, {"comments": {}, "share": False})

    vault.save(r, r.members[A], None, {"comments": {str(r.options[1]): "Too dear"}, "share": True})

    assert vault.mine(r, r.members[A]) == {None: {"comments": {str(r.options[1]): "Too dear"}, "share": True}}


def test_nothing_is_saved_in_a_round_that_is_closed_voided_or_unknown(vault: Vault) -> None:
    closed, voided = vault.a_round(), vault.a_round()
    vault.end_time(closed)
    vault.close(closed)
    vault.void(voided)

    for r in (closed, voided):
        assert vault.save(r, r.members[A], r.criteria[0], vault.page(r, 7)) == "closed"
    assert vault.value("SELECT save_page(%s, %s, NULL, '{}')", uuid4(), closed.members[A]) == "closed"


def test_nothing_is_saved_after_the_closing_time(vault: Vault) -> None:
    r = vault.a_round(closes_in="0 seconds")

    assert vault.save(r, r.members[A], r.criteria[0], vault.page(r, 7)) == "too_late"


def test_who_is_not_on_the_roster_saves_nothing(vault: Vault) -> None:
    r, other = vault.a_round(), vault.a_round()
    vault.excuse(r, r.members[B])

    for stranger in (other.members[A], r.members[B], uuid4()):
        assert vault.save(r, stranger, r.criteria[0], vault.page(r, 7)) == "not_on_roster"


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        [],
        "text",
        {},
        {"scores": None},
        {"scores": [7]},
        {"scores": {}, "confidence": 0},
        {"scores": {}, "confidence": 6},
        {"scores": {}, "confidence": 2.5},
        {"scores": {}, "confidence": "3"},
        {"scores": {}, "abstain": "yes"},
        {"scores": {}, "abstain": None},
        {"scores": {}, "secret": 1},
        {"scores": {str(UUID(int=1)): 7}},
        {"comments": {}, "share": False},
    ],
)
def test_a_page_of_a_wrong_shape_is_invalid(vault: Vault, wrong: object) -> None:
    r = vault.a_round()

    assert vault.save(r, r.members[A], r.criteria[0], wrong) == "invalid"
    assert vault.mine(r, r.members[A]) == {}


@pytest.mark.parametrize("score", [0, 11, -1, 7.5, 7.0, "7", None, True, [7], 1e20])
def test_a_score_is_a_whole_number_from_1_to_10(vault: Vault, score: object) -> None:
    r = vault.a_round()

    assert vault.save(r, r.members[A], r.criteria[0], {"scores": {str(r.options[0]): score}}) == "invalid"


@pytest.mark.parametrize(
    "wrong", [{}, {"comments": None}, {"comments": {str(UUID(int=1)): "x"}}, {"comments": {}, "share": 1}]
)
def test_a_page_of_comments_of_a_wrong_shape_is_invalid(vault: Vault, wrong: object) -> None:
    r = vault.a_round()

    assert vault.save(r, r.members[A], None, wrong) == "invalid"
    no_texts: list[object] = [5, None, ["x"], {}]
    for no_text in no_texts:
        assert vault.save(r, r.members[A], None, {"comments": {str(r.options[0]): no_text}}) == "invalid"


def test_a_criterion_of_another_decision_is_invalid(vault: Vault) -> None:
    r, other = vault.a_round(), vault.a_round()

    assert vault.save(r, r.members[A], other.criteria[0], vault.page(r, 7)) == "invalid"
    assert vault.save(r, r.members[A], r.criteria[0], vault.page(other, 7)) == "invalid"


def test_nobody_reads_pages_of_a_round_that_is_not_open(vault: Vault) -> None:
    closed, voided = vault.a_round(), vault.a_round()
    for r in (closed, voided):
        vault.fill(r, r.members[A], [(1, 2), (3, 4)])
    vault.end_time(closed)
    vault.close(closed)
    vault.void(voided)

    assert vault.mine(closed, closed.members[A]) == {}
    assert vault.mine(voided, voided.members[A]) == {}


# --- submit_ballot


def test_a_submitted_ballot_is_the_saved_pages(vault: Vault) -> None:
    r = vault.a_round()
    vault.fill(r, r.members[A], [(1, 10), (2, 9)], confidence=3, comments={0: " Fine ", 1: "\n"}, share=True)

    answer = vault.submit(r, r.members[A])

    assert answer == ("submitted", 1, 3, False)
    opened_at = vault.value("SELECT timezone('UTC', opened_at) FROM rounds WHERE id = %s", r.id)
    me, (x, y), (j, k) = r.members[A], r.options, r.criteria
    assert sorted(vault.stored(r)) == sorted(
        [
            (me, x, j, 1, 3, "Fine", True, opened_at),
            (me, y, j, 10, 3, None, False, opened_at),
            (me, x, k, 2, 3, None, False, opened_at),
            (me, y, k, 9, 3, None, False, opened_at),
        ]
    )


def test_who_says_nothing_about_confidence_has_none(vault: Vault) -> None:
    r = vault.a_round()
    vault.save(r, r.members[A], r.criteria[0], {"scores": vault.page(r, 1, 2)["scores"]})
    vault.save(r, r.members[A], r.criteria[1], vault.page(r, 1, 2))

    vault.submit(r, r.members[A])

    assert [row[4] for row in vault.stored(r)] == [None] * 4


def test_the_second_submit_replaces_the_first(vault: Vault) -> None:
    r = vault.a_round()
    vault.fill(r, r.members[A], [(1, 2), (3, 4)], comments={0: "old"})
    vault.submit(r, r.members[A])
    vault.fill(r, r.members[A], [None, (9, 9)], comments={1: "new"})

    answer = vault.submit(r, r.members[A])

    assert answer == ("submitted", 1, 3, False)
    assert sorted((row[1:4], row[5]) for row in vault.stored(r)) == sorted(
        [((r.options[0], r.criteria[1], 9), None), ((r.options[1], r.criteria[1], 9), "new")]
    )


def test_a_page_saved_after_the_submit_counts_only_with_the_next_submit(vault: Vault) -> None:
    r = vault.a_round()
    vault.score(r, [(1, 2), (3, 4)])

    vault.fill(r, r.members[A], [(10, 10), (10, 10)])

    assert sorted(row[3] for row in vault.stored(r)) == [1, 2, 3, 4]


def test_a_comment_stands_on_the_first_criterion_not_abstained_from(vault: Vault) -> None:
    r = vault.a_round(criteria=3)
    vault.fill(r, r.members[A], [None, (1, 2), (3, 4)], comments={0: "Why not"})

    vault.submit(r, r.members[A])

    assert [(row[1], row[2]) for row in vault.stored(r) if row[5]] == [(r.options[0], r.criteria[1])]


def test_a_ballot_with_a_gap_is_incomplete(vault: Vault) -> None:
    r = vault.a_round()
    vault.save(r, r.members[A], r.criteria[0], vault.page(r, 1, 2))

    assert vault.submit(r, r.members[A]) == ("incomplete", 0, 3, False)
    vault.save(r, r.members[A], r.criteria[1], vault.page(r, 3))
    assert vault.submit(r, r.members[A]).answer == "incomplete"
    vault.save(r, r.members[A], r.criteria[1], vault.page(r, 3, abstain=True))
    assert vault.submit(r, r.members[A]).answer == "submitted"


def test_a_draft_that_became_incomplete_leaves_the_submitted_ballot_standing(vault: Vault) -> None:
    r = vault.a_round()
    vault.score(r, [(1, 2), (3, 4)])
    vault.save(r, r.members[A], r.criteria[1], vault.page(r))

    assert vault.submit(r, r.members[A]) == ("incomplete", 1, 3, False)
    assert sorted(row[3] for row in vault.stored(r)) == [1, 2, 3, 4]


def test_abstaining_from_everything_is_no_ballot(vault: Vault) -> None:
    r = vault.a_round()
    vault.fill(r, r.members[A], [None, None])

    assert vault.submit(r, r.members[A]) == ("empty", 0, 3, False)
    assert vault.stored(r) == []


def test_a_ballot_is_refused_when_closed_too_late_or_by_a_stranger(vault: Vault) -> None:
    closed, late, r = vault.a_round(), vault.a_round(), vault.a_round()
    for each in (closed, late):
        vault.fill(each, each.members[A], [(1, 2), (3, 4)])
        vault.end_time(each)
    vault.close(closed)
    vault.fill(r, r.members[B], [(1, 2), (3, 4)])
    vault.excuse(r, r.members[B])

    assert vault.submit(closed, closed.members[A]).answer == "closed"
    assert vault.submit(late, late.members[A]).answer == "too_late"
    assert vault.submit(r, late.members[A]).answer == "not_on_roster"
    assert vault.submit(r, r.members[B]) == ("not_on_roster", 0, 2, False)
    assert vault.rows("SELECT * FROM submit_ballot(%s, %s)", uuid4(), r.members[A]) == [("closed", 0, 0, False)]
    assert vault.stored(closed) == vault.stored(late) == vault.stored(r) == []


# --- submit_pages


def test_pages_are_saved_and_submitted_in_one_step_whatever_was_saved_before(vault: Vault) -> None:
    r = vault.a_round()
    first, second = r.criteria
    vault.save(r, r.members[A], first, vault.page(r, 1, 1))
    pages = {
        first: vault.page(r, 7, 3, confidence=2),
        second: vault.page(r, abstain=True),
        None: {"comments": {str(r.options[1]): "Fair"}, "share": True},
    }

    answer = vault.submit_pages(r, r.members[A], pages)

    assert answer == ("submitted", 1, 3, False)
    assert sorted(row[1:7] for row in vault.stored(r)) == sorted(
        [(r.options[0], first, 7, 2, None, False), (r.options[1], first, 3, 2, "Fair", True)]
    )
    assert vault.mine(r, r.members[A])[first] == vault.page(r, 7, 3, confidence=2)


def test_pages_that_were_saved_before_count_where_none_comes_with_the_submit(vault: Vault) -> None:
    r = vault.a_round()
    vault.fill(r, r.members[A], [(1, 2), (3, 4)])

    assert vault.submit_pages(r, r.members[A], {}) == ("submitted", 1, 3, False)


def test_the_last_pages_close_the_round(vault: Vault) -> None:
    r = vault.a_round()
    vault.score(r, [(1, 2), (3, 4)], [(1, 2), (3, 4)])

    pages = dict.fromkeys(r.criteria, vault.page(r, 5, 6))

    assert vault.submit_pages(r, r.members[2], pages) == ("submitted", 3, 3, True)
    assert len(vault.publish(r)) == 12


def test_pages_with_a_gap_are_kept_though_they_are_not_submitted(vault: Vault) -> None:
    r = vault.a_round()
    first, second = r.criteria
    pages = {first: vault.page(r, 7, 3), second: vault.page(r, 4)}

    assert vault.submit_pages(r, r.members[A], pages) == ("incomplete", 0, 3, False)
    assert vault.mine(r, r.members[A]) == pages
    assert vault.stored(r) == []


def test_pages_that_skip_everything_are_kept_and_no_ballot(vault: Vault) -> None:
    r = vault.a_round()

    pages = dict.fromkeys(r.criteria, vault.page(r, abstain=True))

    assert vault.submit_pages(r, r.members[A], pages) == ("empty", 0, 3, False)
    assert len(vault.mine(r, r.members[A])) == 2


def test_one_page_of_another_round_lets_none_be_submitted(vault: Vault) -> None:
    r, other = vault.a_round(), vault.a_round()
    vault.score(r, [(1, 2), (3, 4)])
    strange = {other.criteria[0]: vault.page(other, 1, 1)}

    answer = vault.submit_pages(r, r.members[A], {r.criteria[0]: vault.page(r, 9, 9), **strange})

    assert answer == ("invalid", 0, 0, False)
    assert sorted(row[3] for row in vault.stored(r)) == [1, 2, 3, 4]


def test_pages_are_refused_when_closed_too_late_or_of_a_stranger_and_nothing_is_kept(vault: Vault) -> None:
    closed, late, r = vault.a_round(), vault.a_round(), vault.a_round()
    for each in (closed, late):
        vault.end_time(each)
    vault.close(closed)

    for each, member, refusal in (
        (closed, closed.members[A], "closed"),
        (late, late.members[A], "too_late"),
        (r, late.members[A], "not_on_roster"),
    ):
        pages = dict.fromkeys(each.criteria, vault.page(each, 5, 6))
        assert vault.submit_pages(each, member, pages).answer == refusal

    kept = "SELECT count(*) FROM ballot_pages WHERE round_id = ANY(%s)"
    assert vault.value(kept, [closed.id, late.id, r.id]) == 0
    assert vault.stored(closed) == vault.stored(late) == vault.stored(r) == []


def test_the_last_ballot_of_the_roster_closes_the_round(vault: Vault) -> None:
    r = vault.a_round()
    vault.excuse(r, r.members[C])
    vault.score(r, [(1, 2), (3, 4)])
    vault.fill(r, r.members[B], [(1, 2), (3, 4)])

    answer = vault.submit(r, r.members[B])

    assert answer == ("submitted", 2, 2, True)
    assert vault.rows("SELECT close_cause, closed_by, closed_at IS NOT NULL FROM rounds WHERE id = %s", r.id) == [
        ("all_scored", None, True)
    ]
    assert vault.order(r) == "closed"


def test_the_ballot_of_a_person_excused_afterwards_stays_and_counts(vault: Vault) -> None:
    r = vault.a_round()
    vault.score(r, [(1, 2), (3, 4)])
    vault.excuse(r, r.members[A])
    vault.fill(r, r.members[B], [(5, 6), (7, 8)])

    assert vault.submit(r, r.members[B]) == ("submitted", 2, 2, False)
    assert len(vault.stored(r)) == 8


def test_nothing_stored_tells_when_a_ballot_came(vault: Vault) -> None:
    r = vault.a_round()
    vault.score(r, [(1, 2), (3, 4)], [(1, 2), (3, 4)])

    assert len({row[7] for row in vault.stored(r)}) == 1
    timed = vault.rows(
        """
        SELECT table_name, column_name FROM information_schema.columns
        WHERE table_name IN ('round_members', 'ballot_pages') AND data_type LIKE 'timestamp%%'
        """
    )
    assert timed == [("round_members", "excused_at")]


# --- close_round, extend_round, override_round, void_round


def test_a_round_is_not_closed_before_its_time_without_anybody_asking(vault: Vault) -> None:
    r = vault.a_round()
    vault.score(r, [(1, 2), (3, 4)])

    assert vault.close(r) == "not_yet"
    assert vault.close(r, by=r.members[A]) == "no_quorum"
    assert vault.order(r) == "open"


def test_the_closing_time_closes_whether_or_not_there_is_quorum(vault: Vault) -> None:
    r = vault.a_round()
    vault.end_time(r)

    assert vault.close(r, by=r.members[A]) == "closed"

    assert vault.rows("SELECT close_cause, closed_by FROM rounds WHERE id = %s", r.id) == [("closing_time", None)]
    assert vault.close(r) == "already"


def test_with_quorum_a_person_may_close_early(vault: Vault) -> None:
    r = vault.a_round(people=5)
    ballot = [(1, 2), (3, 4)]
    vault.score(r, ballot, ballot, ballot)
    assert vault.close(r) == "not_yet"

    assert vault.close(r, by=r.members[B]) == "closed"

    assert vault.rows("SELECT close_cause, closed_by FROM rounds WHERE id = %s", r.id) == [
        ("closed_early", r.members[B])
    ]


def test_excusing_the_last_one_missing_lets_anybody_close(vault: Vault) -> None:
    r = vault.a_round()
    vault.score(r, [(1, 2), (3, 4)], [(1, 2), (3, 4)])
    vault.excuse(r, r.members[C])

    assert vault.close(r) == "closed"
    assert vault.value("SELECT close_cause FROM rounds WHERE id = %s", r.id) == "all_scored"


def test_a_round_without_any_ballot_is_not_all_scored(vault: Vault) -> None:
    r = vault.a_round()
    for member in r.members:
        vault.excuse(r, member)

    assert vault.close(r) == "not_yet"


@pytest.mark.parametrize(
    ("people", "quorum"),
    [(0, 2), (1, 2), (2, 2), (3, 3), (4, 3), (5, 3), (6, 3), (7, 4), (8, 4), (9, 5), (40, 20)],
)
def test_quorum_is_half_of_the_people_and_at_least_three(vault: Vault, people: int, quorum: int) -> None:
    assert vault.value("SELECT round_quorum(%s)", people) == quorum


def test_a_voided_or_unknown_round_is_not_closed(vault: Vault) -> None:
    r = vault.a_round()
    vault.void(r)

    assert vault.close(r) == "voided"
    assert vault.value("SELECT close_round(%s, NULL)", uuid4()) == "voided"


def test_an_open_round_gets_another_closing_time(vault: Vault) -> None:
    r = vault.a_round(closes_in="-1 second")

    assert vault.extend(r, to="3 hours") == "extended"

    closes_at = vault.value("SELECT closes_at FROM rounds WHERE id = %s", r.id)
    assert timedelta(hours=2, minutes=59) < closes_at - datetime.now(UTC) <= timedelta(hours=3)
    assert vault.save(r, r.members[A], r.criteria[0], vault.page(r, 1)) == "saved"


def test_a_round_closed_without_quorum_reopens_when_extended(vault: Vault) -> None:
    r = vault.a_round()
    vault.score(r, [(1, 2), (3, 4)])
    vault.end_time(r)
    vault.close(r)

    assert vault.extend(r) == "extended"

    assert vault.order(r) == "open"
    closing = "SELECT closed_at, closed_by, closed_xid, close_cause FROM rounds WHERE id = %s"
    assert vault.rows(closing, r.id) == [(None, None, None, None)]
    assert len(vault.mine(r, r.members[A])) == 2


def test_a_round_that_can_be_published_is_not_extended(vault: Vault) -> None:
    ballot = [(1, 2), (3, 4)]
    full, overridden = vault.a_round(), vault.a_round()
    vault.score(full, ballot, ballot, ballot)
    vault.end_time(overridden)
    vault.close(overridden)
    vault.override(overridden)

    assert vault.extend(full) == "has_quorum"
    assert vault.extend(overridden) == "has_quorum"
    vault.publish(full)
    assert vault.extend(full) == "published"


def test_a_round_is_not_extended_into_the_past_nor_when_voided(vault: Vault) -> None:
    r, voided = vault.a_round(), vault.a_round()
    vault.void(voided)

    assert vault.extend(r, to="0 seconds") == "past"
    assert vault.value("SELECT extend_round(%s, NULL)", r.id) == "past"
    assert vault.extend(voided) == "voided"


def test_an_override_is_recorded_only_where_quorum_is_missing(vault: Vault) -> None:
    ballot = [(1, 2), (3, 4)]
    r, full, voided = vault.a_round(), vault.a_round(), vault.a_round()
    vault.score(full, ballot, ballot, ballot)
    vault.void(voided)

    assert vault.override(r) == "open"
    vault.end_time(r)
    vault.close(r)
    assert vault.override(r, by=r.members[B]) == "recorded"
    assert vault.override(full) == "has_quorum"
    vault.publish(full)
    assert vault.override(full) == "published"
    assert vault.override(voided) == "voided"
    assert vault.rows("SELECT override_by, override_reason FROM rounds WHERE id = %s", r.id) == [
        (r.members[B], "It cannot wait")
    ]


def test_voiding_destroys_ballots_and_pages(vault: Vault) -> None:
    r = vault.a_round()
    vault.score(r, [(1, 2), (3, 4)], [(1, 2), (3, 4)])

    assert vault.void(r) == "voided"

    assert vault.stored(r) == []
    assert vault.value("SELECT count(*) FROM ballot_pages WHERE round_id = %s", r.id) == 0
    assert vault.value("SELECT bool_or(submitted) FROM round_members WHERE round_id = %s", r.id) is False
    assert vault.rows("SELECT voided_by, void_reason FROM rounds WHERE id = %s", r.id) == [
        (r.members[A], "A criterion was wrong")
    ]
    assert vault.order(r) == "voided"
    assert vault.void(r) == "already"


def test_a_published_round_is_not_voided_and_an_unknown_one_is_nothing(vault: Vault) -> None:
    r = vault.a_round()
    ballot = [(1, 2), (3, 4)]
    vault.score(r, ballot, ballot, ballot)
    vault.publish(r)

    assert vault.void(r) == "published"
    assert vault.value("SELECT void_round(%s, NULL, NULL)", uuid4()) == "already"
    assert vault.value("SELECT round_order(%s)", uuid4()) is None


def test_after_a_voided_round_another_one_collects_afresh(vault: Vault) -> None:
    r = vault.a_round()
    vault.score(r, [(1, 2), (3, 4)])
    vault.void(r)

    again = vault.another_round(r, number=2)

    assert vault.mine(again, r.members[A]) == {}
    vault.score(again, [(9, 9), (9, 9)])
    assert {row[3] for row in vault.stored(again)} == {9}
