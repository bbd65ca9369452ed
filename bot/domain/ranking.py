"""The ranking of one round, exact. What of it may be stored and shown is for `publication` to say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from operator import attrgetter
from typing import TypeVar
from uuid import UUID

MIN_CELL_SCORES = 2

S = TypeVar("S")
Cell = tuple[UUID, UUID]
"""(option id, criterion id)"""
Cells = Mapping[Cell, int | Fraction]
"""One ballot: cell -> 1..10, whole but for cases written down on another scale; a criterion that the person abstained
on has no cells."""
Weights = Sequence[tuple[UUID, Decimal]]
"""(criterion id, weight in hundredths), as frozen when scoring started."""


@dataclass(frozen=True)
class CellMean:
    value: Fraction = field(repr=False)
    voices: int
    """How many people it is the mean of."""


CellMeans = Mapping[Cell, CellMean]
NO_SCORES = CellMean(Fraction(0), 0)


@dataclass(frozen=True)
class RankedOption:
    option_id: UUID
    place: int | None
    """Competition rank: 1, 1, 3. None = not ranked."""
    score: Fraction | None = field(repr=False)
    """Exact, on the scale of the scores; and hidden from tracebacks."""
    needs: tuple[UUID, ...] = ()
    """The criteria with too few scores to rank this option, in the order of the pages."""
    voices: int = 0
    """The fewest people behind any of its cells."""


@dataclass(frozen=True)
class Ranking:
    rows: tuple[RankedOption, ...]
    """By place, ties in the given order of options; those not ranked last."""

    @property
    def ranked(self) -> tuple[UUID, ...]:
        """The options that have a place, best first."""
        return tuple(row.option_id for row in self.rows if row.place is not None)

    @property
    def leaders(self) -> tuple[UUID, ...]:
        """Everyone in first place; empty where nothing is ranked."""
        return tuple(row.option_id for row in self.rows if row.place == 1)

    @property
    def contested(self) -> tuple[UUID, ...]:
        """Everybody in the first place, and in the next one that is taken."""
        places = sorted({row.place for row in self.rows if row.place is not None})[:2]
        return tuple(row.option_id for row in self.rows if row.place in places)


def rank_means(
    *, option_ids: Sequence[UUID], weights: Weights, means: CellMeans, least: int = MIN_CELL_SCORES
) -> Ranking:
    """Rank by S_o = sum_k W_k c_ok / sum_k W_k, c_ok = mean over the people who scored the cell; exact.

    A cell that is absent has no scores; an option with a cell of fewer than `least` scores is not ranked. Applies no
    secrecy threshold: see `publication`. Raises ValueError where the weights add up to nothing.
    Source: weighted sum, Goodwin & Wright ch. 3 (SMART).
    """
    if sum(weight for _, weight in weights) <= 0:
        raise ValueError("a ranking needs weights above 0")
    unplaced = [_weighted(option, weights, means, least) for option in option_ids]
    unranked = (option for option in unplaced if option.score is None)
    return Ranking((*_placed([option for option in unplaced if option.score is not None]), *unranked))


def _placed(options: Sequence[RankedOption]) -> list[RankedOption]:
    """Best first, with their places; each has a score."""
    ranked = sorted(options, key=attrgetter("score"), reverse=True)
    scores = [option.score for option in ranked]
    # The first index of an equal score is the number of better ones: ties share a place, and the next is skipped.
    return [replace(option, place=scores.index(option.score) + 1) for option in ranked]


def cell_means(ballots: Sequence[Mapping[Cell, int | Fraction]]) -> CellMeans:
    """The exact plain mean of every cell that anybody scored."""
    return means_of(cell_scores(ballots))


def means_of(scores: Mapping[Cell, Sequence[int | Fraction]]) -> CellMeans:
    return {cell: CellMean(Fraction(sum(given)) / len(given), len(given)) for cell, given in scores.items()}


def cell_scores(ballots: Sequence[Mapping[Cell, S]]) -> dict[Cell, list[S]]:
    """The scores of every cell that anybody scored, in the order of the ballots."""
    scores: dict[Cell, list[S]] = {}
    for ballot in ballots:
        for cell, score in ballot.items():
            scores.setdefault(cell, []).append(score)
    return scores


def _weighted(option_id: UUID, weights: Weights, means: CellMeans, least: int) -> RankedOption:
    cells = {criterion: means.get((option_id, criterion), NO_SCORES) for criterion, _ in weights}
    voices = min(mean.voices for mean in cells.values())
    needs = tuple(criterion for criterion, mean in cells.items() if mean.voices < least)
    if needs:
        return RankedOption(option_id, None, None, needs, voices)
    points = sum((Fraction(weight) * cells[c].value for c, weight in weights), Fraction(0))
    return RankedOption(option_id, None, points / Fraction(sum(weight for _, weight in weights)), (), voices)
