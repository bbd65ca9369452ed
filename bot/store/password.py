"""Hashes of passwords, and whether a team's members may sign in with them."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.team import Actor
from bot.store import tables as t
from bot.store.team import MEMBER_COLUMNS, TEAM_COLUMNS, member_of, team_of
from bot.store.team import NO_PASSWORD as NO_PASSWORD

_M, _I = t.team_members.c, t.slack_identities.c


@dataclass(frozen=True)
class Account:
    """Who may sign in with a password, and its hash."""

    actor: Actor
    hash: str = field(repr=False)


async def find(c: AsyncConnection, email: str) -> Account | None:
    """The active member with this address, in whatever case, whose team allows passwords and who is known in Slack.

    Of several, as data of another program may hold, the oldest.
    """
    row = (
        await c.execute(
            select(*MEMBER_COLUMNS, *TEAM_COLUMNS, _M.password_hash, _I.workspace_id)
            .select_from(t.team_members)
            .join(t.teams, t.teams.c.id == _M.team_id)
            .join(t.slack_identities, _I.member_id == _M.id)
            .where(func.lower(_M.email) == email.strip().lower(), _M.is_active, t.teams.c.allows_passwords)
            .order_by(_M.created_at, _M.id, _I.created_at)
            .limit(1)
        )
    ).one_or_none()
    if row is None:
        return None
    return Account(Actor(member_of(row), team_of(row), row.workspace_id, row.slack_user_id), row.password_hash)


async def of_member(c: AsyncConnection, member_id: UUID) -> tuple[bool, str]:
    """(whether the member's team allows passwords, the member's hash)."""
    query = select(t.teams.c.allows_passwords, _M.password_hash).join(t.teams, t.teams.c.id == _M.team_id)
    row = (await c.execute(query.where(_M.id == member_id))).one()
    return row.allows_passwords, row.password_hash


async def put(c: AsyncConnection, member_id: UUID, hash: str) -> None:
    await c.execute(update(t.team_members).where(_M.id == member_id).values(password_hash=hash))


async def allow(c: AsyncConnection, team_id: UUID, *, is_on: bool) -> None:
    await c.execute(update(t.teams).where(t.teams.c.id == team_id).values(allows_passwords=is_on))


async def are_allowed(c: AsyncConnection) -> bool:
    """Whether any team allows them: else the sign-in shows no such way."""
    return (await c.execute(select(t.teams.c.id).where(t.teams.c.allows_passwords).limit(1))).first() is not None
