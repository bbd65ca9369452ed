"""Who is away and who stands in for them (table `deputies`): one row per absent person, of now or of later."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.deputy import Absence
from bot.store import tables as t

_D = t.deputies.c


async def find(c: AsyncConnection, member_id: UUID) -> Absence | None:
    """When this member is away."""
    row = (await c.execute(select(*_D).where(_D.member_id == member_id))).one_or_none()
    return Absence(row.member_id, row.deputy_id, row.begins, row.until) if row else None


async def put(c: AsyncConnection, absence: Absence, *, is_running: bool) -> None:
    """In place of what was planned before."""
    values = {**vars(absence), "is_running": is_running}
    await c.execute(
        insert(t.deputies).values(**values).on_conflict_do_update(index_elements=["member_id"], set_=values)
    )


async def end(c: AsyncConnection, member_id: UUID) -> None:
    await c.execute(delete(t.deputies).where(_D.member_id == member_id))


def _turned(now: datetime) -> Any:
    return (_D.until <= now) | and_(_D.begins <= now, ~_D.is_running)


async def teams_that_turned(c: AsyncConnection, *, now: datetime, at_most: int) -> Sequence[UUID]:
    """Teams in which an absence has begun or ended that their plans do not know of."""
    m = t.team_members.c
    teams = select(m.team_id).join(t.deputies, _D.member_id == m.id).where(_turned(now)).distinct()
    return (await c.execute(teams.order_by(m.team_id).limit(at_most))).scalars().all()


async def turn(c: AsyncConnection, team_id: UUID, *, now: datetime) -> None:
    """Forget what is over, and know what has begun."""
    theirs = _D.member_id.in_(select(t.team_members.c.id).where(t.team_members.c.team_id == team_id))
    await c.execute(delete(t.deputies).where(theirs, _D.until <= now))
    await c.execute(update(t.deputies).where(theirs, _D.begins <= now).values(is_running=True))
