"""The quick way past the pool: how long somebody waited for a connection is told as it was."""

import asyncio

from bot.store import db as store
from bot.store.db import DIRECT_SIZE, direct


async def test_who_waits_for_a_connection_is_told_of_for_as_long_as_they_waited(service_database_url: str) -> None:
    waited: list[tuple[str, float]] = []
    db = store.connect(service_database_url, waited=lambda who, seconds: waited.append((who, seconds)))
    try:
        await asyncio.gather(*(direct(db, "SELECT pg_sleep(0.3)", ()) for _ in range(DIRECT_SIZE + 1)))
    finally:
        await db.close()

    assert {who for who, _ in waited} == {"pages"}
    *at_once, last = sorted(seconds for _, seconds in waited)
    assert len(at_once) == DIRECT_SIZE
    assert max(at_once) < 0.25 < last < 5
