"""How solid the lead is: against one weight that moves, and against other people and other weights at once.

A share of re-drawn teams, never a probability that an option is right.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import floor, inf
from typing import TYPE_CHECKING
from uuid import UUID

from bot.domain.criterion import MAX_WEIGHT, MIN_WEIGHT
from bot.domain.ranking import Cell, CellMeans, Ranking, Weights

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

DRAWS = 10_000
TIE = 1e-9
"""Scores of one re-drawn team that differ by less are equal: summed in another order, equal sums may differ."""
PIECE = 1_000_000
"""Numbers per array: 1,000 people at once would need 80 MB for each."""

CLEAR, CLEAR_OF_THREE, LEANING = 0.90, 0.97, 0.70
FEW_PEOPLE = 3
STEP = 5


@dataclass(frozen=True)
class Interval:
    """The weights of one criterion, the others unchanged, at which everybody in first place stays there.

    None = no weight above 0 changes that on this side. The bounds are not clipped to what a form accepts.
    """

    weight: Decimal
    low: Fraction | None = None
    low_rival: UUID | None = None
    """Who draws level at `low`."""
    high: Fraction | None = None
    high_rival: UUID | None = None

    def clipped(self) -> tuple[Fraction, Fraction]:
        """Both ends within the weights that a form accepts, and never on the wrong side of `weight`."""
        floor_, ceiling = Fraction(min(self.weight, MIN_WEIGHT)), Fraction(max(self.weight, MAX_WEIGHT))
        low = floor_ if self.low is None else max(self.low, floor_)
        return low, ceiling if self.high is None else min(self.high, ceiling)


def weight_intervals(ranking: Ranking, *, weights: Weights, means: CellMeans) -> dict[UUID, Interval]:
    """By criterion; empty where nothing is ranked.

    Leader a, rival b, d_k = c_ak - c_bk, D = sum_k W_k d_k: moving W_j alone, they tie at W_j - D / d_j.
    Exact. With several in first place an interval is where all of them stay: their own ties count too.
    Source: Triantaphyllou & Sanchez 1997, for the weighted sum without renormalising.
    """
    pairs = [(_gaps(a, b, weights, means), b) for a in ranking.leaders for b in ranking.ranked if a != b]
    if not ranking.leaders:
        return {}
    return {criterion: _interval(j, weight, pairs) for j, (criterion, weight) in enumerate(weights)}


Gaps = tuple[list[Fraction], Fraction]
"""d_k of leader and rival for every criterion, and D."""


def _gaps(leader: UUID, rival: UUID, weights: Weights, means: CellMeans) -> Gaps:
    gaps = [means[leader, k].value - means[rival, k].value for k, _ in weights]
    return gaps, sum((Fraction(w) * gap for (_, w), gap in zip(weights, gaps, strict=True)), Fraction(0))


def _interval(j: int, weight: Decimal, pairs: Sequence[tuple[Gaps, UUID]]) -> Interval:
    lows: list[tuple[Fraction, UUID]] = []
    highs: list[tuple[Fraction, UUID]] = []
    for (gaps, lead), rival in pairs:
        if gaps[j]:
            (lows if gaps[j] > 0 else highs).append((Fraction(weight) - lead / gaps[j], rival))
    # A weight of 0 or less is no weight; a tie down there bounds nothing. `max` and `min` keep the first of
    # equals: the better placed rival.
    low, low_rival = max((tie for tie in lows if tie[0] > 0), key=lambda tie: tie[0], default=(None, None))
    high, high_rival = min(highs, key=lambda tie: tie[0], default=(None, None))
    return Interval(weight, low, low_rival, high, high_rival)


class StabilityLabel(StrEnum):
    CLEAR = "clear"
    LEANING = "leaning"
    TOO_CLOSE = "too close to call"


def label(share: float, *, people: int, is_tied: bool = False) -> StabilityLabel:
    """Say in a word how often the leader stayed first; an exact tie is too close whatever the share."""
    if is_tied or share < LEANING:
        return StabilityLabel.TOO_CLOSE
    if share < (CLEAR_OF_THREE if people <= FEW_PEOPLE else CLEAR):
        return StabilityLabel.LEANING
    return StabilityLabel.CLEAR


def shown_share(share: float) -> int:
    """In per cent, rounded to 5; never up across 70 or 90, so that number and label agree: 0.88 -> 85."""
    nearest = floor(share * 100 / STEP + 0.5) * STEP
    crosses = any(share < border <= nearest / 100 for border in (LEANING, CLEAR))
    return nearest - STEP if crosses else nearest


@dataclass(frozen=True)
class Redrawn:
    """Some re-drawn teams, one per column."""

    people: "Floats" = field(repr=False)
    """(people, draws): how often each person was drawn."""
    weights: "Floats" = field(repr=False)
    """(criteria, draws)"""


def first_shares(
    ballots: Sequence[Mapping[Cell, int | Fraction]],
    *,
    option_ids: Sequence[UUID],
    weights: Weights,
    decision_id: UUID,
    draws: int = DRAWS,
    doublings: float = 1.0,
) -> dict[UUID, float]:
    """In which share of re-drawn teams each option comes first; t tied firsts count 1/t each. Sums to 1.

    Each draw takes as many people as there are, with replacement, and multiplies every weight by
    2^U(-doublings, doublings). The same decision draws the same numbers, and the order of the ballots does
    not matter. A cell whose people are all absent from a draw keeps its mean there. Expects every cell of
    `option_ids` to have a score. Source: bootstrap (Efron 1979) and varied weights (SMAA, Lahdelma 1998).
    """
    if not option_ids:
        return {}
    import numpy as np

    cells = [(option, criterion) for option in option_ids for criterion, _ in weights]
    rows = sorted([float(ballot.get(cell, -inf)) for cell in cells] for ballot in ballots)
    scores = np.array(rows).reshape(len(rows), len(option_ids), len(weights))
    scores[np.isinf(scores)] = np.nan
    teams = redraw(decision_id, people=len(rows), weights=weights, draws=draws, doublings=doublings)
    firsts = sum((count_firsts(scores, team) for team in teams), np.zeros(len(option_ids)))
    return dict(zip(option_ids, (firsts / draws).tolist(), strict=True))


def redraw(
    decision_id: UUID, *, people: int, weights: Weights, draws: int, doublings: float = 1.0
) -> Iterator[Redrawn]:
    """Re-draw the team `draws` times, in pieces that fit into memory; the same arguments give the same teams."""
    import numpy as np

    random = np.random.Generator(np.random.PCG64(decision_id.int))
    given = np.array([[float(weight)] for _, weight in weights])
    piece = max(1, PIECE // people)
    for start in range(0, draws, piece):
        size = min(piece, draws - start)
        # Counting person p of draw d at p * size + d.
        drawn = random.integers(people, size=(people, size)) * size + np.arange(size)
        counts = np.bincount(drawn.ravel(), minlength=people * size).reshape(people, size)
        factors = np.exp2(random.uniform(-doublings, doublings, (len(weights), size)))
        yield Redrawn(counts.astype(np.float64), given * factors)


def count_firsts(scores: "Floats", team: Redrawn) -> "Floats":
    """How often each option is first. scores: (people, options, criteria), NaN = not scored."""
    import numpy as np

    people, options, criteria = scores.shape
    # One product for all cells: one per criterion would read the re-drawn people again each time.
    means = _means(scores.reshape(people, -1).T, team.people).reshape(options, criteria, -1)
    totals = np.einsum("okd,kd->od", means, team.weights) / team.weights.sum(axis=0)
    firsts = totals >= totals.max(axis=0) - TIE
    counted: Floats = (firsts / firsts.sum(axis=0)).sum(axis=1)
    return counted


def _means(scores: "Floats", people: "Floats") -> "Floats":
    """(cells, draws), over the people of each draw. scores: (cells, people)."""
    import numpy as np

    missing = np.isnan(scores)
    if missing.any():
        voices = (~missing).astype(np.float64) @ people
        drawn = np.nan_to_num(scores) @ people / np.maximum(voices, 1)
        means: Floats = np.where(voices > 0, drawn, np.nanmean(scores, axis=1, keepdims=True))
    else:
        means = np.ascontiguousarray(scores) @ people / len(people)
    return means
