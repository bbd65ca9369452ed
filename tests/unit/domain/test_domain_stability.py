"""Weight intervals against published numbers and a search; the share against closed forms and dice."""

import subprocess
import sys
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from statistics import NormalDist

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.ranking import CellMean, CellMeans, Cells, Ranking, Weights, cell_means, rank_means
from bot.domain.stability import (
    Interval,
    StabilityLabel,
    chances_to_be_first,
    first_shares,
    label,
    scatter,
    shown_share,
    weight_intervals,
)
from tests.support import plain_stability as plain
from tests.support.ballots import Rows, ballot, criterion, option, weighted


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


def test_a_tie_at_no_weight_at_all_bounds_nothing() -> None:
    _, (where_they_differ, where_not) = ranked((("7", "5"), ("6", "5")), weighted("1", "2"))

    assert (where_they_differ.low, where_they_differ.low_rival) == (None, None)
    assert rounded(where_not) == (None, None)


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


# --- Other colleagues -----------------------------------------------------------------------------------

# Five people, three options (refund, credit, escalate), four criteria (cost, impact, risk, effort).
TEAM_WEIGHTS = ("3.0", "2.0", "2.5", "1.0")
TEAM = (
    ((8, 5, 7, 6), (6, 8, 6, 7), (4, 6, 9, 8)),
    ((9, 6, 2, 6), (7, 7, 8, 6), (5, 6, 8, 7)),
    ((7, 6, 8, 5), (5, 9, 6, 8), (3, 7, 9, 9)),
    ((8, 4, 3, 7), (7, 8, 7, 6), (6, 5, 8, 8)),
    ((9, 7, 8, 6), (6, 7, 6, 7), (5, 6, 7, 6)),
)


def counted(people: Sequence[Rows], *weights: str) -> tuple[list[Cells], Ranking, Weights]:
    ballots, named = [ballot(rows) for rows in people], weighted(*weights)
    options = [option(o) for o in range(len(people[0]))]
    return ballots, rank_means(option_ids=options, weights=named, means=cell_means(ballots)), named


def shares(people: Sequence[Rows], *weights: str) -> list[float]:
    ballots, ranking, named = counted(people, *weights)
    found = first_shares(ballots, ranking=ranking, weights=named)
    return [found[option(o)] for o in range(len(people[0]))]


def test_of_two_options_the_share_is_the_closed_form() -> None:
    # Differences 3, 1, 2: residuals of half of 1, -1, 0 on both options. s2 = (1 + 4 * 2.56) / (2 * 1 + 4).
    found = shares([((8,), (5,)), ((6,), (5,)), ((9,), (7,))], "1")

    noise = (1 + 4 * 2.56) / 6 / 3
    shrunk = 0.25 / (0.25 + noise)
    lead = shrunk * 2 / (2 * shrunk * noise) ** 0.5
    assert found[0] == pytest.approx(NormalDist().cdf(lead), abs=1e-12)
    assert sum(found) == pytest.approx(1, abs=1e-12)


def test_the_scatter_of_the_example_team_is_pooled_over_people_and_options() -> None:
    ballots, ranking, weights = counted(TEAM, *TEAM_WEIGHTS)

    found = scatter(ballots, ranking=ranking, weights=weights)

    assert found.people == pytest.approx(5)
    # sum r^2 = 4.063206 by numpy, k = 4, so (4.063206 + 2.56) / (4 * 2 + 4).
    assert found.variance == pytest.approx(0.551934, abs=1e-6)


def test_everybody_is_sure_and_yet_three_people_are_few() -> None:
    rows = ((7, 7), (6, 6))

    few, many = shares([rows] * 3, "1", "1")[0], shares([rows] * 20, "1", "1")[0]

    assert (round(few, 2), round(many, 2)) == (0.82, 1.0)


def test_how_generous_people_are_and_the_order_of_their_ballots_change_nothing() -> None:
    generous = [tuple(tuple(x + p % 2 for x in row) for row in rows) for p, rows in enumerate(TEAM)]

    assert shares(TEAM, *TEAM_WEIGHTS) == shares([TEAM[i] for i in (3, 0, 4, 2, 1)], *TEAM_WEIGHTS)
    assert shares(generous, *TEAM_WEIGHTS) == pytest.approx(shares(TEAM, *TEAM_WEIGHTS), abs=1e-12)


def test_equal_totals_have_equal_shares() -> None:
    alike = [((7, 3), (7, 3), (1, 1)), ((4, 9), (4, 9), (1, 1)), ((10, 1), (10, 1), (1, 1))]

    first, second, third = shares(alike, "1.37", "0.3")

    assert first == second
    assert third < first


