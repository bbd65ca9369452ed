"""The published result of one round: what is stored and shown, ready to print.

Holds counts, ids, places, words and rounded texts; no names, no titles, no comments, no exact number.
`publication` decides what gets in.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from bot.domain.agreement import Agreement
from bot.domain.ranking import Cell
from bot.domain.round import Thresholds
from bot.domain.stability import UNDECIDED, StabilityLabel

VERSION = 3
"""1 = ranking, totals, thresholds. 2 = also label, shares, cell means with their agreement, topics, what follows from
the printed means (dominated, low, weight limits), confidence check. 3 = shares and label of other colleagues who might
have scored, no longer of varied people and weights; the label "split", camps. A later version adds keys. What a body
lacks is absent, not unknown: it is not shown."""
OF_COLLEAGUES = 3
"""From this version on shares and label speak of other colleagues."""

Word = TypeVar("Word", bound=StrEnum)
THRESHOLDS = {field.name for field in fields(Thresholds)}


@dataclass(frozen=True)
class ResultRow:
    option_id: UUID
    place: int | None
    total: str | None
    """Ready to print: "6.5", "≥ 9.5". None = not ranked, or it would tell more than may be shown."""
    is_about: bool = False
    """Another place has the same rounded total: print it with "about". Never at the ends: "≥" says enough."""
    needs: tuple[UUID, ...] = ()
    share: int | None = None
    """In which share of cases it would come first had other colleagues scored (before version 3: if people and weights
    varied): per cent, a multiple of 5."""


@dataclass(frozen=True)
class ShownCell:
    option_id: UUID
    criterion_id: UUID
    mean: str
    """Ready to print, to a tenth: "7.4", "≥ 9.5", "≤ 1.5"."""
    agreement: Agreement
    camps: tuple[int, int] | None = None
    """Where this cell splits the team: how many gave less, and how many more."""


@dataclass(frozen=True)
class ShownTopic:
    criterion_id: UUID
    share: int | None = None
    """Of the disagreement about leader or runner-up: per cent, a multiple of 5. None = too few people for a number."""


@dataclass(frozen=True)
class WeightLimit:
    """Where the lead ends if the weight of one criterion alone moves, as it follows from the printed means."""

    criterion_id: UUID
    weight: str
    """That of the round."""
    below: str | None = None
    """The leader stays first unless the weight drops below this; None = no weight that a form accepts ends the lead."""
    above: str | None = None


@dataclass(frozen=True)
class Result:
    version: int
    ballots: int
    people: int
    """Those who were asked; a ballot of somebody excused afterwards counts as a ballot all the same."""
    thresholds: Thresholds
    rows: tuple[ResultRow, ...] = ()
    """Empty below `thresholds.ranking` ballots."""
    label: StabilityLabel | None = None
    """How solid the lead is; None where fewer than two options are ranked."""
    topics: tuple[ShownTopic, ...] = ()
    """The criteria to talk about, the one that parts people most first."""
    cells: tuple[ShownCell, ...] = ()
    low: tuple[Cell, ...] = ()
    """Cells in which an option in first place averages at most 3."""
    dominated: tuple[tuple[UUID, tuple[UUID, ...]], ...] = ()
    """(option, those at least as good on every criterion and better on one)."""
    weight_limits: tuple[WeightLimit, ...] | None = None
    """Empty = no single weight ends the lead; None = nothing is said about it."""
    confident_leaders: tuple[UUID, ...] | None = None
    """Who would lead if sure scores weighed more; None = nothing is said about it."""

    @property
    def leaders(self) -> tuple[UUID, ...]:
        """Everyone in first place; empty where nothing aggregated may be shown or nothing is ranked."""
        return tuple(row.option_id for row in self.rows if row.place == 1)

    @property
    def invites_second_round(self) -> bool:
        """Whether it leaves so much open that the team may be asked once more.

        Too close to call or split, or of two minds about an option in the first or second place. A result of version 1
        has no label: then a shared first place counts.
        """
        if self.label in UNDECIDED or len(self.leaders) > 1:
            return True
        return any(cell.option_id in self.contested and cell.agreement is Agreement.SPLIT for cell in self.cells)

    @property
    def runners_up(self) -> tuple[UUID, ...]:
        """Everyone in the second place that is taken; empty where all ranked options lead."""
        places = sorted({row.place for row in self.rows if row.place is not None})
        return tuple(row.option_id for row in self.rows if len(places) > 1 and row.place == places[1])

    @property
    def contested(self) -> tuple[UUID, ...]:
        """Everyone in the first two places that are taken: those between whom the choice lies."""
        return (*self.leaders, *self.runners_up)

    def cell(self, option_id: UUID, criterion_id: UUID) -> ShownCell | None:
        return next((c for c in self.cells if (c.option_id, c.criterion_id) == (option_id, criterion_id)), None)


def to_body(result: Result) -> dict[str, Any]:
    """The result as JSON: counts, ids, places, words, printed numbers. Never a title, a comment, an exact number."""
    sure = result.confident_leaders
    return {
        "version": result.version,
        "ballots": result.ballots,
        "people": result.people,
        "thresholds": asdict(result.thresholds),
        "rows": [_row_body(row) for row in result.rows],
        "label": result.label,
        "topics": [{"criterion": str(topic.criterion_id), "share": topic.share} for topic in result.topics],
        "cells": [_cell_body(cell) for cell in result.cells],
        "low": [{"option": str(option), "criterion": str(criterion)} for option, criterion in result.low],
        "dominated": [{"option": str(option), "by": _texts(by)} for option, by in result.dominated],
        "weight_limits": None if result.weight_limits is None else [_limit_body(w) for w in result.weight_limits],
        "confident_leaders": None if sure is None else _texts(sure),
    }


def _row_body(row: ResultRow) -> dict[str, Any]:
    return {
        "option": str(row.option_id),
        "place": row.place,
        "total": row.total,
        "is_about": row.is_about,
        "needs": _texts(row.needs),
        "share": row.share,
    }


def _cell_body(cell: ShownCell) -> dict[str, Any]:
    return {
        "option": str(cell.option_id),
        "criterion": str(cell.criterion_id),
        "mean": cell.mean,
        "agreement": cell.agreement,
        "camps": cell.camps and list(cell.camps),
    }


def _limit_body(limit: WeightLimit) -> dict[str, Any]:
    return {
        "criterion": str(limit.criterion_id),
        "weight": limit.weight,
        "below": limit.below,
        "above": limit.above,
    }


def _texts(ids: Iterable[UUID]) -> list[str]:
    return [str(id_) for id_ in ids]


def from_body(body: Mapping[str, Any]) -> Result:
    """Read a stored body of any version; what an earlier one lacks stays absent, what a later one adds is left alone.

    Totals of fewer ballots than totals take are left out, though earlier versions stored those of three. Raises
    KeyError where a key of version 1 is missing.
    """
    weights, sure = body.get("weight_limits"), body.get("confident_leaders")
    limits = Thresholds(**{name: body["thresholds"][name] for name in THRESHOLDS & body["thresholds"].keys()})
    has_totals = body["ballots"] >= limits.halves
    return Result(
        version=body["version"],
        ballots=body["ballots"],
        people=body["people"],
        thresholds=limits,
        rows=tuple(_row(row, has_totals=has_totals) for row in body["rows"]),
        label=_word(StabilityLabel, body.get("label")),
        topics=tuple(ShownTopic(UUID(t["criterion"]), t["share"]) for t in body.get("topics", ())),
        cells=tuple(filter(None, map(_cell, body.get("cells", ())))),
        low=tuple((UUID(cell["option"]), UUID(cell["criterion"])) for cell in body.get("low", ())),
        dominated=tuple((UUID(worse["option"]), _ids(worse["by"])) for worse in body.get("dominated", ())),
        weight_limits=None if weights is None else tuple(map(_limit, weights)),
        confident_leaders=None if sure is None else _ids(sure),
    )


def _limit(limit: Mapping[str, Any]) -> WeightLimit:
    return WeightLimit(UUID(limit["criterion"]), limit["weight"], limit["below"], limit["above"])


def _ids(texts: Iterable[str]) -> tuple[UUID, ...]:
    return tuple(map(UUID, texts))


def _row(row: Mapping[str, Any], *, has_totals: bool) -> ResultRow:
    return ResultRow(
        option_id=UUID(row["option"]),
        place=row["place"],
        total=row["total"] if has_totals else None,
        is_about=row["is_about"] and has_totals,
        needs=_ids(row["needs"]),
        share=row.get("share"),
    )


def _cell(cell: Mapping[str, Any]) -> ShownCell | None:
    agreement = _word(Agreement, cell["agreement"])
    if agreement is None:
        return None
    camps = cell.get("camps")
    where = UUID(cell["option"]), UUID(cell["criterion"])
    return ShownCell(*where, cell["mean"], agreement, camps and (camps[0], camps[1]))


def _word(words: type[Word], value: str | None) -> Word | None:
    """A later version may know more words: one that is not known here is not shown."""
    return words(value) if value in set(words) else None
