"""How solid the lead is: against one weight that moves, and against other colleagues who might have scored.

A statement about other teams of the same company, never a probability that an option is right.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import erfc, exp, floor, fsum, prod, sqrt
from uuid import UUID

from bot.domain.criterion import MAX_WEIGHT, MIN_WEIGHT
from bot.domain.ranking import CellMeans, Cells, Ranking, Weights

EFFECT = 0.25
"""How much options differ in truth: the variance of their totals, in points squared. Half a point is usual."""
NOISE, NOISE_WORTH = 2.56, 4
"""What one person's score varies by before anything is known of this team (1.6 points), and how many of the team's own
differences that guess is worth."""
GRID = [step / 10 for step in range(-80, 81)]
"""Where the integral is summed, in standard deviations: beyond 8 nothing is left that a double would keep."""

CLEAR, CLEAR_OF_FEW, LEANING = 0.90, 0.95, 0.70
FEW_PEOPLE = 4
STEP = 5


@dataclass(frozen=True)
class Interval:
    """The weights of one criterion, the others unchanged, at which everybody in first place stays there.

    None = no weight above 0 changes that on this side. The bounds are not clipped to what a form accepts.
    """

    weight: Decimal
    low: Fraction | None = field(default=None, repr=False)
    low_rival: UUID | None = None
    """Who draws level at `low`."""
    high: Fraction | None = field(default=None, repr=False)
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
    if not ranking.leaders:
        return {}
    # A leader is compared with itself too: all gaps are 0, which bounds nothing.
    pairs = [(_gaps(a, b, weights, means), b) for a in ranking.leaders for b in ranking.ranked]
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
    SPLIT = "split"
    """Too close to call, and the team is in two camps on a criterion that weighs much."""


UNDECIDED = (StabilityLabel.TOO_CLOSE, StabilityLabel.SPLIT)
"""Who leads says little."""


def label(share: float, *, people: int, is_tied: bool = False) -> StabilityLabel:
    """Say in a word how solid the lead is; an exact tie is too close whatever the share."""
    if is_tied or share < LEANING:
        return StabilityLabel.TOO_CLOSE
    return StabilityLabel.LEANING if share < _clear_from(people) else StabilityLabel.CLEAR


def _clear_from(people: int) -> float:
    return CLEAR_OF_FEW if people <= FEW_PEOPLE else CLEAR


def shown_share(share: float, *, people: int) -> int:
    """In per cent, rounded to 5; never up across a border of a label, so that number and label agree: 0.88 -> 85."""
    nearest = floor(share * 100 / STEP + 0.5) * STEP
    crosses = any(share < border <= nearest / 100 for border in (LEANING, _clear_from(people)))
    return nearest - STEP if crosses else nearest


@dataclass(frozen=True)
class Scatter:
    """How far people differ from each other on the options, beyond how generous each is."""

    variance: float = field(repr=False)
    """Of one person's total of one option, in points squared."""
    people: float
    """Whole ballots; who scored half of the weight counts as half a person."""


def scatter(ballots: Sequence[Cells], *, ranking: Ranking, weights: Weights) -> Scatter:
    """Pool over people and ranked options: s2 = (sum f_p r_po^2 + 4 * 2.56 / k) / ((n - 1)(o - 1) + 4), n = sum f_p.

    r_po = person p's weighted mean of option o minus the option's total, minus the mean of that over p's options: how
    generous p is falls out. f_p = the share of the weight that p scored; k criteria, o options. The order of the
    ballots does not matter.
    """
    totals = {row.option_id: float(row.score) for row in ranking.rows if row.score is not None}
    masses = [(criterion, float(weight)) for criterion, weight in weights]
    everything = len(totals) * fsum(mass for _, mass in masses)
    squares, parts = [], []
    for ballot in ballots:
        gaps, mass = _gaps_of(ballot, totals, masses)
        mean = fsum(gaps) / len(gaps) if gaps else 0.0
        parts.append(mass / everything)
        squares.append(parts[-1] * fsum((gap - mean) ** 2 for gap in gaps))
    people = fsum(parts)
    freedom = (people - 1) * (len(totals) - 1) + NOISE_WORTH
    return Scatter((fsum(squares) + NOISE_WORTH * NOISE / len(weights)) / freedom, people)


def _gaps_of(
    ballot: Cells, totals: Mapping[UUID, float], masses: Sequence[tuple[UUID, float]]
) -> tuple[list[float], float]:
    """A person's weighted mean of each option they scored minus the option's total; and the weight they scored."""
    gaps, everything = [], 0.0
    for option, total in totals.items():
        points = mass = 0.0
        for criterion, weight in masses:
            score = ballot.get((option, criterion))
            if score is not None:
                points += weight * score
                mass += weight
        if mass:
            gaps.append(points / mass - total)
            everything += mass
    return gaps, everything


def first_shares(ballots: Sequence[Cells], *, ranking: Ranking, weights: Weights) -> dict[UUID, float]:
    """By ranked option: in what share of cases it would come first had other colleagues scored. Sums to 1.

    Options seldom differ much, so their totals shrink towards the middle, lam = 0.25 / (0.25 + s2 / n), and scatter
    around it: N(lam * m_o, lam * s2 / n), each option on its own. The better total never has the smaller share, equal
    totals have equal ones. Source: empirical Bayes for a two-way layout (Efron & Morris 1975), the prior weak and
    fixed; docs/decisions/0017-how-solid.md.
    """
    totals = [float(row.score) for row in ranking.rows if row.score is not None]
    if len(totals) < 2:
        return {row.option_id: 1.0 for row in ranking.rows if row.score is not None}
    found = scatter(ballots, ranking=ranking, weights=weights)
    noise = found.variance / found.people
    shrunk = EFFECT / (EFFECT + noise)
    chances = chances_to_be_first([shrunk * total for total in totals], spread=sqrt(shrunk * noise))
    return {row.option_id: chance for row, chance in zip(ranking.rows, chances, strict=False)}


def chances_to_be_first(centres: Sequence[float], *, spread: float) -> list[float]:
    """How likely each of these is the greatest: independent, normal, of one standard deviation.

    P_i = integral of phi_i(t) times the product of Phi_j(t) over all others. Summed on a fixed grid, which for so
    smooth a function is exact to about 1e-12: what 10,000 draws come near to, without dice. Constant factors, such as
    the grid's step, are left out, since all are divided by their sum in the end.
    """
    top, chances = max(centres), [0.0] * len(centres)
    for step in GRID:
        at = [(top - centre) / spread + step for centre in centres]
        below = [erfc(-z / sqrt(2)) / 2 for z in at]
        everybody = prod(below)
        for i, z in enumerate(at):
            chances[i] += exp(-z * z / 2) * everybody / below[i]
    total = fsum(chances)
    return [chance / total for chance in chances]
