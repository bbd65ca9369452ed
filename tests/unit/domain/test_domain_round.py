"""A round of scoring: quorum, closing time, and the state it is in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import ceil
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.round import Round, RoundMember, RoundState, Thresholds, by_expertise, is_too_small, quorum
from tests.support import dossiers

NOW = datetime(2026, 5, 4, 9, 0, 30, tzinfo=UTC)
BEFORE, AFTER = NOW - timedelta(hours=1), NOW + timedelta(hours=1)


def a_round(
    *,
    people: int = 5,
    submitted: int = 0,
    excused: frozenset[int] = frozenset(),
    closes_at: datetime = AFTER,
    closed_at: datetime | None = None,
    override_reason: str | None = None,
    published_at: datetime | None = None,
    voided_at: datetime | None = None,
) -> Round:
    return Round(
        id=UUID(int=1),
        decision_id=UUID(int=2),
        number=1,
        opened_at=BEFORE,
        closes_at=closes_at,
        option_ids=(),
        weights=(),
        thresholds=Thresholds(),
        members=tuple(
            RoundMember(UUID(int=100 + i), f"Person {i}", None, i < submitted, i in excused) for i in range(people)
        ),
        closed_at=closed_at,
        override_reason=override_reason,
        published_at=published_at,
        voided_at=voided_at,
    )


@pytest.mark.parametrize(
    ("people", "needed"),
    [(2, 2), (3, 3), (4, 3), (5, 3), (6, 3), (7, 4), (8, 4), (9, 5), (12, 6), (13, 7), (40, 20)],
)
def test_quorum_is_half_rounded_up_but_three_and_of_two_both(people: int, needed: int) -> None:
    assert quorum(people) == needed


@given(st.integers(3, 10_000))
def test_a_quorum_can_always_be_reached_and_is_never_below_half(people: int) -> None:
    assert max(3, ceil(people / 2)) <= quorum(people) <= people


@pytest.mark.parametrize(
    ("round_", "state"),
    [
        (a_round(), RoundState.OPEN),
        (a_round(submitted=4), RoundState.OPEN),
        (a_round(closes_at=NOW + timedelta(microseconds=1)), RoundState.OPEN),
        (a_round(closes_at=NOW), RoundState.DUE),
        (a_round(closes_at=BEFORE, submitted=4), RoundState.DUE),
        (a_round(closed_at=BEFORE, submitted=2), RoundState.UNDECIDED),
        (a_round(closed_at=BEFORE, submitted=0, closes_at=AFTER), RoundState.UNDECIDED),
        (a_round(closed_at=BEFORE, submitted=3), RoundState.CLOSED),
        (a_round(closed_at=BEFORE, submitted=2, override_reason="The customer waits"), RoundState.CLOSED),
        (a_round(closed_at=BEFORE, submitted=3, published_at=NOW), RoundState.PUBLISHED),
        (a_round(voided_at=BEFORE), RoundState.VOIDED),
        (a_round(voided_at=BEFORE, closed_at=BEFORE, closes_at=BEFORE), RoundState.VOIDED),
    ],
)
def test_the_state_of_a_round_follows_from_its_times_and_its_quorum(round_: Round, state: RoundState) -> None:
    assert round_.state(NOW) is state


def test_excused_people_are_not_asked_but_a_ballot_they_gave_counts() -> None:
    round_ = a_round(people=5, submitted=2, excused=frozenset({0, 4}))

    assert [m.name for m in round_.roster] == ["Person 1", "Person 2", "Person 3"]
    assert round_.ballots == 2
    assert not round_.has_quorum


def test_excusing_somebody_who_never_scored_can_complete_the_quorum() -> None:
    without, excused = a_round(people=7, submitted=3), a_round(people=7, submitted=3, excused=frozenset({6}))

    assert (without.has_quorum, excused.has_quorum) == (False, True)


def test_finds_a_member_of_the_round_and_nobody_else() -> None:
    round_ = a_round()

    member = round_.find_member(UUID(int=102))

    assert member is not None
    assert member.name == "Person 2"
    assert round_.find_member(UUID(int=999)) is None


def test_those_who_know_about_such_decisions_come_first_and_the_others_stay_in_their_order() -> None:
    people = [dossiers.LISA, dossiers.MIKE, replace(dossiers.TOM, expertise_areas=("pricing", "refund_request"))]

    assert [m.name for m in by_expertise(people, "refund_request")] == ["Tom Becker", "Lisa Rodriguez", "Mike Chen"]


def test_the_usual_thresholds_are_those_of_the_method() -> None:
    assert Thresholds() == Thresholds(ranking=3, totals=5, cell=5)


@pytest.mark.parametrize(
    ("ballots", "roster", "is_small"), [(0, 1, True), (1, 1, True), (2, 1, False), (0, 2, False), (1, 2, False)]
)
def test_two_can_still_make_a_quorum_and_one_only_with_ballots_that_are_there(
    ballots: int, roster: int, is_small: bool
) -> None:
    assert is_too_small(ballots, roster) is is_small
