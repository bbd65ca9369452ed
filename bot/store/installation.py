"""Who has installed the app (tables `workspace_installations`, `enterprise_workspaces`, `install_states`).

Tokens come and go encrypted. Whatever changes an installation tells every process (`CHANNEL`), which reads it anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.installation import EARLY, Ending
from bot.store import tables as t

CHANNEL = "installations"
STATES_KEPT = timedelta(hours=1)


@dataclass(frozen=True)
class Sealed:
    """One row, its tokens encrypted."""

    id: UUID
    enterprise_id: str | None
    team_id: str | None
    name: str
    bot_token: bytes | None
    previous_token: bytes | None
    refresh_token: bytes | None
    expires_at: datetime | None
    bot_user_id: str
    bot_id: str
    scopes: tuple[str, ...]
    generation: int
    installed_at: datetime
    status: str
    key_id: str | None


_I = t.workspace_installations
_COLUMNS = (
    _I.c.id, _I.c.enterprise_id, _I.c.team_id, _I.c.name, _I.c.bot_token, _I.c.previous_token, _I.c.refresh_token,
    _I.c.expires_at, _I.c.bot_user_id, _I.c.bot_id, _I.c.scopes, _I.c.generation, _I.c.installed_at, _I.c.status,
    _I.c.key_id,
)  # fmt: skip

# The workspace's own installation goes before its organisation's. Of an organisation whose id the caller does not know
# we may have met the workspace before.
_FOUND = text(
    """
    (SELECT i.id FROM workspace_installations i
    WHERE i.status = 'active' AND (i.team_id = :team OR (i.team_id IS NULL AND i.enterprise_id = coalesce(:enterprise,
      (SELECT w.enterprise_id FROM enterprise_workspaces w WHERE w.workspace_id = :team AND w.left_at IS NULL))))
    ORDER BY i.team_id IS NULL, i.installed_at DESC LIMIT 1)
    """
)


async def find(c: AsyncConnection, *, enterprise_id: str | None, team_id: str | None) -> Sealed | None:
    """The installation by which the bot acts in this workspace now."""
    words = {"enterprise": enterprise_id, "team": team_id}
    return await _one(c, select(*_COLUMNS).where(_I.c.id == _FOUND), words)


async def find_place(c: AsyncConnection, *, enterprise_id: str | None, team_id: str | None) -> Sealed | None:
    """The one of exactly this place: by its workspace, which is in one organisation at most; else an organisation's."""
    here = _I.c.team_id == team_id if team_id else _I.c.team_id.is_(None) & (_I.c.enterprise_id == enterprise_id)
    newest = select(*_COLUMNS).where(here, _I.c.status == "active").order_by(_I.c.installed_at.desc()).limit(1)
    return await _one(c, newest, {})


async def leave(c: AsyncConnection, workspace_ids: Sequence[str]) -> None:
    """The organisation has taken the app out of these; until it comes back, or somebody there presses something."""
    w = t.enterprise_workspaces
    await c.execute(update(w).where(w.c.workspace_id.in_(workspace_ids)).values(left_at=func.now()))
    await tell(c)


async def find_by_id(c: AsyncConnection, id_: UUID) -> Sealed | None:
    """Locked until the end of the transaction."""
    return await _one(c, select(*_COLUMNS).where(_I.c.id == id_).with_for_update(), {})


async def everyone(c: AsyncConnection) -> list[Sealed]:
    """All that are active, by organisation and workspace."""
    rows = await c.execute(select(*_COLUMNS).where(_I.c.status == "active").order_by(_I.c.enterprise_id, _I.c.team_id))
    return [_sealed(row) for row in rows]


async def sealed_otherwise(c: AsyncConnection, *, key_id: str) -> list[UUID]:
    """Those whose tokens lie sealed by another key than this one."""
    rows = await c.execute(select(_I.c.id).where(_I.c.status == "active", _I.c.key_id != key_id).order_by(_I.c.id))
    return list(rows.scalars())


async def keys_in_use(c: AsyncConnection) -> Mapping[str, int]:
    """Key -> how many installations lie sealed by it."""
    rows = await c.execute(select(_I.c.key_id, func.count()).where(_I.c.status == "active").group_by(_I.c.key_id))
    return {str(key_id): count for key_id, count in rows}


# A place keeps its row, and so its id, by which its tokens are sealed, through however many installations.
_TAKE_PLACE = text(
    """
    INSERT INTO workspace_installations (enterprise_id, team_id, is_org, status)
    VALUES (:enterprise, :team, CAST(:team AS text) IS NULL, 'uninstalled')
    ON CONFLICT (coalesce(enterprise_id, ''), coalesce(team_id, ''))
    DO UPDATE SET generation = workspace_installations.generation + 1
    RETURNING id
    """
)


async def take_place(c: AsyncConnection, *, enterprise_id: str | None, team_id: str | None) -> UUID:
    """The id of the row for this place, made where there is none; locked until the end of the transaction."""
    row: UUID = (await c.execute(_TAKE_PLACE, {"enterprise": enterprise_id, "team": team_id})).scalar_one()
    return row


async def write(c: AsyncConnection, id_: UUID, values: Mapping[str, Any]) -> None:
    await c.execute(update(_I).where(_I.c.id == id_).values(**values))
    await tell(c, id_)


