"""The same press twice: the second waits for the first, and finds what it has made."""

import asyncio
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.press import Press
from bot.store import press
from bot.store.db import Db, run_tx

ONE, OTHER = Press("V1", "1", "typed"), Press("V2", "1", "typed")
MADE = UUID(int=1)


async def test_a_copy_waits_until_the_first_has_committed_and_another_press_does_not(db: Db) -> None:
    began, may_end = asyncio.Event(), asyncio.Event()

    async def first(c: AsyncConnection) -> None:
        assert await press.find(c, ONE) is None
        began.set()
        await may_end.wait()
        await press.record(c, ONE, kind="test", made=MADE)

    working = asyncio.create_task(run_tx(db, first))
    await began.wait()
    copy = asyncio.create_task(run_tx(db, lambda c: press.find(c, ONE)))
    assert await run_tx(db, lambda c: press.find(c, OTHER)) is None
    done, _ = await asyncio.wait({copy}, timeout=0.3)
    assert not done
    may_end.set()
    await working

    prior = await copy
    assert prior is not None
    assert (prior.made, prior.is_same) == (MADE, True)
