"""Delete what is kept for 30 days and no longer."""

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import installation, outbox, press, reminder
from bot.store.db import Db, run_tx


async def purge(db: Db) -> int:
    """Settled deliveries, old submissions, reminders of what is over; safe anywhere, any number of times.

    Returns the number of rows.
    """

    async def work(c: AsyncConnection) -> int:
        gone = await outbox.give_up_gone(c) + await installation.purge_states(c)
        return gone + await outbox.purge(c) + await press.purge(c) + await reminder.purge(c)

    return await run_tx(db, work, budget_seconds=30)
