"""The deliveries: what an operator asks of them, and which of them one that is under way covers."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.nature import Nature, names_of, nature_of
from bot.store import census, outbox
from bot.store.census import Census
from bot.store.db import Db, autocommit, run_tx
from bot.store.outbox import GivenUp, Standing

OTHER = "other"


async def standing(db: Db, *, workspace: str = "") -> Standing:
    """Counts and ages; one query. `workspace`: whose lanes may be due; '' = every workspace's."""
    refusals = names_of(Nature.WORKSPACE)
    return await autocommit(db, lambda c: outbox.standing(c, workspace=workspace, refusals=refusals))


async def count(db: Db) -> Census:
    """What a monitor shows. What failed last is Slack's name of the error; whatever else was written there is "other":
    it may say anything."""
    found = await run_tx(db, census.take)
    dead: Counter[str] = Counter()
    for reason, number in found.dead.items():
        dead[reason if nature_of(reason) else OTHER] += number
    return replace(found, dead=dead)


async def given_up(db: Db, *, at_most: int) -> list[GivenUp]:
    """Deliveries that were given up, newest first. Ids, kinds and error names; never a content."""

    async def work(c: AsyncConnection) -> list[GivenUp]:
        return await outbox.given_up(c, at_most=at_most)

    return await run_tx(db, work)


async def retry(db: Db, *, ids: Sequence[int]) -> int:
    """Put deliveries that were given up back into their lanes; all of them where no id is named. Returns how many."""

    async def work(c: AsyncConnection) -> int:
        return await outbox.retry(c, ids=ids)

    return await run_tx(db, work)


async def behind(db: Db, *, delivery_id: int, lane: str, kind: str) -> tuple[int, ...]:
    """Deliveries of the same lane that the one at hand covers, if asked before the state is read."""

    async def work(c: AsyncConnection) -> tuple[int, ...]:
        rows = await outbox.ready_in_lane(c, lane=lane, kind=kind, after=delivery_id)
        return tuple(row_id for row_id, _ in rows)

    return await run_tx(db, work)
