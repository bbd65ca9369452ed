"""A team's own wordings of answers to customers (table `wordings`)."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.choice import Kind
from bot.store import tables as t


async def of_type(c: AsyncConnection, team_id: UUID, decision_type: str) -> dict[Kind, str]:
    """Those that the team has changed."""
    w = t.wordings.c
    rows = await c.execute(select(w.choice, w.body).where(w.team_id == team_id, w.decision_type == decision_type))
    return {Kind(row.choice): row.body for row in rows}


async def put(c: AsyncConnection, team_id: UUID, decision_type: str, grant: Kind, *, body: str, by: UUID) -> None:
    values = {"body": body, "changed_by": by, "changed_at": func.now()}
    key = {"team_id": team_id, "decision_type": decision_type, "choice": grant.value}
    await c.execute(
        insert(t.wordings).values(**key, **values).on_conflict_do_update(index_elements=list(key), set_=values)
    )
