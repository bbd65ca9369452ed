"""Consensus and its labels against published and computed numbers; what a team should talk about."""

from collections.abc import Sequence
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.agreement import Agreement, Topic, agreement, consensus, find_topics
from bot.domain.ranking import Cells
from tests.support.ballots import criterion, weighted

A, B = UUID(int=1), UUID(int=2)


def ballot(leader: Sequence[int | None], runner_up: Sequence[int | None]) -> Cells:
    rows = {A: leader, B: runner_up}
    return {(o, criterion(k)): x for o, row in rows.items() for k, x in enumerate(row) if x is not None}


def test_consensus_of_seven_steps_is_as_the_r_package_agrmt_documents() -> None:
    frequencies = (30, 40, 210, 130, 530, 50, 10)
    scores = [step for step, count in enumerate(frequencies, start=1) for _ in range(count)]

    assert consensus(scores, width=6) == pytest.approx(0.7256876, abs=1e-7)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ((7, 7, 7), 1.0),
        ((7, 8), 0.917538),
        ((6, 7, 8), 0.886717),
        ((2, 2, 9), 0.359878),
        ((1, 10), 0.0),
        ((3, 3, 8, 8), 0.530515),
        ((6, 7, 7, 8, 8), 0.892021),
        ((8, 8, 8, 8, 2), 0.614932),
        ((2, 2, 2, 9, 9), 0.314650),
        ((1, 3, 5, 7, 9), 0.515773),
    ],
)
def test_consensus_of_few_people_on_one_to_ten(scores: tuple[int, ...], expected: float) -> None:
    assert consensus(scores) == pytest.approx(expected, abs=1e-6)


@given(st.lists(st.integers(1, 10), min_size=1, max_size=30))
def test_consensus_lies_between_nothing_and_all(scores: list[int]) -> None:
    found = consensus(scores)

    assert -1e-12 <= found <= 1
    assert (found == 1) == (len(set(scores)) == 1)
    assert found == pytest.approx(consensus([11 - score for score in scores]), abs=1e-12)


@pytest.mark.parametrize(
    ("scores", "cns", "label"),
    [
        ((3, 3, 8, 8), 0.5305, Agreement.SPLIT),
        ((2, 3, 8, 9), 0.4100, Agreement.SPLIT),
        ((6, 7, 7, 8, 8), 0.8920, Agreement.ALIGNED),
        ((8, 8, 8, 8, 2), 0.6149, Agreement.MIXED),
        ((3, 3, 4, 8, 8), 0.5819, Agreement.SPLIT),
        ((1, 3, 5, 7, 9), 0.5158, Agreement.SPREAD),
        ((5, 6, 7, 8), 0.8273, Agreement.ALIGNED),
        ((4, 4, 7, 8), 0.6863, Agreement.MIXED),
    ],
)
def test_a_cell_is_aligned_mixed_spread_or_split(scores: tuple[int, ...], cns: float, label: Agreement) -> None:
    for order in (scores, scores[::-1]):
        found = agreement(order)

        assert found
        assert found.consensus == pytest.approx(cns, abs=1e-4)
        assert found.label == label


@pytest.mark.parametrize(
    ("scores", "label"),
    [
        ((2, 2, 9), Agreement.SPREAD),  # three people are no two camps
        ((1, 1, 1, 10), Agreement.SPREAD),  # one outlier is no camp
        ((1, 6, 6, 9, 9), Agreement.SPREAD),  # the widest gap parts one person off
        ((1, 1, 5, 9, 9), Agreement.SPREAD),  # two gaps as wide: evenly spread, no camps
        ((2, 2, 5, 5, 8, 8), Agreement.MIXED),
        ((1, 4, 7, 10), Agreement.SPREAD),
        ((2, 2, 5, 9, 9), Agreement.SPLIT),  # one gap is wider than the other
        ((4, 4, 6, 6), Agreement.ALIGNED),
    ],
)
def test_split_needs_two_camps_of_at_least_two(scores: tuple[int, ...], label: Agreement) -> None:
    found = agreement(scores)

    assert found
    assert found.label == label


