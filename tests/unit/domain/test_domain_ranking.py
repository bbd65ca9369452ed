"""The ranking against published tables and an independent oracle."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from random import Random
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.ranking import Cells, RankedOption, Ranking, Weights, cell_means, rank_means
from tests.support.ballots import ballot, criterion, option, weighted


def rank(*, option_ids: Sequence[UUID], weights: Weights, ballots: Sequence[Cells]) -> Ranking:
    return rank_means(option_ids=option_ids, weights=weights, means=cell_means(ballots))


def by_option(ranking: Ranking) -> dict[UUID, RankedOption]:
    return {row.option_id: row for row in ranking.rows}


# Goodwin & Wright, Decision Analysis for Management Judgment, ch. 3, table 3.2: seven offices, scale 0..100.
OFFICE_WEIGHTS = ("32", "26", "23", "10", "6", "3")
OFFICES = (
    (100, 60, 100, 75, 0, 90),
    (20, 80, 10, 30, 100, 30),
    (80, 70, 0, 0, 10, 100),
    (70, 50, 30, 55, 30, 90),
    (40, 60, 90, 100, 60, 70),
    (0, 0, 70, 0, 80, 0),
    (60, 100, 20, 50, 50, 80),
)
OFFICE_SCORES = ("80.8", "39.4", "47.4", "52.3", "64.8", "20.9", "60.2")
OFFICE_PLACES = (1, 6, 5, 4, 2, 7, 3)


def test_ranks_the_offices_of_goodwin_and_wright_as_published() -> None:
    two_alike = [ballot(OFFICES)] * 2

    ranking = rank(option_ids=[option(o) for o in range(7)], weights=weighted(*OFFICE_WEIGHTS), ballots=two_alike)

    rows = by_option(ranking)
    assert [rows[option(o)].score for o in range(7)] == [Fraction(s) for s in OFFICE_SCORES]
    assert tuple(rows[option(o)].place for o in range(7)) == OFFICE_PLACES
    assert [row.place for row in ranking.rows] == [1, 2, 3, 4, 5, 6, 7]


def test_an_exact_tie_shares_the_first_place_and_skips_the_second() -> None:
    # Triantaphyllou 2000. With binary fractions 22.0 and 22.0 may differ in the last bit and one would win.
    values = ((25, 20, 15, 30), (10, 30, 20, 30), (30, 10, 30, 10))

    ranking = rank(
        option_ids=[option(o) for o in range(3)],
        weights=weighted("0.2", "0.15", "0.4", "0.25"),
        ballots=[ballot(values)] * 2,
    )

    assert [(row.option_id, row.place, row.score) for row in ranking.rows] == [
        (option(1), 1, 22),
        (option(2), 1, 22),
        (option(0), 3, Fraction("21.5")),
    ]


# Five people, three options (refund, credit, escalate), four criteria (cost, impact, risk, effort).
TEAM_WEIGHTS = ("3.0", "2.0", "2.5", "1.0")
TEAM = (
    ((8, 5, 7, 6), (6, 8, 6, 7), (4, 6, 9, 8)),
    ((9, 6, 2, 6), (7, 7, 8, 6), (5, 6, 8, 7)),
    ((7, 6, 8, 5), (5, 9, 6, 8), (3, 7, 9, 9)),
    ((8, 4, 3, 7), (7, 8, 7, 6), (6, 5, 8, 8)),
    ((9, 7, 8, 6), (6, 7, 6, 7), (5, 6, 7, 6)),
)


def the_team_ranks(people: int = 5) -> Ranking:
    return rank(
        option_ids=[option(o) for o in range(3)],
        weights=weighted(*TEAM_WEIGHTS),
        ballots=[ballot(rows) for rows in TEAM[:people]],
    )


def test_five_people_three_options_four_criteria_rank_as_computed_by_hand() -> None:
    rows = by_option(the_team_ranks())

    scores = [float(rows[option(o)].score or 0) for o in range(3)]
    assert scores == pytest.approx([6.564706, 6.764706, 6.341176], abs=1e-6)
    assert [rows[option(o)].place for o in range(3)] == [2, 1, 3]


SCORES = st.one_of(st.none(), st.integers(1, 10))


@st.composite
def a_round(draw: st.DrawFn) -> tuple[list[UUID], list[tuple[UUID, Decimal]], list[Cells]]:
    """1..5 options, 1..4 criteria, 0..7 people, weights 0.10..5.00, scattered abstentions."""
    options, criteria = draw(st.integers(1, 5)), draw(st.integers(1, 4))
    hundredths = draw(st.lists(st.integers(10, 500), min_size=criteria, max_size=criteria))
    row = st.lists(SCORES, min_size=criteria, max_size=criteria)
    people = draw(st.lists(st.lists(row, min_size=options, max_size=options), max_size=7))
    weights = [(criterion(k), Decimal(w) / 100) for k, w in enumerate(hundredths)]
    return [option(o) for o in range(options)], weights, [ballot(rows) for rows in people]


def oracle(
    options: list[UUID], weights: list[tuple[UUID, Decimal]], ballots: list[Cells]
) -> dict[UUID, tuple[int, Fraction]]:
    """Written another way: integer weights, one common denominator, places by counting who is better."""
    scores: dict[UUID, Fraction] = {}
    for o in options:
        numerator: int | Fraction = 0
        denominator, complete = 1, True
        for k, w in weights:
            column = [b[o, k] for b in ballots if (o, k) in b]
            if len(column) < 2:
                complete = False
                break
            numerator = numerator * len(column) + int(w * 100) * sum(column) * denominator
            denominator *= len(column)
        if complete:
            scores[o] = Fraction(numerator, denominator * sum(int(w * 100) for _, w in weights))
    return {o: (1 + sum(other > s for other in scores.values()), s) for o, s in scores.items()}


@settings(max_examples=150, deadline=None)
@given(a_round())
def test_ranking_agrees_with_an_independent_oracle(
    played: tuple[list[UUID], list[tuple[UUID, Decimal]], list[Cells]],
) -> None:
    options, weights, ballots = played

    ranking = rank(option_ids=options, weights=weights, ballots=ballots)

    found = {r.option_id: (r.place, r.score) for r in ranking.rows if r.place is not None}
    assert found == oracle(options, weights, ballots)
    assert sorted(r.option_id for r in ranking.rows) == sorted(options)
    assert all(bool(r.needs) == (r.place is None) == (r.score is None) for r in ranking.rows)
    assert all(1 <= r.score <= 10 for r in ranking.rows if r.score is not None)


@settings(max_examples=100, deadline=None)
@given(a_round(), st.randoms(use_true_random=False))
def test_the_order_of_ballots_options_and_criteria_changes_no_place(
    played: tuple[list[UUID], list[tuple[UUID, Decimal]], list[Cells]], random: Random
) -> None:
    options, weights, ballots = played
    shuffled = list(options), list(weights), list(ballots)
    for items in shuffled:
        random.shuffle(items)

    one = rank(option_ids=options, weights=weights, ballots=ballots)
    other = rank(option_ids=shuffled[0], weights=shuffled[1], ballots=shuffled[2])

    assert {o: (r.place, r.score, frozenset(r.needs)) for o, r in by_option(one).items()} == {
        o: (r.place, r.score, frozenset(r.needs)) for o, r in by_option(other).items()
    }


def test_ties_keep_the_given_order_and_the_unranked_come_last() -> None:
    rows = ((None, 5), (7, 7), (9, 9), (7, 7))

    ranking = rank(option_ids=[option(o) for o in range(4)], weights=weighted("1", "1"), ballots=[ballot(rows)] * 3)

    assert [(r.option_id, r.place) for r in ranking.rows] == [
        (option(2), 1),
        (option(1), 2),
        (option(3), 2),
        (option(0), None),
    ]


def test_an_option_with_a_cell_of_one_score_is_not_ranked_and_names_the_criterion() -> None:
    full, abstains = ballot([(8, 8, 8), (5, 5, 5)]), ballot([(8, None, 8), (5, None, 5)])

    ranking = rank(
        option_ids=[option(0), option(1)],
        weights=weighted("1", "2", "3"),
        ballots=[full, abstains, abstains, abstains, abstains],
    )

    assert [(r.place, r.score, r.needs) for r in ranking.rows] == [(None, None, (criterion(1),))] * 2


def test_who_abstains_leaves_the_mean_of_the_others_alone() -> None:
    ballots = [ballot([(10, 4)]), ballot([(10, 6)]), ballot([(10, None)])]

    ranking = rank(option_ids=[option(0)], weights=weighted("1", "1"), ballots=ballots)

    assert ranking.rows[0].score == Fraction("7.5")


def test_cells_of_options_outside_the_round_do_not_count() -> None:
    stray = {(option(9), criterion(0)): 10, (option(0), criterion(9)): 10, (option(0), criterion(0)): 4}

    ranking = rank(option_ids=[option(0)], weights=weighted("1"), ballots=[stray, stray])

    assert [(r.option_id, r.score) for r in ranking.rows] == [(option(0), Fraction(4))]


@pytest.mark.parametrize("weights", [(), ("0", "0")])
def test_weights_that_add_up_to_nothing_are_a_programming_error(weights: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="weights above 0"):
        rank(option_ids=[option(0)], weights=weighted(*weights), ballots=[])


def test_what_nobody_scored_has_no_voices_and_no_place_even_where_one_score_is_enough() -> None:
    means = cell_means([ballot([(7,), (None,)])])

    scored, unscored = rank_means(option_ids=[option(0), option(1)], weights=weighted("1"), means=means, least=1).rows

    assert (scored.place, scored.voices, scored.needs) == (1, 1, ())
    assert (unscored.place, unscored.voices, unscored.needs) == (None, 0, (criterion(0),))


def test_contested_are_the_first_two_places_that_are_taken_however_many_are_not_ranked() -> None:
    rows = ((9,), (7,), (7,), (5,), (None,))

    ranking = rank(option_ids=[option(o) for o in range(5)], weights=weighted("1"), ballots=[ballot(rows)] * 2)

    assert ranking.contested == (option(0), option(1), option(2))


def test_exact_scores_do_not_show_in_a_traceback() -> None:
    ranking = rank(option_ids=[option(0)], weights=weighted("3"), ballots=[ballot([(7,)]), ballot([(8,)])])

    assert "Fraction" not in repr(ranking)
    assert "Fraction" not in repr(cell_means([ballot([(7,)])]))
