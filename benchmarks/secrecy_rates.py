"""How many single scores a published result gives away: `make secrecy-rates`, shorter with ARGS=--quick.

An attacker knows the frozen weights, everything that was published, and the whole ballots of some people, their own
among them. Scores are whole numbers, so they try every combination of sums that the others may have given: which print
like this, in this order of places? A score is determined where only one value of it is left. Printed is the share of
the unknown scores that are.

That counts numbers and places. Words (label, topic) and shares tell a little more: for one score of each round another
ballot is looked for that publishes the very same, word for word, by the product's own code. Where none is found in so
many tries the score counts as determined in the second number: "2-3" = at least 2 and at most about 3 of 100.
"""

import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from itertools import groupby, product
from statistics import fmean
from uuid import UUID

import numpy as np
import numpy.typing as npt

from bot.domain.analysis import analyse
from bot.domain.publication import publish
from bot.domain.result import Result, to_body
from bot.domain.round import Thresholds
from bot.domain.rounding import HALF, TENTH, rounded

Ints = npt.NDArray[np.int64]
Scores = tuple[tuple[tuple[int, ...], ...], ...]
"""scores[person][option][criterion]"""

OPTIONS, CRITERIA = 3, (1, 2, 3, 4)
ROUNDS, QUICK_ROUNDS, TRIES = 80, 8, 60
EVEN, UNEVEN = (100, 100, 100, 100), (500, 150, 70, 30)
"""In hundredths. Uneven: of two criteria the first has 77 % of the weight; above 80 % less is shown."""
USUAL = Thresholds()


@dataclass(frozen=True)
class Played:
    """A round, and what was published of it."""

    scores: Scores
    weights: tuple[int, ...]
    result: Result
    is_before: bool


def played(scores: Scores, weights: Sequence[int], *, is_before: bool = False) -> Played:
    """is_before: totals to the nearest half of three ballots and whatever the weights, as it was until version 3."""
    return Played(scores, tuple(weights), _published(scores, weights, is_before), is_before)


def _published(scores: Scores, weights: Sequence[int], is_before: bool) -> Result:
    named = [(UUID(int=k), Decimal(weight) / 100) for k, weight in enumerate(weights)]
    ballots = [
        {(UUID(int=o), UUID(int=k)): x for o, row in enumerate(rows) for k, x in enumerate(row)} for rows in scores
    ]
    found = analyse(option_ids=[UUID(int=o) for o in range(len(scores[0]))], weights=named, ballots=ballots)
    result = publish(found, weights=named, ballots=len(ballots), people=len(ballots), thresholds=USUAL)
    if not is_before:
        return result
    totals = {row.option_id: rounded(row.score, HALF) for row in found.ranking.rows if row.score is not None}
    return replace(result, rows=tuple(replace(row, total=totals[row.option_id]) for row in result.rows))


def a_round(dice: random.Random, *, people: int, criteria: int, is_similar: bool) -> Scores:
    """Independent: every score from 1 to 10 alike. Similar: about a common opinion, 1.2 points up or down."""
    common = [[dice.uniform(2, 9) for _ in range(criteria)] for _ in range(OPTIONS)]

    def score(middle: float) -> int:
        return min(10, max(1, round(dice.gauss(middle, 1.2)))) if is_similar else dice.randint(1, 10)

    return tuple(tuple(tuple(score(x) for x in row) for row in common) for _ in range(people))


# --- What numbers and places determine ------------------------------------------------------------------------------


def determined(p: Played, *, known: int) -> set[tuple[int, int]]:
    """The cells (option, criterion) in which the score of each unknown person follows; the first `known` are known.

    One unknown: only one value is left for them. Several: all are at the same end of the scale.
    """
    unknown = len(p.scores) - known
    if unknown > 1 and not any(_is_at_one_end(p, o, k, known) for o, k in _cells(p)):
        return set()  # what happened is possible, and leaves every score open
    options = [_Option(p, o, known) for o in range(len(p.scores[0]))]
    _keep_order(p, options)
    return {
        (option.number, k)
        for option in options
        for k in range(len(p.weights))
        if _is_told(option.sums[k][option.is_possible], unknown)
    }


