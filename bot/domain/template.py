"""The criteria that a new decision starts with, by decision type. Does not know where the file lies."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

from bot.domain.criterion import CriterionDraft, check_criteria
from bot.domain.decision import DECISION_TYPES
from bot.errors import Invalid

KEYS = ("name", "weight", "description")


@dataclass(frozen=True)
class CriteriaTemplates:
    by_type: Mapping[str, tuple[CriterionDraft, ...]]
    """Every decision type has one; weights in hundredths."""

    def of(self, decision_type: str) -> tuple[CriterionDraft, ...]:
        return self.by_type[decision_type]

    @classmethod
    def from_dict(cls, criteria: Mapping[str, Any]) -> "CriteriaTemplates":
        """Read the parsed table [criteria]: a list of {name, weight, description} for each decision type.

        Raises ValueError that names the key, as in "criteria.refund_request[1].weight: ...".
        """
        for decision_type in criteria:
            if decision_type not in DECISION_TYPES:
                raise ValueError(f"criteria.{decision_type}: no such decision type")
        return cls(MappingProxyType({kind: _drafts(f"criteria.{kind}", criteria.get(kind)) for kind in DECISION_TYPES}))


def _drafts(key: str, rows: object) -> tuple[CriterionDraft, ...]:
    if not isinstance(rows, list):
        raise ValueError(f"{key}: has to be a list of criteria")
    drafts = [_draft(f"{key}[{index}]", row) for index, row in enumerate(rows)]
    try:
        return check_criteria(drafts)
    except Invalid as refusal:
        name, _, index = (refusal.field or "").rpartition("_")
        raise ValueError(f"{key}[{index}].{name}: {refusal.message}") from refusal


def _draft(key: str, row: object) -> CriterionDraft:
    if not isinstance(row, Mapping):
        raise ValueError(f"{key}: has to be a table of {', '.join(KEYS)}")
    for name in (*KEYS, *row):
        if name not in row or name not in KEYS:
            raise ValueError(f"{key}.{name}: {'missing' if name in KEYS else 'no such key'}")
    for name in ("name", "description"):
        if not isinstance(row[name], str):
            raise ValueError(f"{key}.{name}: has to be a text")
    return CriterionDraft(
        name=row["name"], weight=_weight(f"{key}.weight", row["weight"]), description=row["description"]
    )


def _weight(key: str, value: object) -> Decimal:
    try:
        # By way of text: 1.1 in the file means 1.1, not its nearest binary fraction; and True is no 1.
        return Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"{key}: has to be a number") from None
