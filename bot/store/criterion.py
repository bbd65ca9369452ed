"""Rows of `decision_criteria`. They change only before scoring starts; the services see to that."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.criterion import Criterion, CriterionDraft
from bot.store import tables as t

_K = t.decision_criteria.c
IN_ORDER = (_K.position, _K.created_at, _K.id)
_OF_DECISION = select(*_K).where(_K.decision_id == bindparam("decision")).order_by(*IN_ORDER)


async def of_decision(c: AsyncConnection, decision_id: UUID) -> tuple[Criterion, ...]:
    rows = await c.execute(_OF_DECISION, {"decision": decision_id})
    return tuple(criterion_of(row) for row in rows)


def criterion_of(row: Any) -> Criterion:
    return Criterion(row.id, row.name, row.description or "", row.weight, row.position)


async def replace(c: AsyncConnection, *, decision_id: UUID, drafts: Sequence[CriterionDraft], created_by: UUID) -> None:
    """Make the decision's criteria equal `drafts`, in this order. A kept id keeps its row, any other is a new row."""
    existing = {criterion.id for criterion in await of_decision(c, decision_id)}
    kept = {draft.id for draft in drafts if draft.id in existing}
    table = t.decision_criteria
    await c.execute(delete(table).where(table.c.decision_id == decision_id, table.c.id.in_(existing - kept)))
    for position, draft in enumerate(drafts):
        values = {
            "name": draft.name,
            "description": draft.description or None,
            "weight": draft.weight,
            "position": position,
        }
        if draft.id in kept:
            await c.execute(update(table).where(table.c.id == draft.id).values(**values))
        else:
            await c.execute(insert(table).values(decision_id=decision_id, created_by=created_by, **values))
