"""What a round tells, all of it and exact: the ranking, how solid it is, where the team disagrees.

Holds ids and numbers, which `repr` hides; what of them may be stored and shown is not decided here.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from uuid import UUID

from bot.domain.agreement import Agreement, CellAgreement, Topic, agreement, find_topics
from bot.domain.leniency import find_partial, fit
from bot.domain.ranking import (
    MIN_CELL_SCORES,
    Cell,
    CellMean,
    CellMeans,
    Cells,
    Ranking,
    Weights,
    cell_means,
    cell_scores,
    means_of,
    rank_means,
)
from bot.domain.stability import UNDECIDED, Interval, StabilityLabel, first_shares, label, weight_intervals

LOW = 3
"""A leader's mean of at most this on a criterion is worth a sentence."""
MIN_CONFIDENCES = 3
"""So many have to have said how sure they are, of each criterion: else it would be the word of one or two people."""
USUAL_CONFIDENCE = 3
"""Stands for a confidence that somebody did not give: the middle of 1..5."""
SPLIT_FROM = 5
"""Fewer people are not called split: their label would tell who stands where."""
SPLIT_WEIGHT = Fraction(1, 3)
"""A criterion with at least this share of the weight may split a team."""


@dataclass(frozen=True)
class Analysis:
    ranking: Ranking
    people: int
    """Those who gave at least one score."""
    means: CellMeans = field(repr=False)
    """After leniency, if there was any to subtract."""
    partial: tuple[int, ...] = ()
    """Positions in `ballots` of those who scored only some of a criterion's options. Where there are any, everybody's
    leniency is subtracted."""
    circles: int = 1
    """More than 1: groups of people with no cell in common, between whom leniency is unknown."""
    intervals: Mapping[UUID, Interval] = field(default_factory=dict)
    """By criterion."""
    shares: Mapping[UUID, float] = field(default_factory=dict, repr=False)
    """By ranked option: in what share of cases it would come first had other colleagues scored."""
    label: StabilityLabel | None = None
    """None where fewer than 2 options are ranked: nothing to compare."""
    agreement: Mapping[Cell, CellAgreement] = field(default_factory=dict, repr=False)
    """Of the cells with at least 2 scores, as they were given."""
    splits: tuple[Cell, ...] = ()
    """The cells in two camps that split the team: of those in first and second place, on criteria that weigh much."""
    topics: tuple[Topic, ...] = ()
    dominated: Mapping[UUID, tuple[UUID, ...]] = field(default_factory=dict)
    """Option -> those at least as good on every criterion and better on one."""
    low: tuple[Cell, ...] = ()
    """Cells in which an option in first place averages at most 3."""
    confident_leaders: tuple[UUID, ...] | None = None
    """Who would lead if sure scores weighed more; None where all are as sure, or nobody said so: it changes nothing."""

    @property
    def leaders(self) -> tuple[UUID, ...]:
        return self.ranking.leaders


def analyse(
    *,
    option_ids: Sequence[UUID],
    weights: Weights,
    ballots: Sequence[Cells],
    confidences: Sequence[Mapping[Cell, int]] = (),
    least: int = MIN_CELL_SCORES,
) -> Analysis:
    """Analyse one round; the same arguments, ballots in any order, give the same answer.

    confidences: per ballot, cell -> 1..5, or nothing at all. least: the fewest scores of each cell of an option that is
    ranked. Cells of other options or criteria are ignored.
    Where somebody scored only some of the options, everybody's leniency is subtracted first. Raises
    ValueError where the weights add up to nothing.
    """
    criteria = [criterion for criterion, _ in weights]
    ballots = _within(ballots, option_ids, criteria)
    scores = cell_scores(ballots)
    fair = _made_fair(ballots, scores)
    ranking = rank_means(option_ids=option_ids, weights=weights, means=fair.means, least=least)
    people = sum(map(bool, ballots))
    shares = first_shares(ballots, ranking=ranking, weights=weights)
    agreements = _agreements(scores)
    splits = _splits(ranking, weights, agreements) if people >= SPLIT_FROM else ()
    return Analysis(
        ranking=ranking,
        people=people,
        means=fair.means,
        partial=fair.partial,
        circles=fair.circles,
        intervals=weight_intervals(ranking, weights=weights, means=fair.means),
        shares=shares,
        label=_label(ranking, shares, people, is_split=bool(splits)),
        agreement=agreements,
        splits=splits,
        topics=_topics(ballots, weights, ranking),
        dominated=find_dominated(ranking.ranked, criteria, fair.means),
        low=find_low(ranking.leaders, criteria, fair.means),
        confident_leaders=_confident_leaders(option_ids, weights, fair.ballots, confidences, least),
    )


@dataclass(frozen=True)
class _Fair:
    """Ballots that may be compared, and the means of their cells."""

    ballots: Sequence[Mapping[Cell, int | Fraction]] = field(repr=False)
    means: CellMeans = field(repr=False)
    partial: tuple[int, ...] = ()
    circles: int = 1


