"""Embed cases, in the worker: those without a vector, and all of them once the model is another one."""

import asyncio

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.semantic.embedder import BATCH, Embedder
from bot.semantic.vectors import ROW_BYTES
from bot.store import meaning
from bot.store.db import Db, run_tx


async def embed_some(db: Db, embedder: Embedder) -> int:
    """Embed up to a batch of what is left to do; returns how many. In a thread: it takes a good part of a second.

    Two workers at once may embed the same case, which costs that time and changes nothing.
    """

    async def read(c: AsyncConnection) -> list[meaning.Wanted]:
        return await meaning.wanted(c, model=embedder.model, at_most=BATCH)

    cases = await run_tx(db, read)
    if not cases:
        return 0
    rows = await asyncio.to_thread(embedder.embed, [case.text for case in cases])
    vectors = [rows[at : at + ROW_BYTES] for at in range(0, len(rows), ROW_BYTES)]

    async def keep(c: AsyncConnection) -> None:
        await meaning.keep(c, cases, vectors, model=embedder.model)

    await run_tx(db, keep)
    return len(cases)
