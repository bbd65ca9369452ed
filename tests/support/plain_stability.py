"""The stability share in plain Python: the oracle of its tests, and what the benchmark compares with."""

from collections.abc import Iterable, Iterator, Sequence
from math import fsum
from random import Random

Scores = Sequence[Sequence[Sequence[float | None]]]
"""scores[person][option][criterion]; None = not scored."""
Team = tuple[Sequence[float], Sequence[float]]
"""How often each person was drawn, and the weights."""


def first_shares(scores: Scores, *, weights: Sequence[float], draws: int, seed: int) -> list[float]:
    random = Random(seed)
    firsts = count_firsts(scores, redraw(random, people=len(scores), weights=weights, draws=draws))
    return [count / draws for count in firsts]


def redraw(random: Random, *, people: int, weights: Sequence[float], draws: int) -> Iterator[Team]:
    for _ in range(draws):
        counts = [0] * people
        for person in random.choices(range(people), k=people):
            counts[person] += 1
        yield counts, [weight * 2 ** random.uniform(-1, 1) for weight in weights]


def count_firsts(scores: Scores, teams: Iterable[Team]) -> list[float]:
    options, criteria = len(scores[0]), len(scores[0][0])
    cells = [[[person[o][k] for person in scores] for k in range(criteria)] for o in range(options)]
    firsts = [0.0] * options
    for counts, weights in teams:
        totals = [
            sum(weight * mean(cell, counts) for weight, cell in zip(weights, row, strict=True)) / sum(weights)
            for row in cells
        ]
        best = [o for o, total in enumerate(totals) if total >= max(totals) - 1e-9]
        for o in best:
            firsts[o] += 1 / len(best)
    return firsts


def mean(cell: Sequence[float | None], counts: Sequence[float]) -> float:
    total = voices = 0.0
    for score, count in zip(cell, counts, strict=True):
        if score is not None:
            total += score * count
            voices += count
    if voices:
        return total / voices
    given = [score for score in cell if score is not None]
    return fsum(given) / len(given)
