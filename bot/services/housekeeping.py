"""Delete what is kept for 30 days and no longer, and what opens no door any more; give up rounds left alone."""

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
)
from bot.store.db import Db, run_tx

LEAST_TOLD = 2
"""How often an owner is told before; where nobody could be told, twice the time is enough."""
WHY = "Closed without enough scores, and left alone."


async def purge(db: Db) -> int:
    """Settled deliveries, old submissions, reminders of what is over, tokens past their time, drafts nobody took.

    Safe anywhere, any number of times. Returns the number of rows that are kept for 30 days.
    """

    async def work(c: AsyncConnection) -> int:
        await token.purge(c)
        await attempt.purge(c)
        await kept_answer.purge(c)
        await draft.purge(c)
        gone = await outbox.give_up_gone(c) + await installation.purge_states(c)
        return gone + await outbox.purge(c) + await press.purge(c) + await reminder.purge(c)

    return await run_tx(db, work, budget_seconds=30)


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