def _cells(p: Played) -> Iterator[tuple[int, int]]:
    return product(range(len(p.scores[0])), range(len(p.weights)))


def _is_at_one_end(p: Played, option: int, criterion: int, known: int) -> bool:
    return {person[option][criterion] for person in p.scores[known:]} in ({1}, {10})


def _is_told(sums: Ints, unknown: int) -> bool:
    least, most = int(sums.min()), int(sums.max())
    return least == most if unknown == 1 else most == unknown or least == 10 * unknown


class _Option:
    """All combinations of what the unknown people may have given an option together, by criterion."""

    def __init__(self, p: Played, number: int, known: int) -> None:
        self.number = number
        unknown, criteria = len(p.scores) - known, len(p.weights)
        per_cell = [_sums(p, number, k, known) for k in range(criteria)]
        self.sums = [grid.ravel() for grid in np.meshgrid(*per_cell, indexing="ij")]
        given = [sum(person[number][k] for person in p.scores[:known]) for k in range(criteria)]
        self.points: Ints = sum(
            (weight * (sums + mine) for weight, sums, mine in zip(p.weights, self.sums, given, strict=True)),
            np.zeros(1, dtype=np.int64),
        )
        self.is_possible = self._prints_alike(p)
        assert unknown >= 1
        assert self.is_possible.any()

    def _prints_alike(self, p: Played) -> npt.NDArray[np.bool_]:
        """Whether a combination's total prints as the total was printed."""
        total = next(row.total for row in p.result.rows if row.option_id.int == self.number)
        if total is None:
            return np.ones(len(self.points), dtype=bool)
        mass = sum(p.weights) * len(p.scores)
        step = TENTH if len(p.scores) >= USUAL.totals else HALF
        levels, at = np.unique(self.points, return_inverse=True)
        is_alike: npt.NDArray[np.bool_] = np.array([rounded(Fraction(int(x), mass), step) == total for x in levels])
        return is_alike[at]


def _sums(p: Played, option: int, criterion: int, known: int) -> Ints:
    """What the unknown people may have given one cell together: all that prints like the mean, if that is printed."""
    unknown, people = len(p.scores) - known, len(p.scores)
    mine = sum(person[option][criterion] for person in p.scores[:known])
    cell = p.result.cell(UUID(int=option), UUID(int=criterion))
    every = range(unknown, 10 * unknown + 1)
    return np.array([s for s in every if cell is None or rounded(Fraction(s + mine, people), TENTH) == cell.mean])


def _keep_order(p: Played, options: Sequence[_Option]) -> None:
    """Strike out what contradicts the order of the places: shared places are equal totals, a better place is more.

    Places are a chain, so striking out once from below and once from above leaves exactly what is possible.
    """
    groups = []
    for _, rows in groupby(p.result.rows, key=lambda row: row.place):
        group = [options[row.option_id.int] for row in rows]
        common = group[0].points[group[0].is_possible]
        for option in group[1:]:
            common = np.intersect1d(common, option.points[option.is_possible])
        groups.append((group, np.unique(common)))
    for i in range(len(groups) - 2, -1, -1):
        group, levels = groups[i]
        groups[i] = (group, levels[levels > groups[i + 1][1].min()])
    for i in range(1, len(groups)):
        group, levels = groups[i]
        groups[i] = (group, levels[levels < groups[i - 1][1].max()])
    for group, levels in groups:
        for option in group:
            option.is_possible &= np.isin(option.points, levels)


# --- What words tell as well ----------------------------------------------------------------------------------------


def has_another(p: Played, dice: random.Random, *, known: int, option: int, criterion: int) -> bool:
    """Whether somebody else's ballot was found with which the very same is published, though the score is another one.

    The score is that of the first unknown person. Another unknown one with another score there will do: a result names
    nobody.
    """
    mine = p.scores[known][option][criterion]
    if any(person[option][criterion] != mine for person in p.scores[known:]):
        return True
    told = to_body(p.result)
    others = _others(p.scores, dice, known=known, option=option, criterion=criterion)
    return any(to_body(_published(scores, p.weights, p.is_before)) == told for scores in others)


