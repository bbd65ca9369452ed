"""Whose Home tab was opened, at which page, and what it shows (table `homes`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import case, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import outbox
from bot.store import tables as t

KIND = "home"
KEPT_FRESH = timedelta(days=30)
"""A tab that nobody has opened for so long is not updated at changes any more; it is when its person opens it again."""


@dataclass(frozen=True)
class Place:
    """One person's Home tab."""

    workspace_id: str
    slack_user_id: str

    @property
    def lane(self) -> str:
        return f"slack:{self.workspace_id}:home-{self.slack_user_id}"


async def opened(c: AsyncConnection, place: Place, *, page: int) -> bool:
    """Remember that the person opened their tab, and at which page. Returns True the first time ever."""
    values = {"page": page, "opened_at": func.now(), "shown": None}
    is_first = await find(c, place) is None
    await c.execute(
        insert(t.homes)
        .values(workspace_id=place.workspace_id, slack_user_id=place.slack_user_id, **values)
        .on_conflict_do_update(index_elements=["workspace_id", "slack_user_id"], set_=values)
    )
    return is_first


async def find(c: AsyncConnection, place: Place) -> tuple[int, str | None] | None:
    """(page, digest of the view published last, None if unknown). None where the tab was never opened."""
    h = t.homes.c
    row = (
        await c.execute(
            select(h.page, h.shown).where(h.workspace_id == place.workspace_id, h.slack_user_id == place.slack_user_id)
        )
    ).one_or_none()
    return (row.page, row.shown) if row else None


async def set_shown(c: AsyncConnection, place: Place, digest: str, *, before: str | None) -> bool:
    """Remember the digest of the tab that was just published; `before`: the one that was stored when it was rendered.

    False where that has changed: somebody else published at the same time, and which of the two tabs Slack shows now is
    unknown. Then the unknown is stored (NULL), and the caller publishes once more.
    """
    h = t.homes
    shown = case((h.c.shown.is_not_distinct_from(before), digest), else_=None)
    rows = await c.execute(
        update(h)
        .where(h.c.workspace_id == place.workspace_id, h.c.slack_user_id == place.slack_user_id)
        .values(shown=shown)
        .returning(h.c.shown)
    )
    return [row.shown for row in rows] == [digest]


async def refresh(c: AsyncConnection, team_id: UUID, *, occasion: str) -> None:
    """Queue a fresh tab for everybody of the team who has opened theirs lately; once for each occasion."""
    for place in await of_team(c, team_id):
        await outbox.enqueue(
            c,
            kind=KIND,
            lane=place.lane,
            key=f"home:{place.workspace_id}:{place.slack_user_id}:{occasion}",
            payload={"workspace": place.workspace_id, "user": place.slack_user_id},
        )


async def of_team(c: AsyncConnection, team_id: UUID) -> Sequence[Place]:
    """The tabs of the team's active members that were opened in the last 30 days."""
    h, i, m = t.homes.c, t.slack_identities.c, t.team_members.c
    rows = await c.execute(
        select(h.workspace_id, h.slack_user_id)
        .join(t.slack_identities, (i.workspace_id == h.workspace_id) & (i.slack_user_id == h.slack_user_id))
        .join(t.team_members, m.id == i.member_id)
        .where(m.team_id == team_id, m.is_active, h.opened_at > func.now() - KEPT_FRESH)
        .order_by(h.workspace_id, h.slack_user_id)
    )
    return [Place(row.workspace_id, row.slack_user_id) for row in rows]
