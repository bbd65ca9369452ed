"""How solid a lead is, in plain Python and with dice, as docs/decisions/0017-how-solid.md words it: an oracle."""

from collections.abc import Sequence
from random import Random
from statistics import fmean

Scores = Sequence[Sequence[Sequence[float]]]
"""scores[person][option][criterion]; everybody scored everything."""
EFFECT, NOISE, WORTH = 0.25, 2.56, 4


def first_shares(scores: Scores, *, weights: Sequence[float], draws: int, seed: int) -> list[float]:
    totals, spread = posterior(scores, weights)
    random, firsts = Random(seed), [0] * len(totals)
    for _ in range(draws):
        drawn = [random.gauss(total, spread) for total in totals]
        firsts[drawn.index(max(drawn))] += 1
    return [count / draws for count in firsts]


def posterior(scores: Scores, weights: Sequence[float]) -> tuple[list[float], float]:
    """Where the true totals are thought to lie: middles, and their standard deviation."""
    people, options, criteria = len(scores), len(scores[0]), len(weights)
    given = [[weighted(row, weights) for row in person] for person in scores]
    own = [[total - fmean(person) for total in person] for person in given]
    team = [fmean(person[o] for person in own) for o in range(options)]
    squares = sum((own[p][o] - team[o]) ** 2 for p in range(people) for o in range(options))
    variance = (squares + WORTH * NOISE / criteria) / ((people - 1) * (options - 1) + WORTH)
    shrunk = EFFECT / (EFFECT + variance / people)
    return [shrunk * total for total in team], (shrunk * variance / people) ** 0.5


def weighted(row: Sequence[float], weights: Sequence[float]) -> float:
    return sum(weight * x for weight, x in zip(weights, row, strict=True)) / sum(weights)
