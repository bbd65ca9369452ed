"""How often something was tried within a while (table `attempts`), by the hash of what is tried."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import case, delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import tables as t

KEPT = timedelta(days=1)


async def count(c: AsyncConnection, what: str, *, now: datetime, within: timedelta) -> tuple[int, datetime]:
    """Count one more try. Returns (how many there are since the first, when that was).

    A new while begins after `within`. One statement: however many try at once, each is counted.
    """
    a = t.attempts.c
    key = key_of(what)
    is_over = a.began_at <= now - within
    row = insert(t.attempts).values(key=key, count=1, began_at=now)
    counted = row.on_conflict_do_update(
        index_elements=["key"],
        set_={"count": case((is_over, 1), else_=a.count + 1), "began_at": case((is_over, now), else_=a.began_at)},
    ).returning(a.count, a.began_at)
    tries, began = (await c.execute(counted)).one()
    return tries, began


def key_of(what: str) -> str:
    """Nobody reads from the table whose account, or which address, it was."""
    return hashlib.sha256(what.encode()).hexdigest()


async def purge(c: AsyncConnection) -> int:
    old = delete(t.attempts).where(t.attempts.c.began_at < func.now() - KEPT)
    return (await c.execute(old)).rowcount
