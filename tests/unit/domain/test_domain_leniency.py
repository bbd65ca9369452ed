"""Offsets per person against the worked example and scipy's least squares."""

from collections.abc import Sequence
from fractions import Fraction
from random import Random
from uuid import UUID

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.domain import leniency
from bot.domain.leniency import find_partial, fit
from bot.domain.ranking import Cells, cell_means

Rows = Sequence[Sequence[int | None]]


def cell(o: int, k: int) -> tuple[UUID, UUID]:
    return UUID(int=1000 + o), UUID(int=2000 + k)


def ballot(rows: Rows) -> Cells:
    """rows[option][criterion], None = not scored."""
    return {cell(o, k): x for o, row in enumerate(rows) for k, x in enumerate(row) if x is not None}


# The first person is lenient and knows one option only; both others prefer the second option.
LENIENT = [
    ballot(((10, 10), (None, None))),
    ballot(((7, 6), (8, 6))),
    ballot(((6, 5), (7, 6))),
]


def test_a_lenient_person_who_scored_one_option_does_not_lift_it() -> None:
    found = fit(LENIENT)

    assert [float(a) for a in found.offsets] == pytest.approx([2.666667, -0.958333, -1.708333], abs=1e-6)
    means = cell_means(found.adjust(LENIENT))
    plain = cell_means(LENIENT)
    cells = [cell(0, 0), cell(0, 1), cell(1, 0), cell(1, 1)]
    assert [float(means[c].value) for c in cells] == pytest.approx([7.666667, 7, 8.833333, 7.333333], abs=1e-6)
    assert [float(plain[c].value) for c in cells] == pytest.approx([7.666667, 7, 7.5, 6], abs=1e-6)


def test_people_without_a_cell_in_common_are_circles_of_their_own() -> None:
    apart = [ballot(((9,), (None,))), ballot(((7,), (None,))), ballot(((None,), (3,))), ballot(((None,), (1,)))]

    found = fit(apart)

    assert found.circles == 2
    assert [float(a) for a in found.offsets] == [1, -1, 1, -1]


def test_nobody_and_empty_ballots_have_no_offset() -> None:
    assert fit([]).offsets == ()
    assert fit([{}, *LENIENT]).offsets == (0, *fit(LENIENT).offsets)


@pytest.mark.parametrize(
    ("ballots", "partial"),
    [
        (LENIENT, (0,)),
        ([ballot(((1, 2), (3, 4))), ballot(((1, None), (3, None)))], ()),  # a criterion abstained whole
        ([ballot(((1, 2), (3, 4))), ballot(((1, 2), (3, None)))], (1,)),
        ([ballot(((1,), (2,), (None,))), ballot(((1,), (2,), (None,)))], ()),  # nobody scored the third
        ([{}], ()),
    ],
)
def test_partial_is_who_scored_some_of_a_criterions_options(ballots: list[Cells], partial: tuple[int, ...]) -> None:
    assert find_partial(ballots) == partial


SCORE = st.one_of(st.integers(1, 10), st.integers(1, 10), st.none())


@st.composite
def some_ballots(draw: st.DrawFn) -> list[Cells]:
    people, options, criteria = draw(st.integers(1, 7)), draw(st.integers(1, 4)), draw(st.integers(1, 3))
    row = st.lists(SCORE, min_size=criteria, max_size=criteria)
    rows = st.lists(row, min_size=options, max_size=options)
    return [ballot(r) for r in draw(st.lists(rows, min_size=people, max_size=people))]


def by_scipy(ballots: Sequence[Cells]) -> list[float]:
    """Dummy variables for cells and people, one more row for sum a = 0. Expects one circle, no empty ballot."""
    from scipy.linalg import lstsq  # here: it takes half a second, which `make unit` need not wait

    cells = sorted({c for b in ballots for c in b})
    design, right = [], []
    for e, b in enumerate(ballots):
        for c, x in b.items():
            row = np.zeros(len(cells) + len(ballots))
            row[cells.index(c)] = row[len(cells) + e] = 1
            design.append(row)
            right.append(x)
    design.append(np.concatenate([np.zeros(len(cells)), np.ones(len(ballots))]))
    solution, *_ = lstsq(np.array(design), np.array([*right, 0.0]))
    return [float(a) for a in solution[len(cells) :]]


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(some_ballots())
def test_offsets_are_the_least_squares_of_scipy(ballots: list[Cells]) -> None:
    ballots = [b for b in ballots if b]
    found = fit(ballots)
    assume(found.circles == 1)

    assert [float(a) for a in found.offsets] == pytest.approx(by_scipy(ballots), abs=1e-9)
    assert sum(found.offsets) == 0


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.integers(1, 10), min_size=3, max_size=3), min_size=1, max_size=6))
def test_on_complete_ballots_the_adjusted_means_are_the_plain_means(rows: list[list[int]]) -> None:
    ballots = [ballot([row]) for row in rows]

    assert cell_means(fit(ballots).adjust(ballots)) == cell_means(ballots)


def test_beyond_the_exact_size_the_fit_agrees_to_a_billionth(monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(5)
    ballots = [
        {cell(o, k): random.randint(1, 10) for o in range(5) for k in range(4) if random.random() < 0.6}
        for _ in range(20)
    ]
    exact = fit(ballots)
    monkeypatch.setattr(leniency, "MAX_EXACT", 3)

    rough = fit(ballots)

    assert rough.offsets != exact.offsets
    for a, b in zip(rough.offsets, exact.offsets, strict=True):
        assert abs(a - b) < Fraction(1, 10**9)


def test_offsets_do_not_show_in_a_traceback() -> None:
    assert "Fraction" not in repr(fit(LENIENT))
