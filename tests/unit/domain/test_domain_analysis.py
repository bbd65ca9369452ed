"""The whole analysis: one worked example from end to end, and a thousand random cases against other libraries."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest

from bot.domain.agreement import Agreement
from bot.domain.analysis import Analysis, analyse, find_asides
from bot.domain.stability import StabilityLabel
from tests.support.ballots import Rows, ballot, criterion, levels, option

DOMAIN = Path(__file__).resolve().parents[3] / "bot" / "domain"


def analysed(
    people: Sequence[Rows], *weights: str, confidences: Sequence[Rows] = (), options: int = 0, least: int = 2
) -> Analysis:
    return analyse(
        option_ids=[option(o) for o in range(options or len(people[0]))],
        weights=[(criterion(k), Decimal(w)) for k, w in enumerate(weights)],
        ballots=[ballot(rows) for rows in people],
        confidences=[levels(rows) for rows in confidences],
        least=least,
    )


# --- One example from end to end ------------------------------------------------------------------------

TEAM_WEIGHTS = ("3.0", "2.0", "2.5", "1.0")
TEAM = (
    ((8, 5, 7, 6), (6, 8, 6, 7), (4, 6, 9, 8)),
    ((9, 6, 2, 6), (7, 7, 8, 6), (5, 6, 8, 7)),
    ((7, 6, 8, 5), (5, 9, 6, 8), (3, 7, 9, 9)),
    ((8, 4, 3, 7), (7, 8, 7, 6), (6, 5, 8, 8)),
    ((9, 7, 8, 6), (6, 7, 6, 7), (5, 6, 7, 6)),
)


SHARES = (0.555622, 0.304878, 0.139500)
"""Of the second option, the first, the third: by scipy, integrating the normal distributions."""


def test_five_people_three_options_four_criteria_from_end_to_end() -> None:
    found = analysed(TEAM, *TEAM_WEIGHTS)

    scores = {row.option_id: float(row.score or 0) for row in found.ranking.rows}
    assert [scores[option(o)] for o in range(3)] == pytest.approx([6.564706, 6.764706, 6.341176], abs=1e-6)
    assert [(row.option_id, row.place) for row in found.ranking.rows] == [
        (option(1), 1),
        (option(0), 2),
        (option(2), 3),
    ]
    means = [[float(found.means[option(o), criterion(k)].value) for k in range(4)] for o in range(3)]
    assert means == [[8.2, 5.6, 5.6, 6.0], [6.2, 7.8, 6.6, 6.8], [4.6, 6.0, 8.2, 7.6]]
    intervals = [(i.low and round(float(i.low), 6), i.high and float(i.high)) for i in found.intervals.values()]
    assert intervals == [(0.75, 3.85), (1.227273, None), (0.8, 4.75), (None, 5.5)]
    cns = [[found.agreement[option(o), criterion(k)].consensus for k in range(4)] for o in range(3)]
    assert np.array(cns) == pytest.approx(
        np.array(
            [[0.892, 0.8486, 0.5265, 0.932], [0.892, 0.892, 0.8784, 0.892], [0.8486, 0.932, 0.892, 0.8486]],
        ),
        abs=1e-4,
    )
    assert found.topics[0].criterion_id == criterion(2)
    assert float(found.topics[0].share or 0) == pytest.approx(0.758686, abs=1e-6)
    assert found.agreement[option(0), criterion(2)].label is Agreement.SPLIT
    assert (found.people, found.partial, found.dominated, found.low) == (5, (), {}, ())
    assert [found.shares[option(o)] for o in (1, 0, 2)] == pytest.approx(SHARES, abs=1e-6)
    assert found.label is StabilityLabel.TOO_CLOSE  # Risk is split, and has less than a third of the weight
    assert found.splits == ()


def test_the_order_of_ballots_changes_nothing() -> None:
    shuffled = [TEAM[i] for i in (4, 2, 0, 3, 1)]

    assert analysed(TEAM, *TEAM_WEIGHTS) == analysed(shuffled, *TEAM_WEIGHTS)


CAMPS = (*[((9, 6), (6, 6))] * 3, *[((3, 6), (6, 6))] * 2)
"""Five people; on the first criterion of the first option three and two are far apart."""


@pytest.mark.parametrize(
    ("people", "weights", "label"),
    [
        (CAMPS, ("1", "1"), StabilityLabel.SPLIT),
        (CAMPS, ("1", "2"), StabilityLabel.SPLIT),
        (CAMPS, ("1", "2.01"), StabilityLabel.TOO_CLOSE),  # less than a third of the weight
        (CAMPS[1:], ("1", "1"), StabilityLabel.TOO_CLOSE),  # four people are not called split
    ],
)
def test_a_team_in_two_camps_on_what_weighs_is_called_split(
    people: Sequence[Rows], weights: Sequence[str], label: StabilityLabel
) -> None:
    found = analysed(people, *weights)

    assert found.label is label
    assert found.splits == (((option(0), criterion(0)),) if label is StabilityLabel.SPLIT else ())


def test_a_clear_lead_stays_clear_though_the_team_is_split_on_it_and_a_split_third_splits_nobody() -> None:
    clear = [(*rows, (1, 1)) for rows in [((10, 10), (2, 2))] * 6 + [((6, 10), (2, 2))] * 6]
    third = [((8, 8), (7, 8), (9 if i % 2 else 1, 1)) for i in range(6)]

    assert (analysed(clear, "1", "1").label, analysed(third, "1", "1").splits) == (StabilityLabel.CLEAR, ())
    assert analysed(clear, "1", "1").agreement[option(0), criterion(0)].camps == (6, 6)


def test_one_persons_matrix_ranks_where_one_score_is_enough() -> None:
    found = analysed([((7,), (4,))], "1", least=1)

    assert [(row.option_id, row.place) for row in found.ranking.rows] == [(option(0), 1), (option(1), 2)]
    assert (found.people, found.label) == (1, StabilityLabel.TOO_CLOSE)


def test_an_exact_tie_is_a_tie_with_equal_shares() -> None:
    # Criterion by criterion the two differ, and 0.1 + 0.2 against 0.3 parts them in floating point.
    rows = ((7, 7, 5), (5, 5, 7))

    found = analysed([rows] * 4, "0.1", "0.2", "0.3")

    assert [row.place for row in found.ranking.rows] == [1, 1]
    assert found.label is StabilityLabel.TOO_CLOSE
    assert list(found.shares.values()) == [0.5, 0.5]


def test_an_option_below_two_scores_is_not_ranked_and_takes_no_share() -> None:
    people = [((8, 8), (5, 5), (9, 9)), ((8, 8), (5, 5), (None, 9)), ((8, 8), (5, 5), (None, 9))]

    found = analysed(people, "1", "2")

    assert [(r.option_id, r.place, r.needs) for r in found.ranking.rows] == [
        (option(0), 1, ()),
        (option(1), 2, ()),
        (option(2), None, (criterion(0),)),
    ]
    assert set(found.shares) == {option(0), option(1)}
    assert (option(2), criterion(0)) not in found.agreement
    assert found.dominated == {option(1): (option(0),)}


def test_a_lenient_stranger_to_the_second_option_does_not_make_the_first_one_lead() -> None:
    people = [((10, 10), (None, None)), ((7, 6), (8, 6)), ((6, 5), (7, 6))]

    found = analysed(people, "2", "1")

    assert [row.option_id for row in found.ranking.rows] == [option(1), option(0)]
    assert [float(row.score or 0) for row in found.ranking.rows] == pytest.approx([8.333333, 7.444444], abs=1e-6)
    assert (found.partial, found.circles) == ((0,), 1)


def test_who_abstains_on_a_whole_criterion_leaves_plain_means() -> None:
    found = analysed([((10, 4), (8, 4)), ((10, 6), (8, 6)), ((4, None), (2, None))], "1", "1")

    assert found.partial == ()
    assert found.means[option(0), criterion(0)].value == 8
    assert [row.score for row in found.ranking.rows] == [Fraction(13, 2), Fraction(11, 2)]


def test_with_one_option_or_none_ranked_there_is_nothing_to_call_clear() -> None:
    one = analysed([((8,), (None,))] * 3, "1")
    none = analysed([((8,), (None,))], "1")
    nobody = analysed([], "1", options=2)

    assert (one.label, one.shares, one.topics) == (None, {option(0): 1}, ())
    assert (none.label, none.shares, none.intervals, none.leaders) == (None, {}, {}, ())
    assert (nobody.label, nobody.people, nobody.agreement) == (None, 0, {})


def test_an_option_is_left_aside_only_where_the_lead_is_told_and_no_camps_stand_behind_it() -> None:
    first, second, third = (option(i) for i in range(3))
    dominated = [(third, (first, second))]

    def asides(label: StabilityLabel | None, *split: UUID) -> list[tuple[UUID, tuple[UUID, ...]]]:
        return find_asides(dominated, label=label, leaders=(first,), split=set(split))

    for label in (StabilityLabel.CLEAR, StabilityLabel.LEANING):
        assert asides(label) == dominated
        assert asides(label, second) == [(third, (first,))]
        assert asides(label, third) == asides(label, first) == []
    assert asides(StabilityLabel.TOO_CLOSE) == asides(StabilityLabel.SPLIT) == []
    assert find_asides([(third, (second,))], label=StabilityLabel.CLEAR, leaders=(first,), split={second}) == []


def test_dominated_is_nowhere_better_and_somewhere_worse_and_equals_do_not_dominate() -> None:
    found = analysed([((8, 5), (8, 4), (5, 8), (8, 5), (4, 4))] * 3, "1", "1")

    assert found.dominated == {
        option(1): (option(0), option(3)),
        option(4): (option(0), option(2), option(3), option(1)),
    }


def test_a_leader_that_averages_three_or_less_somewhere_is_told() -> None:
    found = analysed([((10, 3, 9), (5, 2, 2))] * 3, "1", "1", "1")

    assert found.low == ((option(0), criterion(1)),)
    assert analysed([((10, 4, 9), (5, 2, 2))] * 3, "1", "1", "1").low == ()


CONFIDENT = [((9,), (5,)), ((9,), (5,)), ((2,), (8,)), ((6,), (6,))]
"""The last one does not say how sure they are, wherever three do."""


def sure_of(*levels: int | None) -> list[Rows]:
    """How sure each is of both options."""
    return [((level,), (level,)) for level in levels]


@pytest.mark.parametrize(
    ("confidences", "leader"),
    [
        (sure_of(1, 1, 5, None), 1),
        (sure_of(5, 5, 1, None), 0),
        (sure_of(1, None, 5, 5), 1),
        (sure_of(5, 5, None, 4), 0),
    ],
)
def test_confidence_says_who_else_would_lead_and_never_changes_the_ranking(
    confidences: Sequence[Rows], leader: int
) -> None:
    found = analysed(CONFIDENT, "1", confidences=confidences)

    assert found.confident_leaders == (option(leader),)
    assert found.ranking == analysed(CONFIDENT, "1").ranking


@pytest.mark.parametrize("level", [3, None])
def test_where_all_are_as_sure_nothing_is_said_about_it(level: int | None) -> None:
    """Silence stands for the middle."""
    assert analysed(CONFIDENT, "1", confidences=sure_of(3, 3, 3, level)).confident_leaders is None


def test_where_fewer_than_three_said_how_sure_they_are_nothing_is_said_about_it() -> None:
    assert analysed(CONFIDENT, "1").confident_leaders is None
    for said in ((None, None, None, None), (None, None, 5, None), (1, None, 5, None)):
        assert analysed(CONFIDENT, "1", confidences=sure_of(*said)).confident_leaders is None


def test_three_have_to_have_said_of_every_criterion_how_sure_they_are() -> None:
    people = [(row[0] * 2, row[1] * 2) for row in CONFIDENT]
    three = [((1, 1), (1, 1)), ((1, 1), (1, 1)), ((5, 5), (5, 5)), ((None, None), (None, None))]
    two = [*three[:2], ((5, None), (5, None)), three[3]]

    assert analysed(people, "1", "1", confidences=three).confident_leaders == (option(1),)
    assert analysed(people, "1", "1", confidences=two).confident_leaders is None


def test_cells_outside_the_round_do_not_count() -> None:
    stray = {(option(9), criterion(0)): 1, (option(0), criterion(9)): 1}
    inside = [{**ballot(rows), **stray} for rows in TEAM]

    found = analyse(
        option_ids=[option(o) for o in range(3)],
        weights=[(criterion(k), Decimal(w)) for k, w in enumerate(TEAM_WEIGHTS)],
        ballots=inside,
    )

    assert found == analysed(TEAM, *TEAM_WEIGHTS)


def test_numbers_do_not_show_in_a_traceback() -> None:
    text = repr(analysed(TEAM, *TEAM_WEIGHTS))

    assert "Fraction" not in text
    assert "0." not in text


# --- A thousand random cases ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Drawn:
    """scores: (people, options, criteria), NaN = not scored."""

    scores: np.ndarray
    weights: np.ndarray

    @property
    def is_partial(self) -> bool:
        return bool(np.isnan(self.scores).any())

    def analysed(self) -> Analysis:
        people = [[[None if np.isnan(x) else int(x) for x in row] for row in rows] for rows in self.scores]
        return analysed(people, *(f"{w:.2f}" for w in self.weights))


def drawn(seed: int) -> Drawn:
    """Every third has holes: scattered, so that leniency counts."""
    random = np.random.default_rng(seed)
    shape = (random.integers(2, 9), random.integers(2, 8), random.integers(1, 7))
    scores = random.integers(1, 11, shape).astype(float)
    if seed % 3 == 0:
        scores[random.random(shape) < 0.15] = np.nan
    return Drawn(scores, random.integers(10, 501, shape[2]) / 100)


def means_by_scipy(case: Drawn) -> np.ndarray:
    """(options, criteria): least squares with dummy variables; NaN = no score."""
    from scipy.linalg import lstsq  # here, as below: it takes a second, which `make unit` need not wait

    people, options, criteria = case.scores.shape
    rows, right = [np.concatenate([np.zeros(options * criteria), np.ones(people)])], [0.0]
    for e, o, k in np.argwhere(~np.isnan(case.scores)):
        row = np.zeros(options * criteria + people)
        row[o * criteria + k] = row[options * criteria + e] = 1
        rows.append(row)
        right.append(case.scores[e, o, k])
    fitted: np.ndarray = lstsq(np.array(rows), np.array(right))[0]
    solution = fitted[: options * criteria].reshape(options, criteria)
    solution[np.isnan(case.scores).all(axis=0)] = np.nan
    return solution


def consensus_by_numpy(scores: np.ndarray) -> float:
    x = scores[~np.isnan(scores)]
    values, counts = np.unique(x, return_counts=True)
    return float(1 + (counts / len(x)) @ np.log2(1 - np.abs(values - x.mean()) / 9))


def check_against_oracles(case: Drawn, found: Analysis) -> None:
    from scipy.stats import rankdata

    options = case.scores.shape[1]
    means = means_by_scipy(case) if case.is_partial else case.scores.mean(axis=0)
    voices = (~np.isnan(case.scores)).sum(axis=0)
    ranked = (voices >= 2).all(axis=1)
    scores = np.average(means[ranked], axis=1, weights=case.weights)
    places = dict(zip(np.flatnonzero(ranked), rankdata(-scores.round(9), "min"), strict=True))

    rows = {row.option_id.int - 1000: row for row in found.ranking.rows}
    assert {o: row.place for o, row in rows.items()} == {o: places.get(o) for o in range(options)}
    assert [float(rows[o].score or 0) for o in np.flatnonzero(ranked).tolist()] == pytest.approx(list(scores), abs=1e-9)
    for o, k in np.argwhere(voices >= 2):
        measured = found.agreement[option(o), criterion(k)].consensus
        assert measured == pytest.approx(consensus_by_numpy(case.scores[:, o, k]), abs=1e-9)
    if ranked.any():
        check_intervals(found, means, case.weights)
    if found.topics and found.topics[0].share is not None:
        check_topics(found, case)


def check_intervals(found: Analysis, means: np.ndarray, weights: np.ndarray) -> None:
    """By linear programming in one dimension: all half-planes a weight may not leave."""
    leaders = [o.int - 1000 for o in found.leaders]
    others = [row.option_id.int - 1000 for row in found.ranking.rows if row.place is not None]
    for k, interval in enumerate(found.intervals.values()):
        rest = np.delete(weights, k)
        low, high = 0.0, np.inf
        for a in leaders:
            for b in others:
                gap = means[a] - means[b]
                slope, fixed = gap[k], np.delete(gap, k) @ rest  # slope * w + fixed >= 0
                if slope > 1e-9:
                    low = max(low, -fixed / slope)
                elif slope < -1e-9:
                    high = min(high, -fixed / slope)
        assert float(interval.low or 0) == pytest.approx(low, abs=1e-9, rel=1e-9)
        assert float(interval.high if interval.high is not None else np.inf) == pytest.approx(high, abs=1e-9, rel=1e-9)


def check_topics(found: Analysis, case: Drawn) -> None:
    first, second = (row.option_id.int - 1000 for row in found.ranking.rows[:2])
    gaps = case.weights * (case.scores[:, first] - case.scores[:, second])
    gaps = gaps[~np.isnan(gaps).any(axis=1)]
    total = gaps.sum(axis=1)
    shares = [np.cov(column, total)[0, 1] / np.var(total, ddof=1) for column in gaps.T]
    expected = sorted((share for share in shares if share > 1e-12), reverse=True)
    assert [float(topic.share or 0) for topic in found.topics] == pytest.approx(expected, abs=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("hundred", range(10))
def test_a_thousand_random_matrices_agree_with_numpy_and_scipy(hundred: int) -> None:
    checked = 0
    for seed in range(hundred * 100, hundred * 100 + 100):
        case = drawn(seed)
        found = case.analysed()
        if found.circles > 1:
            continue  # without a common cell least squares has many answers
        check_against_oracles(case, found)
        checked += 1

    assert checked > 90


def test_a_thousand_random_matrices_agree_with_scikit_criteria() -> None:
    if not os.environ.get("ORACLES"):
        pytest.skip("`make oracle-test` compares with scikit-criteria")
    import skcriteria
    from skcriteria.agg.simple import WeightedSumModel

    for seed in (seed for seed in range(1_500) if seed % 3):
        case = drawn(seed)
        matrix = skcriteria.mkdm(
            case.scores.mean(axis=0), [max] * len(case.weights), weights=case.weights / case.weights.sum()
        )
        expected = WeightedSumModel().evaluate(matrix).e_.score
        scores = {row.option_id.int - 1000: float(row.score or 0) for row in case.analysed().ranking.rows}
        assert [scores[o] for o in range(len(expected))] == pytest.approx(list(expected), abs=1e-9)


def test_confident_leaders_are_exact_so_that_a_tie_is_a_tie() -> None:
    # Nobody was sure of the first criterion, everybody of the second: 10 + 1 against 5 + 6.
    people, sure = [((10, 1), (5, 6))] * 3, [((1, 5), (1, 5))] * 3

    assert analysed(people, "1", "1", confidences=sure).confident_leaders == (option(0), option(1))


def test_an_option_that_one_person_scored_does_not_lead_however_sure_they_were() -> None:
    people = [((5,), (10,)), ((5,), (None,)), ((5,), (None,))]

    assert analysed(people, "1", confidences=[((1,), (5,)), ((5,), (None,)), ((5,), (None,))]).confident_leaders == (
        option(0),
    )


def test_no_value_that_holds_exact_numbers_shows_them_in_a_traceback() -> None:
    modules = [import_module(f"bot.domain.{path.stem}") for path in sorted(DOMAIN.glob("*.py"))]
    classes = [kind for module in modules for kind in vars(module).values() if kind.__class__ is type]
    shown = {
        f"{kind.__name__}.{field.name}"
        for kind in classes
        if is_dataclass(kind)
        for field in fields(kind)
        if field.repr and re.search("Fraction|float|CellMean|CellAgreement|Page", str(field.type))
    }

    # To which totals are rounded: a tenth or a half; and how many people scored, less what they abstained from.
    # Of words, and of texts that nobody scored: what phrases weigh, and how sure a reading of a case is.
    # Times: how long a language model may take, how long a part of the way took.
    assert shown == {
        "Model.seconds",
        "Pace.hours",
        "_Audit.step",
        "Scatter.people",
        "Phrase.weight",
        "Lexicon.added_weight",
        "Reading.confidence",
    }