@pytest.mark.parametrize("scores", [(), (7,)])
def test_nobody_agrees_alone(scores: tuple[int, ...]) -> None:
    assert agreement(scores) is None


# Credit leads, refund is runner-up: cost, impact, risk, effort of five people.
TEAM = (
    ((6, 8, 6, 7), (8, 5, 7, 6)),
    ((7, 7, 8, 6), (9, 6, 2, 6)),
    ((5, 9, 6, 8), (7, 6, 8, 5)),
    ((7, 8, 7, 6), (8, 4, 3, 7)),
    ((6, 7, 6, 7), (9, 7, 8, 6)),
)
TEAM_WEIGHTS = weighted("3.0", "2.0", "2.5", "1.0")


def topics(rows: Sequence[tuple[Sequence[int | None], Sequence[int | None]]]) -> list[tuple[int, float | None]]:
    found = find_topics([ballot(*row) for row in rows], weights=TEAM_WEIGHTS, leader=A, runner_up=B)
    return [(t.criterion_id.int - 2000, None if t.share is None else round(float(t.share), 6)) for t in found]


def test_the_criterion_that_parts_people_most_comes_first_and_a_soothing_one_not_at_all() -> None:
    # The shares of all four, effort with -0.086438, add up to 1.
    assert topics(TEAM) == [(2, 0.758686), (0, 0.169527), (1, 0.158225)]


def test_up_to_four_people_the_first_topic_has_a_name_and_no_number() -> None:
    assert topics(TEAM[:4]) == [(2, None)]


def test_who_left_a_cell_of_the_two_out_does_not_count_for_the_topic() -> None:
    assert topics([*TEAM[:4], ((6, 7, None, 7), (9, 7, 8, 6))]) == topics(TEAM[:4])


def test_there_is_nothing_to_talk_about_where_all_see_the_same_gap() -> None:
    assert topics([TEAM[0], TEAM[0]]) == []
    assert topics([TEAM[0]]) == []
    assert topics([]) == []


def test_topics_that_weigh_the_same_are_named_together() -> None:
    rows = [ballot((8, 8), (5, 5)), ballot((5, 5), (8, 8)), ballot((6, 6), (6, 6))]

    found = find_topics(rows, weights=weighted("1", "1"), leader=A, runner_up=B)

    assert found == (Topic(criterion(0), None, 3), Topic(criterion(1), None, 3))


SCORES = st.lists(st.integers(1, 10), min_size=4, max_size=4)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(SCORES, SCORES), min_size=5, max_size=9))
def test_topics_do_not_depend_on_which_of_the_two_leads(rows: list[tuple[list[int], list[int]]]) -> None:
    ballots = [ballot(*row) for row in rows]

    one = find_topics(ballots, weights=TEAM_WEIGHTS, leader=A, runner_up=B)

    assert one == find_topics(ballots, weights=TEAM_WEIGHTS, leader=B, runner_up=A)
    assert sum((topic.share or Fraction(0) for topic in one), Fraction(0)) >= bool(one)


def test_numbers_do_not_show_in_a_traceback() -> None:
    assert "." not in repr(agreement((3, 3, 8, 8))).replace("Agreement.", "")
    assert "Fraction" not in repr(Topic(criterion(0), Fraction(1, 3), 5))


def test_two_people_who_differ_have_a_topic_and_one_alone_has_none() -> None:
    assert topics(TEAM[:2]) == [(2, None)]
    assert topics(TEAM[:1]) == []


def test_a_gap_of_three_parts_a_team_and_one_of_two_does_not() -> None:
    apart, near = agreement((1, 1, 4, 4, 10, 10)), agreement((1, 1, 1, 4, 4, 4))

    assert apart is not None
    assert (apart.label, apart.camps) == (Agreement.SPLIT, (4, 2))
    assert near is not None
    assert near.label is not Agreement.SPLIT
