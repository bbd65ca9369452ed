"""Rows of `response_options`. They change only before scoring starts; the services see to that."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.option import Option, OptionDraft
from bot.store import tables as t

_K = t.response_options.c
IN_ORDER = (_K.position, _K.created_at, _K.id)
_OF_DECISIONS = select(*_K).where(_K.decision_id == t.any_of("decisions")).order_by(_K.decision_id, *IN_ORDER)


async def of_decisions(c: AsyncConnection, decision_ids: Sequence[UUID]) -> dict[UUID, tuple[Option, ...]]:
    """Options by decision, in the order in which they were proposed."""
    rows = await c.execute(_OF_DECISIONS, {"decisions": list(decision_ids)})
    found: dict[UUID, tuple[Option, ...]] = dict.fromkeys(decision_ids, ())
    for r in rows:
        found[r.decision_id] += (option_of(r),)
    return found


def option_of(row: Any) -> Option:
    return Option(
        id=row.id,
        decision_id=row.decision_id,
        created_by=row.created_by,
        title=row.title,
        description=row.description,
        financial_cost=row.financial_cost,
        implementation_effort=row.implementation_effort or "medium",
        risk_level=row.risk_level or "medium",
        ai_generated=bool(row.ai_generated),
    )


def _values(draft: OptionDraft) -> dict[str, object]:
    return {
        "title": draft.title,
        "description": draft.description,
        "financial_cost": draft.financial_cost,
        "implementation_effort": draft.implementation_effort,
        "risk_level": draft.risk_level,
    }


async def add(
    c: AsyncConnection,
    option_id: UUID,
    *,
    decision_id: UUID,
    created_by: UUID,
    draft: OptionDraft,
    is_suggested: bool = False,
) -> None:
    """Behind those that there are."""
    table = t.response_options
    last = select(func.coalesce(func.max(table.c.position), -1) + 1).where(table.c.decision_id == decision_id)
    values = {"id": option_id, "decision_id": decision_id, "created_by": created_by, **_values(draft)}
    values["ai_generated"] = is_suggested
    await c.execute(insert(table).values(position=last.scalar_subquery(), **values))


async def change(c: AsyncConnection, option_id: UUID, draft: OptionDraft) -> None:
    await c.execute(update(t.response_options).where(t.response_options.c.id == option_id).values(**_values(draft)))


async def remove(c: AsyncConnection, option_id: UUID) -> None:
    await c.execute(delete(t.response_options).where(t.response_options.c.id == option_id))