def test_one_person_is_believed_as_far_as_people_usually_scatter() -> None:
    ballots = [ballot(((7,), (4,)))]
    ranking = rank_means(option_ids=[option(0), option(1)], weights=weighted("1"), means=cell_means(ballots), least=1)

    found = first_shares(ballots, ranking=ranking, weights=weighted("1"))

    shrunk = 0.25 / (0.25 + 2.56)
    assert found[option(0)] == pytest.approx(NormalDist().cdf(shrunk * 3 / (2 * shrunk * 2.56) ** 0.5), abs=1e-12)


def test_who_abstains_counts_for_the_share_of_the_weight_that_they_scored() -> None:
    whole = [((8, 6), (6, 5)), ((7, 7), (6, 4)), ((8, 5), (7, 6))]
    abstained = [*whole, ((8, None), (6, None))]
    ballots, ranking, weights = counted(abstained, "3", "1")

    found = scatter(ballots, ranking=ranking, weights=weights)

    assert found.people == pytest.approx(3.75)


def test_an_option_that_somebody_left_out_is_compared_among_those_they_scored() -> None:
    """Whoever scored two of three options alike on both counts no scatter, however the third one fares."""
    everybody = ((8,), (6,), (1,))
    ballots, ranking, weights = counted([everybody, everybody, ((8,), (6,), (None,))], "1")

    found = scatter(ballots, ranking=ranking, weights=weights)

    people = 2 + 2 / 3
    assert found.people == pytest.approx(people)
    assert found.variance == pytest.approx(4 * 2.56 / ((people - 1) * 2 + 4))


def test_without_a_rival_there_is_nothing_to_share() -> None:
    nobody = rank_means(option_ids=[option(0), option(1)], weights=weighted("1"), means={})

    assert shares([((5,),)] * 3, "1") == [1]
    assert first_shares([], ranking=nobody, weights=weighted("1")) == {}


@st.composite
def a_team(draw: st.DrawFn) -> tuple[list[list[list[int]]], list[str]]:
    people, options, criteria = draw(st.integers(2, 6)), draw(st.integers(2, 5)), draw(st.integers(1, 4))
    row = st.lists(st.integers(1, 10), min_size=criteria, max_size=criteria)
    rows = st.lists(row, min_size=options, max_size=options)
    weights = draw(st.lists(st.integers(10, 500), min_size=criteria, max_size=criteria))
    return draw(st.lists(rows, min_size=people, max_size=people)), [str(Decimal(w) / 100) for w in weights]


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(a_team())
def test_the_share_is_what_ten_thousand_draws_in_plain_python_come_near_to(
    case: tuple[list[list[list[int]]], list[str]],
) -> None:
    people, weights = case

    found = shares(people, *weights)

    drawn = plain.first_shares(people, weights=[float(w) for w in weights], draws=10_000, seed=1)
    assert found == pytest.approx(drawn, abs=0.025)


@settings(max_examples=150, deadline=None)
@given(a_team())
def test_the_better_total_never_has_the_smaller_share(case: tuple[list[list[list[int]]], list[str]]) -> None:
    people, weights = case
    ballots, ranking, named = counted(people, *weights)

    found = list(first_shares(ballots, ranking=ranking, weights=named).values())

    assert found == sorted(found, reverse=True)
    assert sum(found) == pytest.approx(1, abs=1e-9)


def test_fifty_equal_options_are_as_likely_and_a_hopeless_one_is_not() -> None:
    assert chances_to_be_first([0.0] * 50, spread=0.3) == pytest.approx([0.02] * 50, abs=1e-12)
    assert chances_to_be_first([9.0, -50.0], spread=0.01) == [1, 0]


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
        (0.95, 3, StabilityLabel.CLEAR),
        (0.9499, 3, StabilityLabel.LEANING),
        (0.95, 4, StabilityLabel.CLEAR),
        (0.9499, 4, StabilityLabel.LEANING),
        (0.70, 3, StabilityLabel.LEANING),
    ],
)
def test_four_people_and_fewer_need_more_to_be_clear(share: float, people: int, expected: StabilityLabel) -> None:
    assert label(share, people=people) == expected


def test_an_exact_tie_is_too_close_whatever_the_share() -> None:
    assert label(0.99, people=9, is_tied=True) == StabilityLabel.TOO_CLOSE


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0, 0), (0.024, 0), (0.026, 5), (0.54, 55), (0.68, 65), (0.7, 70), (0.88, 85), (0.9, 90), (0.93, 95), (1, 100)],
)
def test_a_share_is_shown_in_steps_of_five_and_never_across_a_label(share: float, shown: int) -> None:
    assert shown_share(share, people=5) == shown


@given(st.floats(0, 1), st.integers(1, 9))
def test_number_and_label_never_disagree(share: float, people: int) -> None:
    assert label(shown_share(share, people=people) / 100, people=people) == label(share, people=people)


@pytest.mark.slow
def test_numpy_is_not_imported_to_start_nor_to_compute_a_share() -> None:
    code = (
        "import bot.app, sys; from bot.domain.stability import chances_to_be_first as chances; "
        "chances([1.0, 0.5], spread=0.5); sys.exit('numpy' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
