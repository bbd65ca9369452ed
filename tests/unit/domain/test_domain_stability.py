"""Weight intervals against published numbers and a search; the share against its plain Python twin."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.domain.ranking import CellMean, CellMeans, Ranking, Weights, rank_means
from bot.domain.stability import (
    Interval,
    Redrawn,
    StabilityLabel,
    count_firsts,
    first_shares,
    label,
    redraw,
    shown_share,
    weight_intervals,
)
from tests.support import plain_stability as plain
from tests.support.ballots import Rows, ballot, criterion, option, weighted

DECISION = UUID(int=42)


def means_of(rows: Sequence[Sequence[str | Fraction]]) -> CellMeans:
    return {
        (option(o), criterion(k)): CellMean(Fraction(value), 9)
        for o, row in enumerate(rows)
        for k, value in enumerate(row)
    }


def ranked(rows: Sequence[Sequence[str | Fraction]], weights: Weights) -> tuple[Ranking, list[Interval]]:
    means = means_of(rows)
    ranking = rank_means(option_ids=[option(o) for o in range(len(rows))], weights=weights, means=means)
    return ranking, list(weight_intervals(ranking, weights=weights, means=means).values())


def rounded(interval: Interval) -> tuple[float | None, float | None]:
    low, high = (None if x is None else round(float(x), 6) for x in (interval.low, interval.high))
    return low, high


# --- One weight that moves ------------------------------------------------------------------------------

# Triantaphyllou & Sanchez 1997, the weighted sum model's example.
PAPER_WEIGHTS = ("0.3277", "0.3058", "0.2876", "0.0790")
PAPER = (
    ("0.3088", "0.2897", "0.3867", "0.1922"),
    ("0.2163", "0.3458", "0.1755", "0.6288"),
    ("0.4509", "0.2473", "0.1194", "0.0575"),
    ("0.0240", "0.1172", "0.3184", "0.1215"),
)


def test_the_intervals_of_triantaphyllou_and_sanchez_and_who_binds_them() -> None:
    ranking, found = ranked(PAPER, weighted(*PAPER_WEIGHTS))

    assert ranking.rows[0].option_id == option(0)
    assert [rounded(interval) for interval in found] == [
        (None, 0.707127),
        (None, 1.008235),
        (0.101016, None),
        (None, 0.169258),
    ]
    assert [(i.low_rival, i.high_rival) for i in found] == [
        (None, option(2)),
        (None, option(1)),
        (option(1), None),
        (None, option(1)),
    ]


@pytest.mark.parametrize(
    ("pair", "deltas"),
    [
        ((0, 1), (0.426017, -0.702435, 0.186584, -0.090258)),
        ((0, 2), (-0.379427, 1.271616, 0.201708, 0.400271)),
        ((0, 3), (0.601502, 0.993089, 2.508167, 2.423025)),
        ((1, 2), (-0.061850, 0.147309, 0.258644, 0.025398)),
        ((1, 3), (0.685914, 0.576996, -0.923032, 0.260006)),
        ((2, 3), (0.274986, 0.902316, -0.589906, -1.834239)),
    ],
)
def test_every_pair_ties_after_the_published_change_of_one_weight(
    pair: tuple[int, int], deltas: tuple[float, ...]
) -> None:
    weights = weighted(*PAPER_WEIGHTS)

    _, found = ranked([PAPER[i] for i in pair], weights)

    for (_, weight), interval, delta in zip(weights, found, deltas, strict=True):
        bound = interval.low if delta > 0 else interval.high
        if delta > weight:  # no weight below 0
            assert bound is None
        else:
            assert float(weight) - delta == pytest.approx(bound, abs=1e-4)


def test_the_most_sensitive_weight_of_the_paper_moves_by_65_per_cent() -> None:
    _, found = ranked(PAPER, weighted(*PAPER_WEIGHTS))

    moves = [abs(1 - bound / Fraction(i.weight)) for i in found for bound in (i.low, i.high) if bound is not None]

    assert float(min(moves)) * 100 == pytest.approx(64.876, abs=1e-3)


def test_the_lead_ends_where_cost_drops_below_two_and_three_quarters() -> None:
    rows = (("7.4", "6.0", "8.2", "5.0"), ("6.2", "8.0", "6.8", "6.4"), ("5.0", "7.2", "6.0", "9.0"))

    ranking, found = ranked(rows, weighted("3.0", "2.0", "1.5", "1.0"))

    assert [float(row.score or 0) for row in ranking.rows] == pytest.approx([6.866667, 6.826667, 6.32], abs=1e-6)
    assert [rounded(interval) for interval in found] == [
        (2.75, None),
        (None, 2.15),
        (1.285714, None),
        (None, 1.214286),
    ]
    assert [[round(float(end), 6) for end in interval.clipped()] for interval in found] == [
        [2.75, 5.0],
        [0.1, 2.15],
        [1.285714, 5.0],
        [0.1, 1.214286],
    ]


def test_an_interval_is_never_clipped_past_the_weight_itself() -> None:
    assert Interval(Decimal(30), low=Fraction(20)).clipped() == (Fraction(20), Fraction(30))
    assert Interval(Decimal("0.05")).clipped() == (Fraction("0.05"), Fraction(5))


def test_of_tied_leaders_no_weight_may_move_that_would_part_them() -> None:
    _, found = ranked((("8", "6", "5"), ("6", "8", "5"), ("1", "1", "1")), weighted("1", "1", "1"))

    assert [rounded(interval) for interval in found] == [(1, 1), (1, 1), (None, None)]
    assert (found[0].low_rival, found[0].high_rival) == (option(1), option(0))


def test_nothing_bounds_a_lone_option_and_nothing_ranked_has_no_intervals() -> None:
    _, alone = ranked((("5", "5"),), weighted("1", "2"))
    nobody = rank_means(option_ids=[option(0)], weights=weighted("1"), means={})

    assert [rounded(interval) for interval in alone] == [(None, None)] * 2
    assert weight_intervals(nobody, weights=weighted("1"), means={}) == {}


MATRICES = st.tuples(st.integers(2, 5), st.integers(1, 4)).flatmap(
    lambda shape: st.tuples(
        st.lists(
            st.lists(st.integers(10, 100), min_size=shape[1], max_size=shape[1]), min_size=shape[0], max_size=shape[0]
        ),
        st.lists(st.integers(10, 500), min_size=shape[1], max_size=shape[1]),
    )
)


def leaders_at(rows: Sequence[Sequence[Fraction]], weights: Sequence[Fraction]) -> set[int]:
    totals = [sum(w * x for w, x in zip(weights, row, strict=True)) for row in rows]
    return {o for o, total in enumerate(totals) if total == max(totals)}


@settings(max_examples=150, deadline=None)
@given(MATRICES, st.integers(1, 2000))
def test_inside_its_interval_every_weight_keeps_the_leaders_and_outside_none_does(
    drawn: tuple[list[list[int]], list[int]], probe: int
) -> None:
    rows = [[Fraction(x, 10) for x in row] for row in drawn[0]]
    weights = [Fraction(w, 100) for w in drawn[1]]
    _, found = ranked(rows, weighted(*(Decimal(w) / 100 for w in drawn[1])))
    now = leaders_at(rows, weights)

    for j, interval in enumerate(found):
        moved = Fraction(probe, 100)
        is_inside = (interval.low is None or moved >= interval.low) and (
            interval.high is None or moved <= interval.high
        )
        assert (now <= leaders_at(rows, [*weights[:j], moved, *weights[j + 1 :]])) == is_inside
        for bound, rival in ((interval.low, interval.low_rival), (interval.high, interval.high_rival)):
            if bound is not None:
                tied = leaders_at(rows, [*weights[:j], bound, *weights[j + 1 :]])
                assert now <= tied
                assert rival in {option(o) for o in tied}


# --- Everything at once ---------------------------------------------------------------------------------

# Five people, three options (refund, credit, escalate), four criteria (cost, impact, risk, effort).
TEAM_WEIGHTS = ("3.0", "2.0", "2.5", "1.0")
TEAM = (
    ((8, 5, 7, 6), (6, 8, 6, 7), (4, 6, 9, 8)),
    ((9, 6, 2, 6), (7, 7, 8, 6), (5, 6, 8, 7)),
    ((7, 6, 8, 5), (5, 9, 6, 8), (3, 7, 9, 9)),
    ((8, 4, 3, 7), (7, 8, 7, 6), (6, 5, 8, 8)),
    ((9, 7, 8, 6), (6, 7, 6, 7), (5, 6, 7, 6)),
)


def shares(people: Sequence[Rows], *weights: str, decision_id: UUID = DECISION, doublings: float = 1.0) -> list[float]:
    found = first_shares(
        [ballot(rows) for rows in people],
        option_ids=[option(o) for o in range(len(people[0]))],
        weights=weighted(*weights),
        decision_id=decision_id,
        doublings=doublings,
    )
    return list(found.values())


def test_with_fixed_weights_the_share_is_the_exact_bootstrap_of_all_multisets_of_people() -> None:
    found = shares(TEAM, *TEAM_WEIGHTS, doublings=0)

    exact = [1128 / 3125, 1997 / 3125, 0]
    assert found == pytest.approx(exact, abs=4 * (0.64 * 0.36 / 10_000) ** 0.5)
    assert found[2] == 0


def test_the_same_decision_draws_the_same_and_another_one_otherwise() -> None:
    one, again, other = (shares(TEAM, *TEAM_WEIGHTS, decision_id=d) for d in (DECISION, DECISION, UUID(int=43)))

    assert one == again
    assert one != other
    assert one == pytest.approx(other, abs=0.03)
    assert sum(one) == pytest.approx(1)


def test_the_order_in_which_ballots_arrive_changes_nothing() -> None:
    assert shares(TEAM, *TEAM_WEIGHTS) == shares([TEAM[i] for i in (3, 0, 4, 2, 1)], *TEAM_WEIGHTS)


def test_options_that_always_tie_share_every_draw() -> None:
    alike = [((7, 3), (7, 3), (1, 1)), ((4, 9), (4, 9), (1, 1)), ((10, 1), (10, 1), (1, 1))]

    assert shares(alike, "1.37", "0.3") == [0.5, 0.5, 0]


def test_a_leader_in_everybodys_eyes_is_always_first() -> None:
    assert shares([((9, 9), (5, 5))] * 3, "1", "5") == [1, 0]


def test_without_options_there_are_no_shares() -> None:
    assert first_shares([], option_ids=[], weights=weighted("1"), decision_id=DECISION) == {}


def as_floats(people: Sequence[Rows]) -> np.ndarray:
    return np.array([[[np.nan if x is None else x for x in row] for row in rows] for rows in people], dtype=float)


def some_teams(weights: Sequence[str], people: int) -> Iterator[tuple[list[float], list[float]]]:
    for team in redraw(DECISION, people=people, weights=weighted(*weights), draws=300):
        yield from zip(team.people.T.tolist(), team.weights.T.tolist(), strict=True)


SCORE = st.one_of(st.integers(1, 10), st.integers(1, 10), st.none())


@st.composite
def a_case(draw: st.DrawFn) -> tuple[list[list[list[int | None]]], list[str]]:
    people, options, criteria = draw(st.integers(1, 6)), draw(st.integers(1, 4)), draw(st.integers(1, 4))
    row = st.lists(SCORE, min_size=criteria, max_size=criteria)
    rows = st.lists(row, min_size=options, max_size=options)
    weights = draw(st.lists(st.integers(10, 500), min_size=criteria, max_size=criteria))
    return draw(st.lists(rows, min_size=people, max_size=people)), [str(Decimal(w) / 100) for w in weights]


@settings(max_examples=60, deadline=None)
@given(a_case())
def test_the_share_equals_its_plain_python_twin_on_the_same_teams(
    case: tuple[list[list[list[int | None]]], list[str]],
) -> None:
    people, weights = case
    assume(not np.isnan(as_floats(people)).all(axis=0).any())

    teams = redraw(DECISION, people=len(people), weights=weighted(*weights), draws=300)
    found = np.sum([count_firsts(as_floats(people), team) for team in teams], axis=0)

    expected = plain.count_firsts(people, some_teams(weights, len(people)))
    assert list(found) == pytest.approx(expected, abs=1e-9)


def test_a_big_team_is_drawn_in_pieces_that_add_up() -> None:
    teams = list(redraw(DECISION, people=1_000, weights=weighted("1", "2"), draws=2_500))

    assert [team.people.shape for team in teams] == [(1_000, 1_000), (1_000, 1_000), (1_000, 500)]
    assert all((team.people.sum(axis=0) == 1_000).all() for team in teams)


def test_who_is_first_under_any_weights_agrees_with_the_exact_areas_of_the_simplex() -> None:
    # First-rank acceptability of three options under uniform weights (SMAA), exact by clipping polygons.
    draws = 100_000
    scores = np.array([[[8, 4, 6], [6, 7, 5], [5, 5, 9]]], dtype=float)
    weights = np.random.default_rng(1).dirichlet(np.ones(3), draws).T

    firsts = count_firsts(scores, Redrawn(np.ones((1, draws)), weights)) / draws

    for found, exact in zip(firsts, (73 / 260, 113 / 390, 67 / 156), strict=True):
        assert abs(found - exact) <= 4 * (exact * (1 - exact) / draws) ** 0.5


def test_weights_run_from_half_to_double() -> None:
    (team,) = redraw(DECISION, people=2, weights=weighted("1", "4"), draws=10_000)

    assert team.weights.min(axis=1) == pytest.approx([0.5, 2], rel=0.01)
    assert team.weights.max(axis=1) == pytest.approx([2, 8], rel=0.01)
    assert np.median(team.weights, axis=1) == pytest.approx([1, 4], rel=0.05)


# --- In words -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("share", "people", "expected"),
    [
        (1.0, 5, StabilityLabel.CLEAR),
        (0.90, 5, StabilityLabel.CLEAR),
        (0.8999, 5, StabilityLabel.LEANING),
        (0.70, 5, StabilityLabel.LEANING),
        (0.6999, 5, StabilityLabel.TOO_CLOSE),
        (0.0, 5, StabilityLabel.TOO_CLOSE),
        (0.97, 3, StabilityLabel.CLEAR),
        (0.9699, 3, StabilityLabel.LEANING),
        (0.9699, 4, StabilityLabel.CLEAR),
        (0.70, 3, StabilityLabel.LEANING),
    ],
)
def test_three_people_need_more_to_be_clear(share: float, people: int, expected: StabilityLabel) -> None:
    assert label(share, people=people) == expected


def test_an_exact_tie_is_too_close_whatever_the_share() -> None:
    assert label(0.99, people=9, is_tied=True) == StabilityLabel.TOO_CLOSE


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0, 0), (0.024, 0), (0.026, 5), (0.54, 55), (0.68, 65), (0.7, 70), (0.88, 85), (0.9, 90), (0.976, 100), (1, 100)],
)
def test_a_share_is_shown_in_steps_of_five_and_never_across_a_label(share: float, shown: int) -> None:
    assert shown_share(share) == shown


@given(st.floats(0, 1))
def test_number_and_label_never_disagree(share: float) -> None:
    assert label(shown_share(share) / 100, people=5) == label(share, people=5)


def test_numpy_is_not_imported_before_a_share_is_computed() -> None:
    code = "import bot.app, bot.domain.analysis, sys; sys.exit('numpy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
