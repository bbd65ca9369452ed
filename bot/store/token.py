"""Tokens of the second front door (table `auth_tokens`): by the hash of what their holders show."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.team import Actor
from bot.domain.token import Bearer, Kind, Scope, Token
from bot.store import tables as t
from bot.store.team import MEMBER_COLUMNS, TEAM_COLUMNS, identity_in, member_of, team_of

_A = t.auth_tokens.c
_TOKEN_COLUMNS = (
    _A.id.label("token_id"),
    _A.kind,
    _A.scopes,
    _A.label,
    _A.created_at,
    _A.expires_at,
    _A.idle_until,
    _A.last_used,
    _A.for_agent,
)
_ALIVE = (_A.expires_at > bindparam("now"), or_(_A.idle_until.is_(None), _A.idle_until > bindparam("now")))
_BEARER = (
    select(*_TOKEN_COLUMNS, _A.workspace_id, *MEMBER_COLUMNS, *TEAM_COLUMNS)
    .select_from(t.auth_tokens)
    .join(t.team_members, t.team_members.c.id == _A.user_id)
    .join(t.teams, t.teams.c.id == t.team_members.c.team_id)
    .outerjoin(t.slack_identities, identity_in(_A.workspace_id))
    .where(_A.token_hash == bindparam("hash"), _A.kind == bindparam("kind"), t.team_members.c.is_active, *_ALIVE)
)


def _token_of(row: Any) -> Token:
    return Token(
        id=row.token_id,
        kind=Kind(row.kind),
        scopes=frozenset(Scope(scope) for scope in row.scopes),
        label=row.label or "",
        created_at=row.created_at,
        expires_at=row.expires_at,
        idle_until=row.idle_until,
        last_used=row.last_used,
        for_agent=row.for_agent,
    )


async def find(c: AsyncConnection, hash: str, kind: Kind, *, now: datetime) -> Bearer | None:
    """Whose valid token of this kind has the hash, in one statement: a member who is active at this moment."""
    row = (await c.execute(_BEARER, {"hash": hash, "kind": kind.value, "now": now})).one_or_none()
    if row is None:
        return None
    actor = Actor(member_of(row), team_of(row), row.workspace_id or "", row.slack_user_id or "")
    return Bearer(_token_of(row), actor)


async def add(
    c: AsyncConnection,
    *,
    member_id: UUID,
    workspace_id: str,
    hash: str,
    kind: Kind,
    now: datetime,
    expires_at: datetime,
    idle_until: datetime | None = None,
    scopes: Iterable[Scope] = (),
    label: str | None = None,
    for_agent: bool = False,
) -> UUID:
    row = insert(t.auth_tokens).values(
        user_id=member_id,
        workspace_id=workspace_id,
        token_hash=hash,
        kind=kind.value,
        created_at=now,
        expires_at=expires_at,
        idle_until=idle_until,
        scopes=sorted(scope.value for scope in scopes),
        label=label,
        for_agent=for_agent,
    )
    added: UUID = (await c.execute(row.returning(_A.id))).scalar_one()
    return added


async def of_member(c: AsyncConnection, member_id: UUID, *, now: datetime) -> list[Token]:
    """Sessions and programs' tokens that are valid, the newest first."""
    kinds = [Kind.SESSION.value, Kind.API.value]
    mine = select(*_TOKEN_COLUMNS).where(_A.user_id == member_id, _A.kind.in_(kinds), *_ALIVE)
    rows = await c.execute(mine.order_by(_A.created_at.desc(), _A.id), {"now": now})
    return [_token_of(row) for row in rows]


async def used(c: AsyncConnection, token: Token, *, now: datetime, idle_until: datetime | None) -> None:
    """Write down the day, and until when a session lives from here on."""
    mine = update(t.auth_tokens).where(_A.id == token.id)
    await c.execute(mine.values(last_used=now.date(), idle_until=idle_until or token.idle_until))


async def remove(c: AsyncConnection, hash: str, kind: Kind) -> bool:
    """Take a token away. Of two that do so at once one gets True: that is how a link works once."""
    gone = delete(t.auth_tokens).where(_A.token_hash == hash, _A.kind == kind.value)
    return bool((await c.execute(gone)).rowcount)


async def revoke(c: AsyncConnection, token_id: UUID, *, member_id: UUID) -> Token | None:
    """Take away this member's session or program's token; None where they have no such."""
    mine = delete(t.auth_tokens).where(_A.id == token_id, _A.user_id == member_id, _A.kind.is_not(None))
    row = (await c.execute(mine.returning(*_TOKEN_COLUMNS))).one_or_none()
    return _token_of(row) if row else None


async def revoke_all(c: AsyncConnection, member_id: UUID, *, kinds: Iterable[Kind]) -> int:
    mine = delete(t.auth_tokens).where(_A.user_id == member_id, _A.kind.in_([kind.value for kind in kinds]))
    return (await c.execute(mine)).rowcount


async def purge(c: AsyncConnection) -> int:
    """Delete what has expired. What other programs keep in the table is theirs."""
    over = func.timezone("UTC", func.now())
    return (await c.execute(delete(t.auth_tokens).where(_A.kind.is_not(None), _A.expires_at < over))).rowcount
