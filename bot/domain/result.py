"""The ranking of one round, and what of it may be stored and shown.

Holds ids, places and rounded texts; no names, no titles, no comments, and after `publish` no exact number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any, TypeVar
from uuid import UUID

from bot.domain.round import Thresholds

VERSION = 1
"""1 = ranking, totals, thresholds. A later version adds keys; what a body lacks is absent, not unknown."""
MIN_CELL_SCORES = 2
HALF, TENTH = Fraction(1, 2), Fraction(1, 10)
LOW_END, HIGH_END = Fraction(3, 2), Fraction(19, 2)

S = TypeVar("S")
Cell = tuple[UUID, UUID]
"""(option id, criterion id)"""
Cells = Mapping[Cell, int]
"""One ballot: cell -> 1..10; a criterion that the person abstained on has no cells."""
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
    """Exact, on the scale of the scores; for `publish` only, and hidden from tracebacks."""
    needs: tuple[UUID, ...] = ()
    """The criteria with too few scores to rank this option, in the order of the pages."""
    voices: int = 0
    """The fewest people behind any of its cells."""


@dataclass(frozen=True)
class Ranking:
    rows: tuple[RankedOption, ...]
    """By place, ties in the given order of options; those not ranked last."""


@dataclass(frozen=True)
class ResultRow:
    option_id: UUID
    place: int | None
    total: str | None
    """Ready to print: "6.5", "≥ 9.5". None = not ranked, or fewer people behind it than may be shown."""
    is_about: bool = False
    """Another place has the same rounded total: print it with "about". Never at the ends: "≥" says enough."""
    needs: tuple[UUID, ...] = ()


@dataclass(frozen=True)
class Result:
    version: int
    ballots: int
    people: int
    """Those who were asked; a ballot of somebody excused afterwards counts as a ballot all the same."""
    thresholds: Thresholds
    rows: tuple[ResultRow, ...] = ()
    """Empty below `thresholds.ranking` ballots."""

    @property
    def leaders(self) -> tuple[UUID, ...]:
        """Everyone in first place; empty where nothing aggregated may be shown or nothing is ranked."""
        return tuple(row.option_id for row in self.rows if row.place == 1)

    @property
    def invites_second_round(self) -> bool:
        """Whether it leaves so much open that the team may be asked once more: it is too close to call."""
        return len(self.leaders) > 1


def rank(*, option_ids: Sequence[UUID], weights: Weights, ballots: Sequence[Cells]) -> Ranking:
    """Rank by S_o = sum_k W_k c_ok / sum_k W_k, c_ok = mean over the people who scored the cell; exact.

    An option with a cell of fewer than 2 scores is not ranked. Applies no secrecy threshold: see `publish`.
    Cells of other options or criteria are ignored. Expects criteria scored whole or abstained whole: plain
    means, no leniency offset per person (`analysis.analyse` subtracts it). Raises ValueError where the
    weights add up to nothing. Source: weighted sum, Goodwin & Wright ch. 3 (SMART).
    """
    return rank_means(option_ids=option_ids, weights=weights, means=cell_means(ballots))


def rank_means(*, option_ids: Sequence[UUID], weights: Weights, means: CellMeans) -> Ranking:
    """Rank like `rank`, from means that were made elsewhere; a cell that is absent has no scores."""
    if sum(weight for _, weight in weights) <= 0:
        raise ValueError("a ranking needs weights above 0")
    unplaced = [_weighted(option, weights, means) for option in option_ids]
    ranked = sorted((o for o in unplaced if o.score is not None), key=lambda o: o.score or 0, reverse=True)
    scores = [o.score for o in ranked]
    # The first index of an equal score is the number of better ones: ties share a place, and the next one
    # is skipped.
    placed = (replace(o, place=scores.index(o.score) + 1) for o in ranked)
    return Ranking((*placed, *(o for o in unplaced if o.score is None)))


def cell_means(ballots: Sequence[Mapping[Cell, int | Fraction]]) -> CellMeans:
    """The exact plain mean of every cell that anybody scored."""
    return {cell: CellMean(Fraction(sum(s)) / len(s), len(s)) for cell, s in cell_scores(ballots).items()}


def cell_scores(ballots: Sequence[Mapping[Cell, S]]) -> dict[Cell, list[S]]:
    """The scores of every cell that anybody scored, in the order of the ballots."""
    scores: dict[Cell, list[S]] = {}
    for ballot in ballots:
        for cell, score in ballot.items():
            scores.setdefault(cell, []).append(score)
    return scores


def _weighted(option_id: UUID, weights: Weights, means: CellMeans) -> RankedOption:
    cells = {criterion: means.get((option_id, criterion), NO_SCORES) for criterion, _ in weights}
    voices = min(mean.voices for mean in cells.values())
    needs = tuple(criterion for criterion, mean in cells.items() if mean.voices < MIN_CELL_SCORES)
    if needs:
        return RankedOption(option_id, None, None, needs, voices)
    points = sum((Fraction(weight) * cells[c].value for c, weight in weights), Fraction(0))
    return RankedOption(option_id, None, points / Fraction(sum(weight for _, weight in weights)), (), voices)


def publish(ranking: Ranking, *, ballots: int, people: int, thresholds: Thresholds, is_second: bool = False) -> Result:
    """Keep of a ranking what may be stored and shown for this many ballots.

    Below `thresholds.ranking` nothing; below `thresholds.totals` places, and totals to .5; from there on
    totals to .1. A total at the ends of the scale reads "≥ 9.5" or "≤ 1.5" at either precision, else it
    would tell that everybody gave a 10. An option with a cell of fewer than `thresholds.ranking` people
    keeps its place and shows no total.

    is_second: this round follows a published one; two published tables could be subtracted, so it keeps places alone.
    """
    if is_second and ballots >= thresholds.ranking:
        places = tuple(ResultRow(o.option_id, o.place, None, needs=o.needs) for o in ranking.rows)
        return Result(VERSION, ballots, people, thresholds, places)
    rows = _rows(ranking, ballots, thresholds) if ballots >= thresholds.ranking else ()
    return Result(VERSION, ballots, people, thresholds, rows)


def _rows(ranking: Ranking, ballots: int, thresholds: Thresholds) -> tuple[ResultRow, ...]:
    step = TENTH if ballots >= thresholds.totals else HALF
    totals = [_total(option, step, thresholds) for option in ranking.rows]
    places: dict[str | None, set[int | None]] = {}
    for option, total in zip(ranking.rows, totals, strict=True):
        places.setdefault(total, set()).add(option.place)
    return tuple(
        ResultRow(o.option_id, o.place, total, _is_number(total) and len(places[total]) > 1, o.needs)
        for o, total in zip(ranking.rows, totals, strict=True)
    )


def _is_number(total: str | None) -> bool:
    return total is not None and total[0].isdigit()


def _total(option: RankedOption, step: Fraction, thresholds: Thresholds) -> str | None:
    # Abstentions can leave two people behind a cell although many submitted. Under a weight that drowns the
    # other criteria the total is their mean, and one of the two could compute the other's score. Price: no
    # total there.
    if option.score is None or option.voices < thresholds.ranking:
        return None
    return rounded(option.score, step)


def rounded(score: Fraction, step: Fraction) -> str:
    """The score as printed: rounded half up to a multiple of `step`; both ends of the scale blurred."""
    if score >= HIGH_END:
        return "≥ 9.5"
    if score <= LOW_END:
        return "≤ 1.5"
    tenths = int(floor(score / step + HALF) * step * 10)
    return f"{tenths // 10}.{tenths % 10}"


def to_body(result: Result) -> dict[str, Any]:
    """The result as JSON: counts, ids, places, printed totals. Never a title, a comment or an exact score."""
    limits = result.thresholds
    return {
        "version": result.version,
        "ballots": result.ballots,
        "people": result.people,
        "thresholds": {"ranking": limits.ranking, "totals": limits.totals, "cell": limits.cell},
        "rows": [
            {
                "option": str(row.option_id),
                "place": row.place,
                "total": row.total,
                "is_about": row.is_about,
                "needs": [str(criterion) for criterion in row.needs],
            }
            for row in result.rows
        ],
    }


def from_body(body: Mapping[str, Any]) -> Result:
    """Read a stored body of this or a later version; keys that this version does not know are left alone.

    Raises KeyError where a key of version 1 is missing.
    """
    limits = body["thresholds"]
    return Result(
        version=body["version"],
        ballots=body["ballots"],
        people=body["people"],
        thresholds=Thresholds(ranking=limits["ranking"], totals=limits["totals"], cell=limits["cell"]),
        rows=tuple(_row(row) for row in body["rows"]),
    )


def _row(row: Mapping[str, Any]) -> ResultRow:
    return ResultRow(
        option_id=UUID(row["option"]),
        place=row["place"],
        total=row["total"],
        is_about=row["is_about"],
        needs=tuple(UUID(criterion) for criterion in row["needs"]),
    )
