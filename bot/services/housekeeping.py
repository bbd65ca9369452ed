"""Delete what is kept for 30 days and no longer, and what opens no door any more."""

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import attempt, kept_answer, outbox, press, reminder, token
from bot.store.db import Db, run_tx


async def purge(db: Db) -> int:
    """Settled deliveries, old submissions, reminders of what is over, tokens past their time.

    Safe anywhere, any number of times. Returns the number of rows that are kept for 30 days.
    """

    async def work(c: AsyncConnection) -> int:
        await token.purge(c)
        await attempt.purge(c)
        await kept_answer.purge(c)
        return await outbox.purge(c) + await press.purge(c) + await reminder.purge(c)

    return await run_tx(db, work, budget_seconds=30)