def _made_fair(ballots: Sequence[Cells], scores: Mapping[Cell, Sequence[int | Fraction]]) -> _Fair:
    """Without everybody's leniency, where somebody scored only some of the options; else as they stand."""
    partial = find_partial(ballots)
    if not partial:
        return _Fair(ballots, means_of(scores))
    leniency = fit(ballots)
    adjusted = leniency.adjust(ballots)
    return _Fair(adjusted, cell_means(adjusted), partial, leniency.circles)


def _label(ranking: Ranking, shares: Mapping[UUID, float], people: int, *, is_split: bool) -> StabilityLabel | None:
    if len(shares) < 2:
        return None
    found = label(shares[ranking.leaders[0]], people=people, is_tied=len(ranking.leaders) > 1)
    return StabilityLabel.SPLIT if is_split and found is StabilityLabel.TOO_CLOSE else found


def _splits(ranking: Ranking, weights: Weights, agreements: Mapping[Cell, CellAgreement]) -> tuple[Cell, ...]:
    everything = sum(Fraction(weight) for _, weight in weights)
    heavy = [criterion for criterion, weight in weights if weight >= SPLIT_WEIGHT * everything]
    cells = ((option, criterion) for option in ranking.contested for criterion in heavy)
    return tuple(cell for cell in cells if cell in agreements and agreements[cell].label is Agreement.SPLIT)


def _topics(ballots: Sequence[Cells], weights: Weights, ranking: Ranking) -> tuple[Topic, ...]:
    if len(ranking.ranked) < 2:
        return ()
    leader, runner_up = ranking.ranked[:2]
    return find_topics(ballots, weights=weights, leader=leader, runner_up=runner_up)


def _within(ballots: Sequence[Cells], option_ids: Sequence[UUID], criteria: Sequence[UUID]) -> list[Cells]:
    """The ballots without cells of other options or criteria."""
    cells = set(product(option_ids, criteria))
    return [b if b.keys() <= cells else {cell: score for cell, score in b.items() if cell in cells} for b in ballots]


def _agreements(scores: Mapping[Cell, Sequence[int | Fraction]]) -> dict[Cell, CellAgreement]:
    found = ((cell, agreement(given)) for cell, given in scores.items())
    return {cell: measured for cell, measured in found if measured}


def find_dominated(ranked: Sequence[UUID], criteria: Sequence[UUID], means: CellMeans) -> dict[UUID, tuple[UUID, ...]]:
    """Option -> those at least as good on every criterion and better on one. Expects a mean for every cell."""
    rows = {option: [means[option, k].value for k in criteria] for option in ranked}
    found = {
        worse: tuple(
            better
            for better in ranked
            if rows[better] != rows[worse] and all(b >= w for b, w in zip(rows[better], rows[worse], strict=True))
        )
        for worse in ranked
    }
    return {worse: by for worse, by in found.items() if by}


Dominated = tuple[UUID, tuple[UUID, ...]]
"""An option, and those at least as good on every criterion and better on one."""


def find_asides(
    dominated: Iterable[Dominated], *, label: StabilityLabel | None, leaders: Sequence[UUID], split: Set[UUID]
) -> list[Dominated]:
    """Those of the dominated options that a team may leave aside.

    split: the options about which it is in two camps, on any criterion: their averages stand for nobody, so they are
    neither left aside nor a reason to. None at all where they lead, or where it is open who does.
    """
    if label in UNDECIDED or not split.isdisjoint(leaders):
        return []
    solid = ((worse, tuple(b for b in by if b not in split)) for worse, by in dominated if worse not in split)
    return [(worse, by) for worse, by in solid if by]


def find_low(leaders: Sequence[UUID], criteria: Sequence[UUID], means: CellMeans) -> tuple[Cell, ...]:
    """Cells of the leaders that average at most 3, among those that have a mean."""
    cells = ((option, k) for option in leaders for k in criteria)
    return tuple(cell for cell in cells if cell in means and means[cell].value <= LOW)


def _confident_leaders(
    option_ids: Sequence[UUID],
    weights: Weights,
    ballots: Sequence[Mapping[Cell, int | Fraction]],
    confidences: Sequence[Mapping[Cell, int]],
    least: int,
) -> tuple[UUID, ...] | None:
    """First places when c_ok = sum of confidence x score / sum of confidences; never the headline.

    None where too few said how sure they are, or all are alike.
    """
    said = Counter(criterion for sure in confidences for criterion in {criterion for _, criterion in sure})
    if any(said[criterion] < MIN_CONFIDENCES for criterion, _ in weights):
        return None
    sums: dict[Cell, _Sum] = defaultdict(_Sum)
    levels: set[int] = set()
    for ballot, sure in zip(ballots, confidences, strict=True):
        for cell, score in ballot.items():
            level = sure.get(cell, USUAL_CONFIDENCE)
            levels.add(level)
            sums[cell].add(score, level)
    if len(levels) == 1:
        return None
    means = {cell: CellMean(Fraction(found.points) / found.confidence, found.voices) for cell, found in sums.items()}
    return rank_means(option_ids=option_ids, weights=weights, means=means, least=least).leaders


@dataclass
class _Sum:
    points: int | Fraction = field(default=0, repr=False)
    confidence: int = field(default=0, repr=False)
    voices: int = 0

    def add(self, score: int | Fraction, confidence: int) -> None:
        self.points += confidence * score
        self.confidence += confidence
        self.voices += 1
