"""Whether what is withheld can be computed from what is printed: an attacker with linear programming tries.

He knows the weights, all printed totals and means, and the order of the places. Printed means he even knows exactly:
of few people a tenth is enough for that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.ranking import Cell, CellMeans, Ranking, Weights, cell_means, rank_means
from bot.domain.rounding import HALF, HIGH_END, LOW_END, TENTH, range_of
from bot.domain.suppression import OPEN, Shown, _Audit, choose
from tests.support.ballots import criterion, option

Rows = Sequence[Sequence[int | None]]


@dataclass(frozen=True)
class Case:
    """A published round, with what the attacker does not see."""

    weights: Weights
    means: CellMeans
    ranking: Ranking
    is_full: bool

    @property
    def step(self) -> Fraction:
        return TENTH if self.is_full else HALF

    @property
    def least(self) -> int:
        """Means of fewer people have to stay open."""
        return 5 if self.is_full else 3

    def shown(self) -> Shown:
        return choose(
            self.ranking,
            weights=self.weights,
            means=self.means,
            step=self.step,
            total_voices=3,
            cell_voices=5 if self.is_full else None,
        )


def case_of(people: Sequence[Rows], *weights: str) -> Case:
    criteria = [(criterion(k), Decimal(w)) for k, w in enumerate(weights)]
    means = cell_means(
        [
            {(option(o), criterion(k)): x for o, row in enumerate(rows) for k, x in enumerate(row) if x is not None}
            for rows in people
        ]
    )
    options = [option(o) for o in range(len(people[0]))]
    return Case(criteria, means, rank_means(option_ids=options, weights=criteria, means=means), len(people) >= 5)


class Attacker:
    """Linear programming over all means of the options that have a place."""

    def __init__(self, case: Case, shown: Shown) -> None:
        self.case, self.shown = case, shown
        rows = [row for row in case.ranking.rows if row.place is not None]
        self.cells: list[Cell] = [(row.option_id, k) for row in rows for k, _ in case.weights]
        mass = sum(weight for _, weight in case.weights)
        share = {k: float(weight / mass) for k, weight in case.weights}
        self.limits = [self._printed(cell) for cell in self.cells]
        self.above: list[list[float]] = []
        self.at_most: list[float] = []
        totals = [[share[k] if o == row.option_id else 0.0 for o, k in self.cells] for row in rows]
        for row, total in zip(rows, totals, strict=True):
            if row.option_id in shown.totals and row.score is not None:
                low, high = range_of(row.score, case.step)
                self._need(total, float(high))
                self._need([-part for part in total], -float(low))
        for one, other in zip(range(len(rows)), range(1, len(rows)), strict=False):
            behind = [b - a for a, b in zip(totals[one], totals[other], strict=True)]
            self._need(behind, 0.0)
            if rows[one].place == rows[other].place:
                self._need([-part for part in behind], 0.0)

    def _need(self, row: list[float], most: float) -> None:
        self.above.append(row)
        self.at_most.append(most + 1e-9)

    def _printed(self, cell: Cell) -> tuple[float, float]:
        mean = self.case.means[cell].value
        if cell not in self.shown.cells:
            return 1.0, 10.0
        if mean >= HIGH_END:
            return float(HIGH_END), 10.0
        return (1.0, float(LOW_END)) if mean <= LOW_END else (float(mean), float(mean))

    def range_of(self, cell: Cell) -> tuple[float, float]:
        """The least and the most that the mean of a cell can be."""
        from scipy.optimize import linprog  # here: it takes half a second of everybody who only collects tests

        wanted = np.array([float(other == cell) for other in self.cells])
        found = [
            linprog(sign * wanted, A_ub=self.above or None, b_ub=self.at_most or None, bounds=self.limits)
            for sign in (1, -1)
        ]
        assert [one.status for one in found] == [0, 0]  # what happened is possible
        return float(found[0].fun), float(-found[1].fun)


def check_nothing_can_be_told(case: Case) -> Shown:
    shown = case.shown()
    attacker = Attacker(case, shown)
    for cell in attacker.cells:
        mean = case.means[cell]
        if mean.voices >= case.least and LOW_END < mean.value < HIGH_END:
            continue
        low, high = attacker.range_of(cell)
        if mean.voices < case.least:
            assert cell not in shown.cells
            assert high - low >= float(OPEN) - 1e-6
        elif mean.value >= HIGH_END:
            assert low <= float(HIGH_END) + 1e-6
        else:
            assert high >= float(LOW_END) - 1e-6
    return shown


SCORE: st.SearchStrategy[int | None] = st.one_of(st.integers(1, 10), st.sampled_from([1, 2, 9, 10]))


@st.composite
def a_case(draw: st.DrawFn, *, is_partial: bool = False) -> Case:
    """1..4 options, 1..4 criteria, 3..7 people. Who abstains does so for a whole criterion, unless partial."""
    options, criteria, people = draw(st.integers(1, 4)), draw(st.integers(1, 4)), draw(st.integers(3, 7))
    weights = draw(st.lists(st.sampled_from([10, 50, 100, 150, 300, 500]), min_size=criteria, max_size=criteria))
    rows = st.lists(st.lists(SCORE, min_size=criteria, max_size=criteria), min_size=options, max_size=options)
    seen: list[list[list[int | None]]] = draw(st.lists(rows, min_size=people, max_size=people))
    for person in seen:
        for k in range(criteria):
            gone = draw(st.integers(0, 4)) == 0
            for row in person:
                row[k] = None if gone or (is_partial and draw(st.integers(0, 9)) == 0) else row[k]
    return case_of(seen, *(str(Decimal(w) / 100) for w in weights))


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(a_case())
def test_what_is_withheld_cannot_be_computed_from_what_is_printed(case: Case) -> None:
    check_nothing_can_be_told(case)


@pytest.mark.slow
@settings(max_examples=75, deadline=None)
@given(a_case(is_partial=True))
def test_neither_where_people_left_out_single_cells(case: Case) -> None:
    check_nothing_can_be_told(case)


FULL, WITHOUT_FIRST = ((6, 7, 8), (5, 6, 4)), ((None, 7, 8), (None, 6, 4))


def test_a_withheld_cell_takes_the_next_smallest_with_it_and_the_total_stays() -> None:
    case = case_of([*[FULL] * 4, WITHOUT_FIRST], "1", "2", "3")

    shown = check_nothing_can_be_told(case)

    # All others have five scores: the heaviest goes, the total alone would give the first away.
    assert shown.cells == {(option(0), criterion(1)), (option(1), criterion(1))}
    assert shown.totals == {option(0), option(1)}


def test_the_cell_with_fewer_scores_goes_first_whatever_it_weighs() -> None:
    without_second = ((6, None, 8), (5, None, 4))
    case = case_of([*[FULL] * 4, WITHOUT_FIRST, FULL, without_second], "1", "1", "3")
    fewer = case_of([*[FULL] * 2, *[WITHOUT_FIRST] * 3, without_second, FULL], "1", "1", "3")

    assert case.shown().cells == {(option(o), criterion(k)) for o in (0, 1) for k in (0, 1, 2)}
    assert check_nothing_can_be_told(fewer).cells == {(option(o), criterion(2)) for o in (0, 1)}


def test_where_one_weight_drowns_the_others_the_total_is_withheld() -> None:
    case = case_of([*[((6, 7), (5, 6))] * 4, ((None, 7), (None, 6))], "5", "0.1")

    shown = check_nothing_can_be_told(case)

    assert (shown.cells, shown.totals) == (frozenset(), frozenset())


@pytest.mark.parametrize("end", [1, 10])
def test_an_end_of_the_scale_is_not_given_away_by_the_total(end: int) -> None:
    case = case_of([((end, 5), (5, 6))] * 5, "3", "1")

    shown = check_nothing_can_be_told(case)

    # Total and second mean would say that everybody gave the same.
    assert shown.cells == {(option(0), criterion(0)), (option(1), criterion(0)), (option(1), criterion(1))}
    assert option(0) in shown.totals


def test_nothing_is_withheld_where_everybody_scored_everything() -> None:
    case = case_of([FULL] * 5, "1", "2", "3")

    shown = check_nothing_can_be_told(case)

    assert (len(shown.cells), len(shown.totals)) == (6, 2)


@pytest.mark.parametrize(
    ("before", "after", "step", "candidates"),
    [("6.8", "7.0", TENTH, [8]), ("7.0", "7.0", HALF, [5, 6, 7, 8, 9])],
)
def test_two_means_of_a_tenth_would_give_a_newcomer_away_and_two_halves_would_not(
    before: str, after: str, step: Fraction, candidates: list[int]
) -> None:
    """Why nothing is shown live and a second round shows no means."""
    (low, high), (later_low, later_high) = (range_of(Fraction(mean), step) for mean in (before, after))
    four = range(ceil(low * 4), floor(high * 4) + 1)

    possible = {x for total in four for x in range(1, 11) if later_low <= Fraction(total + x, 5) <= later_high}

    assert sorted(possible) == candidates


def test_an_option_whose_total_is_not_printed_either_withholds_a_second_cell_all_the_same() -> None:
    # Two people scored the first cell of the second option: no total of it, so nothing could tell that cell.
    few = ((6, 7, 8), (None, 6, 4))
    case = case_of([FULL, FULL, few, few, few], "1", "2", "3")

    shown = check_nothing_can_be_told(case)

    assert shown.totals == {option(0)}
    assert shown.cells == {*[(option(0), criterion(k)) for k in range(3)], (option(1), criterion(1))}


def test_totals_take_the_fewest_people_that_they_may_and_one_less_has_none() -> None:
    three, two = [((6, 7), (5, 6))] * 3, [((6, 7), (5, None))]

    assert case_of(three, "1", "1").shown().totals == {option(0), option(1)}
    assert case_of([*three[:2], *two], "1", "1").shown().totals == {option(0)}


def is_open(people: Sequence[Rows], *weights: str, step: Fraction) -> bool:
    """Whether the first cell of the only option stays open beside its printed total and its other, printed cells."""
    case = case_of(people, *weights)
    shown = Shown(frozenset((option(0), criterion(k)) for k in range(1, len(weights))), frozenset({option(0)}))
    return _Audit(case.ranking, dict(case.weights), case.means, step, 5).find_leaking(shown) is None


def test_a_withheld_mean_is_open_enough_with_exactly_two_points() -> None:
    # Half a point of the total is two of a cell with a quarter of the weight.
    sixes: list[Rows] = [((6, 6),)] * 4 + [((None, 6),)]

    assert is_open(sixes, "1", "3", step=HALF)
    assert not is_open(sixes, "1.01", "3", step=HALF)


@pytest.mark.parametrize(("score", "is_wide"), [(2, True), (8, True), (9, False), (10, False)])
def test_the_scale_itself_bounds_what_a_total_leaves_open(score: int, is_wide: bool) -> None:
    # The total leaves 1 to 3, 7 to 9, and twice 9 to 11.
    people: list[Rows] = [((score, 6),)] * 4 + [((None, 6),)]

    assert is_open(people, "1", "3", step=HALF) is is_wide


@pytest.mark.parametrize("end", [(1, 2, 1, 2, 1, 2), (9, 10, 9, 10, 9, 10)])
def test_a_mean_at_the_very_border_of_an_end_is_printed_as_the_end(end: Sequence[int]) -> None:
    # 1.5 is printed as "≤ 1.5": half a point that the reader does not know. Known exactly, it would give 6 away.
    people: list[Rows] = [((None if i == 0 else 6, x),) for i, x in enumerate(end)]

    assert is_open(people, "1", "5", step=TENTH)


def test_with_one_criterion_the_total_is_the_cell_and_goes_with_it() -> None:
    case = case_of([((6,), (5,))] * 4 + [((None,), (None,))], "1")

    shown = check_nothing_can_be_told(case)

    assert (shown.cells, shown.totals) == (frozenset(), frozenset())


def test_an_option_without_a_place_is_neither_printed_nor_told() -> None:
    lone = ((6, 7, 8), (5, 6, None))
    case = case_of([FULL] + [lone] * 4, "1", "2", "3")

    shown = check_nothing_can_be_told(case)

    assert [row.place for row in case.ranking.rows] == [1, None]
    assert shown.totals == {option(0)}
    assert shown.cells >= {(option(0), criterion(k)) for k in range(3)}


def test_of_options_with_one_place_each_bounds_the_others() -> None:
    """Two in first place have the same total, so where one is printed the other one is known."""
    case = case_of([((6, 8), (8, 6))] * 4 + [((6, 8), (8, None))], "1", "1")

    shown = check_nothing_can_be_told(case)

    assert [row.place for row in case.ranking.rows] == [1, 1]
    assert (option(1), criterion(0)) not in shown.cells or shown.totals == frozenset()
