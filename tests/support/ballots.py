"""Small decisions for tests of the method: options and criteria by number, ballots as tables."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from bot.domain.ranking import Cell, Cells

Rows = Sequence[Sequence[int | None]]
"""rows[option][criterion]; None: not scored."""


def option(index: int) -> UUID:
    return UUID(int=1000 + index)


def criterion(index: int) -> UUID:
    return UUID(int=2000 + index)


def weighted(*weights: str | Decimal) -> list[tuple[UUID, Decimal]]:
    return [(criterion(k), Decimal(w)) for k, w in enumerate(weights)]


def levels(rows: Rows) -> dict[Cell, int]:
    """How sure somebody was, by cell."""
    return {(option(o), criterion(k)): x for o, row in enumerate(rows) for k, x in enumerate(row) if x is not None}


def ballot(rows: Rows) -> Cells:
    return levels(rows)
