"""Which presses have already done their work (table `submissions`, kept 30 days)."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.press import Press, Prior
from bot.store import tables as t

KEPT = timedelta(days=30)


async def find(c: AsyncConnection, press: Press) -> Prior | None:
    """What the same press made before. Holds an advisory lock until the end of the transaction.

    Without the lock two copies of one press would both find nothing and both insert. The row that is found is locked
    too, and only for its effect on the COMMIT: one that has written nothing does not wait for the synchronous standby,
    so the person would be told "saved" of work that the standby may not have yet. A row lock counts as a write.
    """
    await c.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 7))"),
        {"key": f"{press.view_id}:{press.hash}"},
    )
    row = (
        await c.execute(
            select(t.submissions.c.digest, t.submissions.c.created_id)
            .where(t.submissions.c.view_id == press.view_id, t.submissions.c.hash == press.hash)
            .with_for_update()
        )
    ).one_or_none()
    return Prior(UUID(row.created_id), row.digest == press.digest) if row else None


async def record(c: AsyncConnection, press: Press, *, kind: str, made: UUID) -> None:
    """Remember what the press made: the id `made`. `kind`: the button's action, or 'team'; only for people to read.

    Where the form was edited and submitted again because no answer came, the digest of the last version stays.
    """
    row = insert(t.submissions).values(
        view_id=press.view_id,
        hash=press.hash,
        digest=press.digest,
        created_kind=kind,
        created_id=str(made),
    )
    await c.execute(
        row.on_conflict_do_update(
            index_elements=["view_id", "hash"], set_={"digest": press.digest, "created_id": str(made)}
        )
    )


async def purge(c: AsyncConnection, *, at_most: int) -> int:
    """Delete what is older than 30 days: whoever got no answer presses again while the window is still open.

    Oldest first; returns how many.
    """
    s = t.submissions.c
    old = select(s.view_id, s.hash).where(s.created_at < func.now() - KEPT).order_by(s.created_at).limit(at_most)
    chosen = tuple_(s.view_id, s.hash).in_(old.with_for_update(skip_locked=True))
    return (await c.execute(delete(t.submissions).where(chosen))).rowcount