async def end(c: AsyncConnection, *, id_: UUID, generation: int, ending: Ending, expires_at: datetime | None) -> bool:
    """Leave a tombstone without tokens. False where another installation, or another token, has taken its place."""
    gone = {"bot_token": None, "previous_token": None, "refresh_token": None, "expires_at": None, "key_id": None}
    mine = (_I.c.id == id_, _I.c.generation == generation, _I.c.status == "active")
    still = _I.c.expires_at.is_not_distinct_from(expires_at)
    done = await c.execute(update(_I).where(*mine, still).values(status=ending, ended_at=func.now(), **gone))
    await tell(c, id_)
    return done.rowcount > 0


# Without those that an organisation's installation serves, and those that nothing is kept of.
_GONE = text(
    """
    WITH gone AS (
      SELECT i.team_id AS workspace_id FROM workspace_installations i
      WHERE i.team_id IS NOT NULL AND i.status = 'uninstalled' AND i.ended_at < now() - :after
      UNION
      SELECT w.workspace_id FROM enterprise_workspaces w LEFT JOIN workspace_installations i
        ON i.enterprise_id = w.enterprise_id AND i.team_id IS NULL AND i.status = 'uninstalled'
      WHERE least(w.left_at, i.ended_at) < now() - :after)
    SELECT g.workspace_id FROM gone g
    WHERE EXISTS (SELECT FROM team_workspaces t WHERE t.workspace_id = g.workspace_id)
      AND NOT EXISTS (SELECT FROM workspace_installations i WHERE i.team_id = g.workspace_id AND i.status = 'active')
      AND NOT EXISTS (SELECT FROM enterprise_workspaces w JOIN workspace_installations i
        ON i.enterprise_id = w.enterprise_id AND i.team_id IS NULL AND i.status = 'active'
        WHERE w.workspace_id = g.workspace_id AND w.left_at IS NULL)
    ORDER BY 1
    """
)


async def gone_for(c: AsyncConnection, after: timedelta) -> list[str]:
    """Workspaces that took the app out so long ago and have not installed it since, of which data is kept."""
    return list((await c.execute(_GONE, {"after": after})).scalars())


async def forget_key(c: AsyncConnection, key_id: str) -> int:
    """Leave tombstones of all whose tokens only this key could open. Returns how many."""
    gone = {"bot_token": None, "previous_token": None, "refresh_token": None, "expires_at": None, "key_id": None}
    lost = update(_I).where(_I.c.key_id == key_id).values(status=Ending.REVOKED, ended_at=func.now(), **gone)
    done = await c.execute(lost)
    await tell(c)
    return done.rowcount


async def tell(c: AsyncConnection, id_: UUID | None = None) -> None:
    """Every process reads this installation anew, or all of them, once the transaction is committed."""
    await c.execute(select(func.pg_notify(CHANNEL, str(id_ or ""))))


async def remember_enterprise(c: AsyncConnection, *, workspace_id: str, enterprise_id: str) -> None:
    """A workspace of an organisation that has installed the app: deliveries name the workspace alone."""
    met = {"enterprise_id": enterprise_id, "left_at": None}
    known = insert(t.enterprise_workspaces).values(workspace_id=workspace_id, **met)
    await c.execute(known.on_conflict_do_update(index_elements=["workspace_id"], set_=met))


async def due_for_renewal(c: AsyncConnection, *, at_most: int) -> list[UUID]:
    """Installations whose token has less than `EARLY` left, the most urgent first."""
    soon = (_I.c.refresh_token.is_not(None), _I.c.status == "active", _I.c.expires_at < func.now() + EARLY)
    rows = await c.execute(select(_I.c.id).where(*soon).order_by(_I.c.expires_at).limit(at_most))
    return list(rows.scalars())


async def lock_renewal(c: AsyncConnection, id_: UUID) -> None:
    """Let renewals of one installation take turns, until the transaction ends."""
    await c.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"renewal:{id_}", 7))))


async def now(c: AsyncConnection) -> datetime:
    found: datetime = (await c.execute(select(func.now()))).scalar_one()
    return found


async def add_state(
    c: AsyncConnection, *, digest: bytes, browser: bytes, team_id: str | None, lives: timedelta
) -> None:
    values = {"digest": digest, "browser": browser, "team_id": team_id, "expires_at": func.now() + lives}
    await c.execute(insert(t.install_states).values(**values))


async def use_state(c: AsyncConnection, *, digest: bytes, browser: bytes) -> tuple[str | None] | None:
    """(the workspace that was asked for,) where this browser has begun it, in time and for the first time.

    One statement: of two who come at once, one is let in.
    """
    s = t.install_states
    mine = (s.c.digest == digest, s.c.browser == browser, s.c.used_at.is_(None), s.c.expires_at > func.now())
    row = (await c.execute(update(s).where(*mine).values(used_at=func.now()).returning(s.c.team_id))).one_or_none()
    return None if row is None else (row.team_id,)


async def look_at_state(c: AsyncConnection, *, digest: bytes, browser: bytes) -> bool | None:
    """Whether it was used; None where this browser has not begun it."""
    s = t.install_states.c
    row = (await c.execute(select(s.used_at).where(s.digest == digest, s.browser == browser))).one_or_none()
    return None if row is None else row.used_at is not None


async def purge_states(c: AsyncConnection) -> int:
    s = t.install_states
    return (await c.execute(delete(s).where(s.c.expires_at < func.now() - STATES_KEPT))).rowcount


async def _one(c: AsyncConnection, query: Any, words: Mapping[str, object]) -> Sealed | None:
    row = (await c.execute(query, words)).one_or_none()
    return None if row is None else _sealed(row)


def _sealed(row: Any) -> Sealed:
    named: Sequence[Any] = row
    return Sealed(**{column.name: value for column, value in zip(_COLUMNS, named, strict=True)})
