"""Hooks by which other systems hand tickets in (table `hooks`), and the notes that go back to them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, func, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.hook import Hook, Kind
from bot.errors import NotFound
from bot.store import outbox
from bot.store import tables as t

NOTE = "note"
_H = t.hooks.c


@dataclass(frozen=True)
class Sealed:
    """A hook with its secrets as they lie in the table."""

    hook: Hook
    key_id: str
    secret: bytes = field(repr=False)
    reply_secret: bytes | None = field(repr=False)
    last_used: date | None = None


def _sealed(row: Any) -> Sealed:
    hook = Hook(
        id=row.id,
        team_id=row.team_id,
        workspace_id=row.workspace_id,
        name=row.name,
        kind=Kind(row.kind),
        mapping=row.mapping,
        fallback_id=row.fallback_id,
        reply_base=row.reply_base,
        reply_as=row.reply_as,
        has_reply_secret=row.reply_secret is not None,
    )
    return Sealed(hook, row.key_id, row.secret, row.reply_secret, row.last_used)


async def add(c: AsyncConnection, hook: Hook, sealed: Mapping[str, object]) -> None:
    values = {name: value for name, value in vars(hook).items() if name != "has_reply_secret"}
    await c.execute(insert(t.hooks).values(**values, **sealed))


async def change(c: AsyncConnection, hook_id: UUID, values: Mapping[str, object]) -> None:
    await c.execute(update(t.hooks).where(_H.id == hook_id).values(**values))


async def remove(c: AsyncConnection, hook_id: UUID) -> None:
    """Its drafts stay with their owners; no note of theirs goes back any more."""
    await c.execute(delete(t.hooks).where(_H.id == hook_id))


async def find(c: AsyncConnection, hook_id: UUID, *, lock: bool = False) -> Sealed | None:
    query = select(t.hooks).where(_H.id == hook_id)
    row = (await c.execute(query.with_for_update() if lock else query)).one_or_none()
    return _sealed(row) if row else None


async def get(c: AsyncConnection, hook_id: UUID, *, team_id: UUID, lock: bool = False) -> Sealed:
    """Raises NotFound, also for another team's."""
    found = await find(c, hook_id, lock=lock)
    if found is None or found.hook.team_id != team_id:
        raise NotFound("There is no such hook in your team; it may have been removed.")
    return found


async def of_team(c: AsyncConnection, team_id: UUID) -> list[Sealed]:
    """The oldest first."""
    rows = await c.execute(select(t.hooks).where(_H.team_id == team_id).order_by(_H.created_at, _H.id))
    return [_sealed(row) for row in rows]


async def used(c: AsyncConnection, hook_id: UUID, day: date) -> None:
    mine = update(t.hooks).where(_H.id == hook_id, or_(_H.last_used.is_(None), _H.last_used < day))
    await c.execute(mine.values(last_used=day))


async def sealed_otherwise(c: AsyncConnection, *, key_id: str) -> list[UUID]:
    """Those whose secrets another key than this one opens."""
    return list((await c.execute(select(_H.id).where(_H.key_id != key_id).order_by(_H.id))).scalars())


async def keys_in_use(c: AsyncConnection) -> dict[str, int]:
    rows = await c.execute(select(_H.key_id, func.count()).group_by(_H.key_id))
    return {str(key_id): count for key_id, count in rows}


async def forget_key(c: AsyncConnection, key_id: str) -> int:
    """Remove the hooks that only this key opened; how many those were."""
    return (await c.execute(delete(t.hooks).where(_H.key_id == key_id))).rowcount


_WANTED = text(
    """
    SELECT f.id AS draft_id, h.id AS hook_id FROM drafts f JOIN hooks h ON f.source = 'hook:' || h.id
    WHERE f.decision_id = :decision AND (h.reply_base IS NOT NULL OR h.kind = 'generic' AND f.reply_to IS NOT NULL)
    """
)


async def want_note(c: AsyncConnection, decision_id: UUID) -> None:
    """The decision is resolved: queue the word to the ticket that it came from, where its hook knows a way back."""
    for row in (await c.execute(_WANTED, {"decision": decision_id})).all():
        payload = {"draft": str(row.draft_id), "hook": str(row.hook_id), "decision": str(decision_id)}
        key = f"{NOTE}:{row.draft_id}:{uuid4()}"
        await outbox.enqueue(c, kind=NOTE, lane=f"hook:{row.hook_id}", key=key, payload=payload)
