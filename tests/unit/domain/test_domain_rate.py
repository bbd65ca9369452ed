"""How often something worked: shrunk, with an interval that keeps its word, and silence where there is too little."""

import random
from collections import Counter
from math import sqrt
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.beta import cumulative, quantile
from bot.domain.rate import Voice, base_of, rate, separation


@pytest.mark.parametrize(
    ("x", "a", "b", "expected"),
    [
        (0.3, 2, 5, 0.579825),  # a polynomial: sum over j >= 2 of binomial(6, j) 0.3^j 0.7^(6-j)
        (0.5, 1, 1, 0.5),
        (0.2, 0.5, 0.5, 0.2951672),  # 2 / pi * asin(sqrt(x))
        (0.0, 3, 4, 0.0),
        (1.0, 3, 4, 1.0),
    ],
)
def test_the_beta_distribution_agrees_with_what_is_known_of_it(x: float, a: float, b: float, expected: float) -> None:
    assert cumulative(x, a, b) == pytest.approx(expected, abs=1e-6)


def test_a_quantile_is_the_way_back() -> None:
    for a, b in ((0.3, 0.7), (5, 2), (120, 40), (900, 3), (0.03, 144), (757, 0.08)):
        for share in (0.1, 0.5, 0.9, 0.999):
            x = quantile(share, a, b)
            assert cumulative(x - 1e-8, a, b) <= share <= cumulative(x + 1e-8, a, b)


def test_below_five_nothing_is_said_below_twenty_no_number() -> None:
    said = {known: rate(known // 2, known, known + 3, base=0.5) for known in (0, 4, 5, 19, 20)}

    assert {known: (one.voice, one.share is None, one.low is None) for known, one in said.items()} == {
        0: (Voice.NOTHING, True, True),
        4: (Voice.NOTHING, True, True),
        5: (Voice.WORDS, False, True),
        19: (Voice.WORDS, False, True),
        20: (Voice.NUMBERS, False, False),
    }


def test_a_part_is_drawn_toward_the_team_by_the_weight_of_four_cases() -> None:
    assert rate(20, 20, 20, base=0.5).share == pytest.approx(22 / 24)
    assert base_of(0, 0) == 0.5


def a_team(draw: random.Random) -> list[tuple[float, int, int]]:
    """(what is true, outcomes known, worked) of each type of a team: of some teams types are alike, of others not."""
    base, weight = draw.uniform(0.3, 0.95), draw.choice([2, 4, 10, 40])
    truths = [draw.betavariate(weight * base, weight * (1 - base)) for _ in range(draw.randint(1, 6))]
    known = [draw.randint(3, 80) for _ in truths]
    return [(p, n, sum(draw.random() < p for _ in range(n))) for p, n in zip(truths, known, strict=True)]


@pytest.mark.slow
def test_of_a_thousand_random_teams_the_intervals_cover_what_is_true_in_about_eighty_of_hundred() -> None:
    draw, covered = random.Random(20261129), Counter[bool]()
    for _ in range(1000):
        team = a_team(draw)
        base = base_of(sum(worked for _, _, worked in team), sum(known for _, known, _ in team))
        for truth, known, worked in team:
            found = rate(worked, known, known, base=base)
            assert (found.low is None) == (known < 20)
            if found.low is not None and found.high is not None:
                covered[found.low <= truth <= found.high] += 1

    assert 0.75 < covered[True] / covered.total() < 0.85


def test_of_a_thousand_random_teams_the_intervals_of_scores_cover_what_is_true() -> None:
    draw, covered = random.Random(7), Counter[bool]()
    for _ in range(1000):
        better = draw.uniform(0, 1.2)
        truth = NormalDist().cdf(better / sqrt(2))
        worked = [round(draw.gauss(7 + better, 1), 1) for _ in range(draw.randint(4, 40))]
        failed = [round(draw.gauss(7, 1), 1) for _ in range(draw.randint(4, 25))]
        found = separation(worked, failed)
        assert (found is None) == (min(len(worked), len(failed)) < 10)
        if found:
            covered[found.low <= truth <= found.high] += 1

    assert 0.75 < covered[True] / covered.total() < 0.85


def test_scores_that_part_what_worked_from_what_did_not_correlate_with_it() -> None:
    apart = separation([8.0] * 10, [3.0] * 10)
    alike = separation([5.0] * 10, [5.0] * 10)

    assert apart
    assert apart.correlation > 0.98
    assert apart.is_clear
    assert alike
    assert alike.correlation == 0
    assert not alike.is_clear


SCORES = st.lists(st.integers(10, 100).map(lambda tenths: tenths / 10), min_size=10, max_size=40)


@given(SCORES, SCORES)
def test_the_share_is_that_of_all_pairs_looked_at_one_by_one(worked: list[float], failed: list[float]) -> None:
    wins = sum((a > b) + (a == b) / 2 for a in worked for b in failed)

    found = separation(worked, failed)

    assert found is not None
    assert found.share == (wins + 0.5) / (len(worked) * len(failed) + 1)
