"""What of an analysis may be stored and shown, by the number of ballots: the table of the secrecy promise.

| ballots | ranking, label | topic | totals | cell means, agreement, shares, sentences |
|---|---|---|---|---|
| below `thresholds.ranking` (3) | no | no | no | no |
| below `thresholds.halves` (4) | yes | name only | no | no |
| below `thresholds.totals` (5) | yes | name only | to .5 | no |
| the same, one criterion with more than 80 % of the weight, or only one | yes | no | no | no |
| from there on | yes | with a share | to .1 | yes, means of `thresholds.cell` (5) scores or more |
| a second round, whatever its size | yes | no | no | no |

Sentences about single cells (dominated, low, weights) are computed from the *printed* means: they tell nothing that the
print does not.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from fractions import Fraction
from math import ceil, floor
from uuid import UUID

from bot.domain.agreement import Topic
from bot.domain.analysis import Analysis, find_dominated, find_low
from bot.domain.ranking import Cell, CellMean, CellMeans, RankedOption, Weights, rank_means
from bot.domain.result import VERSION, Result, ResultRow, ShownCell, ShownTopic, WeightLimit
from bot.domain.round import Thresholds
from bot.domain.rounding import HALF, TENTH, is_number, number, rounded
from bot.domain.stability import STEP, Interval, StabilityLabel, shown_share, weight_intervals
from bot.domain.suppression import NOTHING, Shown, choose

MOST_TOPICS = 3
WEIGHT_STEP = Fraction(1, 20)
DOMINANT = Fraction(4, 5)
"""A criterion with more of the weight makes the others negligible: a total is nearly its average."""


def publish(
    analysis: Analysis,
    *,
    weights: Weights,
    ballots: int,
    people: int,
    thresholds: Thresholds,
    is_second: bool = False,
) -> Result:
    """Keep of an analysis what may be stored and shown.

    is_second: this round follows a published one; two published tables could be subtracted, so it keeps places and the
    label alone.
    """
    bare = Result(VERSION, ballots, people, thresholds)
    if ballots < thresholds.ranking:
        return bare
    is_full = ballots >= thresholds.totals
    if is_second or (not is_full and _has_dominant(weights)):
        rows = tuple(_row(option, total=None) for option in analysis.ranking.rows)
        return replace(bare, rows=rows, label=_label(analysis, _big_splits(analysis, thresholds)))
    shown = _choose(analysis, weights, ballots, thresholds)
    result = replace(
        bare,
        rows=_rows(analysis, shown, is_full=is_full),
        label=_label(analysis, shown.cells),
        # A single criterion is never named as the one to talk about. Were it named whenever people differ, a result
        # without it would tell that everybody sees the same gap between the first two.
        topics=_topics(analysis, thresholds, is_full=is_full) if len(weights) > 1 else (),
    )
    return _with_cells(result, analysis, shown, weights) if is_full else result


def _choose(analysis: Analysis, weights: Weights, ballots: int, thresholds: Thresholds) -> Shown:
    """The cells and totals to print, by the number of ballots."""
    if ballots < thresholds.halves:
        return NOTHING
    is_full = ballots >= thresholds.totals
    return choose(
        analysis.ranking,
        weights=weights,
        means=analysis.means,
        step=TENTH if is_full else HALF,
        total_voices=thresholds.halves,
        cell_voices=thresholds.cell if is_full else None,
    )


def _has_dominant(weights: Weights) -> bool:
    return max(weight for _, weight in weights) > DOMINANT * sum(Fraction(weight) for _, weight in weights)


def _label(analysis: Analysis, known: Set[Cell]) -> StabilityLabel | None:
    """As analysed; but "split" tells that a cell has two camps, so it is said of `known` cells only."""
    is_hidden = analysis.label is StabilityLabel.SPLIT and known.isdisjoint(analysis.splits)
    return StabilityLabel.TOO_CLOSE if is_hidden else analysis.label


def _big_splits(analysis: Analysis, thresholds: Thresholds) -> frozenset[Cell]:
    return frozenset(cell for cell in analysis.splits if analysis.means[cell].voices >= thresholds.cell)


def _rows(analysis: Analysis, shown: Shown, *, is_full: bool) -> tuple[ResultRow, ...]:
    options = analysis.ranking.rows
    totals = [_total(option, shown, TENTH if is_full else HALF) for option in options]
    places: dict[str | None, set[int | None]] = {}
    for option, total in zip(options, totals, strict=True):
        places.setdefault(total, set()).add(option.place)
    shares = analysis.shares if is_full else {}
    return tuple(
        replace(
            _row(option, total),
            is_about=is_number(total) and len(places[total]) > 1,
            share=_share(shares, option, analysis.people),
        )
        for option, total in zip(options, totals, strict=True)
    )


def _row(option: RankedOption, total: str | None) -> ResultRow:
    return ResultRow(option.option_id, option.place, total, needs=option.needs)


def _total(option: RankedOption, shown: Shown, step: Fraction) -> str | None:
    return None if option.score is None or option.option_id not in shown.totals else rounded(option.score, step)


def _share(shares: Mapping[UUID, float], option: RankedOption, people: int) -> int | None:
    share = shares.get(option.option_id)
    return None if share is None or len(shares) < 2 else shown_share(share, people=people)


def _topics(analysis: Analysis, thresholds: Thresholds, *, is_full: bool) -> tuple[ShownTopic, ...]:
    """Named by at least as many people as a ranking takes; numbered by as many as a cell mean takes."""
    topics = [topic for topic in analysis.topics if topic.voices >= thresholds.ranking]
    if is_full and all(topic.voices >= thresholds.cell for topic in topics):
        return _numbered(topics)
    return tuple(ShownTopic(topic.criterion_id) for topic in topics if topic.share == topics[0].share)


def _numbered(topics: Sequence[Topic]) -> tuple[ShownTopic, ...]:
    """The first few with their shares; those that round to nothing are left out."""
    shares = [(topic, min(100, _nearest_step(topic.share))) for topic in topics if topic.share is not None]
    return tuple(ShownTopic(topic.criterion_id, share) for topic, share in shares[:MOST_TOPICS] if share)


def _nearest_step(share: Fraction) -> int:
    """In per cent, rounded half up to a multiple of 5."""
    return floor(share * 100 / STEP + HALF) * STEP


def _with_cells(result: Result, analysis: Analysis, shown: Shown, weights: Weights) -> Result:
    """Add the printed means, and what follows from them."""
    cells = (
        _cell(cell, rounded(analysis.means[cell].value, TENTH), analysis, result.label)
        for cell in _ordered(analysis, shown, weights)
    )
    found = with_sentences(replace(result, cells=tuple(cells)), weights)
    is_whole = _whole(found, weights) == _ranked(found)
    return replace(found, confident_leaders=analysis.confident_leaders if is_whole else None)


def with_sentences(result: Result, weights: Weights) -> Result:
    """The result with what follows from its printed means worked out from them: low, dominated, weight limits."""
    voices = result.thresholds.cell
    means = {(cell.option_id, cell.criterion_id): CellMean(number(cell.mean), voices) for cell in result.cells}
    criteria, whole = [criterion for criterion, _ in weights], _whole(result, weights)
    return replace(
        result,
        low=find_low(result.leaders, criteria, means),
        dominated=tuple(find_dominated(whole, criteria, means).items()),
        weight_limits=_weight_limits(result, whole, weights, means) if whole == _ranked(result) else None,
    )


def _ranked(result: Result) -> list[UUID]:
    return [row.option_id for row in result.rows if row.place is not None]


def _whole(result: Result, weights: Weights) -> list[UUID]:
    """The ranked options of which every mean is printed."""
    return [option for option in _ranked(result) if all(result.cell(option, criterion) for criterion, _ in weights)]


def _cell(cell: Cell, mean: str, analysis: Analysis, label: StabilityLabel | None) -> ShownCell:
    """With its camps where they are why the team is called split."""
    found = analysis.agreement[cell]
    is_why = label is StabilityLabel.SPLIT and cell in analysis.splits
    return ShownCell(*cell, mean=mean, agreement=found.label, camps=found.camps if is_why else None)


def _ordered(analysis: Analysis, shown: Shown, weights: Weights) -> list[Cell]:
    """The cells to print: options by place, criteria in the order of the scoring pages."""
    cells = ((row.option_id, criterion) for row in analysis.ranking.rows for criterion, _ in weights)
    return [cell for cell in cells if cell in shown.cells]


def _weight_limits(
    result: Result, options: list[UUID], weights: Weights, means: CellMeans
) -> tuple[WeightLimit, ...] | None:
    """None with several leaders or none, where an end of the scale hides a mean, where print has another leader."""
    if not all(is_number(cell.mean) for cell in result.cells) or len(options) < 2:
        return None
    ranking = rank_means(option_ids=options, weights=weights, means=means)
    if len(ranking.leaders) > 1 or ranking.leaders != result.leaders:
        return None
    intervals = weight_intervals(ranking, weights=weights, means=means)
    limits = (_limit(criterion, bounds) for criterion, bounds in intervals.items())
    return tuple(limit for limit in limits if limit.below or limit.above)


def _limit(criterion_id: UUID, bounds: Interval) -> WeightLimit:
    """Rounded to a twentieth towards the weight of now: up to there the leader stays first."""
    now, (low, high) = Fraction(bounds.weight), bounds.clipped()
    below = min(ceil(low / WEIGHT_STEP) * WEIGHT_STEP, now)
    above = max(floor(high / WEIGHT_STEP) * WEIGHT_STEP, now)
    return WeightLimit(
        criterion_id,
        _plain(now),
        _plain(below) if bounds.low is not None and bounds.low == low else None,
        _plain(above) if bounds.high is not None and bounds.high == high else None,
    )


def _plain(weight: Fraction) -> str:
    """As people write it: 2.75 -> "2.75", 3.00 -> "3"."""
    return f"{float(weight):.2f}".rstrip("0").rstrip(".")
