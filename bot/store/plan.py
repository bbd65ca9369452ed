"""How much of their plans teams use."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ScalarSelect, Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.decision import Status
from bot.domain.plan import Usage
from bot.domain.team import Team
from bot.store import tables as t
from bot.store.team import TEAM_COLUMNS, team_of


@dataclass(frozen=True)
class Used:
    """A team, and how much of its plan it uses."""

    team: Team
    usage: Usage


_UNFINISHED = (Status.CREATED, Status.TEAM_INPUT, Status.EVALUATING)


def _counted(query: Select[int]) -> ScalarSelect[int]:
    return query.scalar_subquery()


_MEMBERS = _counted(
    select(func.count())
    .select_from(t.team_members)
    .where(t.team_members.c.team_id == t.teams.c.id, t.team_members.c.is_active)
    .correlate(t.teams)
)
_OPEN = _counted(
    select(func.count())
    .select_from(t.customer_decisions)
    .where(t.customer_decisions.c.team_id == t.teams.c.id, t.customer_decisions.c.status.in_(_UNFINISHED))
    .correlate(t.teams)
)
_WEBHOOKS = _counted(
    select(func.count())
    .select_from(t.webhook_endpoints)
    .where(t.webhook_endpoints.c.team_id == t.teams.c.id)
    .correlate(t.teams)
)
_USED = select(*TEAM_COLUMNS, _MEMBERS.label("members"), _OPEN.label("open_decisions"), _WEBHOOKS.label("webhooks"))


def _used(row: Any) -> Used:
    return Used(team_of(row), Usage(row.members, row.open_decisions, row.webhooks))


async def used(c: AsyncConnection, team_id: UUID) -> Used:
    """As it is now: what was read with the person who acts may be a while old."""
    row = (await c.execute(_USED.where(t.teams.c.id == team_id))).one()
    return _used(row)


async def all_used(c: AsyncConnection) -> list[Used]:
    """Of every team, by name."""
    rows = await c.execute(_USED.order_by(func.lower(t.teams.c.name), t.teams.c.id))
    return [_used(row) for row in rows]


async def set_tier(c: AsyncConnection, team_id: UUID, tier: str) -> None:
    await c.execute(update(t.teams).where(t.teams.c.id == team_id).values(subscription_tier=tier))
