"""Somebody who scored, knows their own ballot and reads the published result: whose score can they work out?

Scores are whole numbers, so few sums fit a print; this attacker tries all of them.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import product
from uuid import UUID

import pytest

from bot.domain.analysis import analyse
from bot.domain.publication import publish
from bot.domain.ranking import Cell, CellMeans, Weights, cell_means
from bot.domain.result import Result, ResultRow
from bot.domain.round import Thresholds
from bot.domain.rounding import TENTH, rounded

WEIGHTS = ("0.1", "0.5", "1", "1.5", "2", "3", "5", "0.97", "1.03", "4.37")
Ballots = Sequence[Mapping[Cell, int]]


@dataclass(frozen=True)
class Published:
    result: Result
    weights: Weights
    ballots: Ballots
    means: CellMeans


def published(options: Sequence[UUID], weights: Weights, ballots: Ballots) -> Published:
    analysis = analyse(option_ids=options, weights=weights, ballots=ballots)
    people = len(ballots)
    result = publish(analysis, weights=weights, ballots=people, people=people, thresholds=Thresholds())
    return Published(result, weights, ballots, cell_means(ballots))


def drawn(dice: random.Random) -> Published:
    """5 to 7 people, of whom some judge only some criteria; often all at the ends of the scale."""
    options = [UUID(int=1 + n) for n in range(dice.choice([2, 3]))]
    criteria = [UUID(int=100 + n) for n in range(2)]
    weights = [(criterion, Decimal(dice.choice(WEIGHTS))) for criterion in criteria]
    scale = dice.choice([(1, 2, 9, 10), tuple(range(1, 11))])
    ballots = []
    for _ in range(dice.choice([5, 5, 6, 7])):
        judged = [k for k in criteria if dice.random() > 0.25] or [criteria[0]]
        ballots.append({(option, k): dice.choice(scale) for option in options for k in judged})
    return published(options, weights, ballots)


def fitting(p: Published, row: ResultRow) -> dict[Cell, set[int]]:
    """For each withheld cell of an option the sums of scores with which the total prints as it does."""
    shown = {(cell.option_id, cell.criterion_id): cell.mean for cell in p.result.cells}
    cells = [(row.option_id, criterion) for criterion, _ in p.weights]
    mass = sum(Fraction(weight) for _, weight in p.weights)
    found: dict[Cell, set[int]] = {cell: set() for cell in cells if cell not in shown}
    ranges = [_sums(p.means[cell].voices, shown.get(cell)) for cell in cells]
    for sums in product(*ranges):
        points = (Fraction(w) * s / p.means[c].voices for (_, w), c, s in zip(p.weights, cells, sums, strict=True))
        if row.total is None or rounded(sum(points, Fraction(0)) / mass, TENTH) == row.total:
            for cell, added in zip(cells, sums, strict=True):
                if cell in found:
                    found[cell].add(added)
    return found


def _sums(voices: int, mean: str | None) -> list[int]:
    every = range(voices, 10 * voices + 1)
    return [s for s in every if mean is None or rounded(Fraction(s, voices), TENTH) == mean]


def attacks(p: Published) -> Iterator[set[int]]:
    """Of each withheld cell of few people, for each of them: what the others may have given together."""
    for row in p.result.rows:
        if row.place is None:
            continue
        for cell, sums in fitting(p, row).items():
            others = p.means[cell].voices - 1
            if others + 1 >= p.result.thresholds.cell:
                continue
            for ballot in p.ballots:
                if cell in ballot:
                    yield {s - ballot[cell] for s in sums if others <= s - ballot[cell] <= 10 * others}


@pytest.mark.parametrize("seed", range(4))
def test_nobody_who_knows_their_own_score_gets_at_a_withheld_cell(seed: int) -> None:
    """More than one sum of the others' scores fits all that is printed."""
    dice = random.Random(seed)
    found = [attack for _ in range(25) for attack in attacks(drawn(dice))]

    assert len(found) > 20, "nothing was attacked"
    assert min(map(len, found)) > 1


def test_of_one_criterion_nothing_tells_that_all_see_the_same_gap() -> None:
    """A topic that is named where people differ, and is not where they do not, would tell everybody's gap to everybody
    who knows their own."""
    one, other, criterion = UUID(int=1), UUID(int=2), UUID(int=100)
    topics = set()
    for rows in ([(9, 7), (6, 4), (5, 3)], [(9, 7), (6, 3), (5, 3)]):
        ballots = [{(one, criterion): a, (other, criterion): b} for a, b in rows]
        topics.add(published([one, other], [(criterion, Decimal(1))], ballots).result.topics)

    assert topics == {()}
