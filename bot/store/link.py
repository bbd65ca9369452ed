"""Reads what may be told of a decision to whoever reads a link to it."""

from sqlalchemy import Text, cast, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.decision import Status
from bot.domain.link import Place, Told
from bot.store import tables as t

_D, _R, _W = t.customer_decisions.c, t.rounds.c, t.team_workspaces.c
_TOLD = (
    select(_D.number, _D.decision_type, _D.status, _R.closes_at)
    .select_from(t.team_workspaces)
    .join(t.customer_decisions, _D.team_id == _W.team_id)
    .outerjoin(t.rounds, (_R.decision_id == _D.id) & _R.closed_at.is_(None) & _R.voided_at.is_(None))
)


async def find(c: AsyncConnection, workspace_id: str, place: Place) -> Told | None:
    """None where no team of this workspace has such a decision."""
    key, number = place
    is_meant = (_W.workspace_id == workspace_id, cast(_W.team_id, Text).startswith(key), _D.number == number)
    row = (await c.execute(_TOLD.where(*is_meant))).first()
    return row and Told(row.number, row.decision_type, Status(row.status), row.closes_at)