def _others(scores: Scores, dice: random.Random, *, known: int, option: int, criterion: int) -> Iterator[Scores]:
    """The same round with another score in one cell: alone, or made good by somebody's or something else's."""
    mine = scores[known][option][criterion]
    values = [x for x in range(1, 11) if x != mine]
    for value in values:
        yield _changed(scores, known, option, criterion, value)
    for _ in range(TRIES):
        value = dice.choice(values)
        found = _changed(scores, known, option, criterion, value)
        person = dice.randrange(known, len(scores))
        for _ in range(dice.randint(1, 3)):
            k = dice.randrange(len(scores[0][0]))
            if (person, k) != (known, criterion):
                score = found[person][option][k] + dice.choice((-2, -1, 1, 2, mine - value))
                found = _changed(found, person, option, k, min(10, max(1, score)))
        yield found


def _changed(scores: Scores, person: int, option: int, criterion: int, value: int) -> Scores:
    rows = [[list(row) for row in rows] for rows in scores]
    rows[person][option][criterion] = value
    return tuple(tuple(tuple(row) for row in rows) for rows in rows)


# --- The table ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rate:
    """Of 100 unknown scores."""

    least: float
    most: float


def rate(
    *,
    people: int,
    known: int,
    criteria: int,
    weights: Sequence[int],
    is_similar: bool,
    rounds: int,
    before: bool = False,
) -> Rate:
    dice = random.Random(f"{people} {known} {criteria} {weights} {is_similar}")
    told, maybe = [], []
    for _ in range(rounds):
        scores = a_round(dice, people=people, criteria=criteria, is_similar=is_similar)
        p = played(scores, weights[:criteria], is_before=before)
        found = determined(p, known=known)
        told.append(len(found) / (OPTIONS * criteria))
        cell = dice.randrange(OPTIONS), dice.randrange(criteria)
        maybe.append(cell in found or not has_another(p, dice, known=known, option=cell[0], criterion=cell[1]))
    return Rate(100 * fmean(told), max(100 * fmean(told), 100 * fmean(maybe)))


def main() -> None:
    rounds = QUICK_ROUNDS if "--quick" in sys.argv else ROUNDS
    sys.stdout.write(
        f"Of 100 scores of people whose ballots are unknown, so many are determined. {OPTIONS} options, 1 to 4 "
        f"criteria, {rounds} rounds each.\n\n"
        "| ballots | known | independent, even | independent, uneven | similar, even | similar, uneven |\n"
        "|---|---|---|---|---|---|\n"
    )
    for people, known, before in _lines():
        cells = (
            _over_criteria(people, known, weights, is_similar, rounds, before)
            for is_similar in (False, True)
            for weights in (EVEN, UNEVEN)
        )
        name = "3, as it was" if before else str(people)
        sys.stdout.write(f"| {name} | {known} | {' | '.join(cells)} |\n")
        sys.stdout.flush()


def _lines() -> Iterator[tuple[int, int, bool]]:
    yield from ((3, known, True) for known in (0, 1, 2))
    for people in (3, 4, 5):
        yield from ((people, known, False) for known in sorted({0, 1, 2, people - 1}))


def _over_criteria(people: int, known: int, weights: Sequence[int], is_similar: bool, rounds: int, before: bool) -> str:
    """The mean over one to four criteria, and the worst of them in parentheses."""
    found = [
        rate(
            people=people,
            known=known,
            criteria=criteria,
            weights=weights,
            is_similar=is_similar,
            rounds=rounds,
            before=before,
        )
        for criteria in CRITERIA
    ]
    least, most = fmean(r.least for r in found), fmean(r.most for r in found)
    span = f"{least:.0f}" if round(least) == round(most) else f"{least:.0f}-{most:.0f}"
    return f"{span} (worst {max(r.least for r in found):.0f})"


if __name__ == "__main__":
    main()
