"""Delete what is kept for 30 days and no longer, and what opens no door any more; give up rounds left alone."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.decision import Transition
from bot.domain.round import LEFT_ALONE, RoundState
from bot.services.isolation import each
from bot.store import (
    attempt,
    audit,
    decision,
    dossier,
    draft,
    installation,
    kept_answer,
    outbox,
    press,
    reminder,
    round,
    token,
    webhook,
)
from bot.store.db import Db, run_tx

LEAST_TOLD = 2
"""How often an owner is told before; where nobody could be told, twice the time is enough."""
BATCH, BATCHES_AT_MOST = 1_000, 500
"""Rows that one transaction deletes, and transactions of an hour for each table."""
WHY = "Closed without enough scores, and left alone."


async def purge(db: Db) -> int:
    """Settled deliveries, old submissions, reminders of what is over, tokens past their time, drafts, logs of webhooks.

    Safe anywhere, any number of times. Returns the number of rows that are kept for 30 days.
    """

    async def work(c: AsyncConnection) -> int:
        await token.purge(c)
        await attempt.purge(c)
        await kept_answer.purge(c)
        await webhook.purge(c)
        await draft.purge(c)
        return await outbox.give_up_gone(c) + await installation.purge_states(c)

    gone = await run_tx(db, work)
    return gone + sum([await _in_batches(db, old) for old in (outbox.purge, press.purge, reminder.purge)])


async def _in_batches(db: Db, purge: Callable[..., Awaitable[int]]) -> int:
    """Each in a transaction of its own: all that has piled up, say while nobody ticked, would take longer than one may.

    Bounded, so that the other work of the hour is done; what is left is the next hour's. Returns how many rows.
    """
    gone = 0
    for _ in range(BATCHES_AT_MOST):
        last = await run_tx(db, lambda c: purge(c, at_most=BATCH))
        gone += last
        if last < BATCH:
            break
    return gone


async def give_up_rounds(db: Db, *, now: datetime) -> int:
    """Void rounds that closed without quorum and that nobody has moved on since: their ballots still bear names.

    The decision goes back to its options; of a second round the first one stands. Returns how many.
    """

    async def read(c: AsyncConnection) -> list[UUID]:
        return await round.left_alone(c, before=now - LEFT_ALONE, least_told=LEAST_TOLD, whatever=now - 2 * LEFT_ALONE)

    async def give_up(decision_id: UUID) -> None:
        await run_tx(db, lambda c: _give_up(c, decision_id, now))

    return len((await each("a round cannot be given up", await run_tx(db, read), give_up)).done)


async def _give_up(c: AsyncConnection, decision_id: UUID, now: datetime) -> None:
    team_id = await decision.get_team_id(c, decision_id)
    found = await dossier.get(c, team_id=team_id, decision_id=decision_id, lock=True)
    if found.round is None or found.round_state(now) is not RoundState.UNDECIDED:
        return  # somebody has moved it on meanwhile
    if await round.void(c, found.round.id, by=None, reason=WHY) != "voided":
        return
    if not found.round.is_second:
        await decision.call_off(c, decision_id, by=None)
        await decision.set_state(c, found.decision.moved(Transition.VOID_ROUND))
    await audit.write(c, "round.voided", decision_id=decision_id, details={"round": str(found.round.id)})
    await decision.changed(c, decision_id)
