"""The tick's work: close rounds whose time is over, show what has become overdue, plan what has changed, hand out the
nudges that are due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.by import Rules
from bot.services import closing
from bot.services import deputy as deputies
from bot.services import outcome as outcomes
from bot.services import reminder as reminders
from bot.services import result as results
from bot.services.isolation import each
from bot.store import decision, dossier, outbox, reminder
from bot.store.db import Db, autocommit, run_tx

ROUNDS_AT_MOST = 100
"""Rounds closed in one tick; what is left is the next one's."""
OVERDUE_AT_MOST = 100
"""Decisions shown as overdue in one tick; what is left is the next one's."""
CATCH_UP_WITHIN = timedelta(minutes=10)
"""What was queued before that holds up nothing."""
_ON_THE_WAY = (closing.PUBLISH, decision.FOLLOW, results.RESULT)
PLAN_AT_MOST = 500
"""Decisions planned in one tick; what is left is the next one's."""


@dataclass(frozen=True)
class Swept:
    """What one tick did, in counts."""

    closed: int
    overdue: int
    planned: int
    due: int


async def sweep(db: Db, *, now: datetime, rules: Rules) -> Swept:
    """Close rounds past their closing time, plan what has changed, hand out what is due.

    Any number of replicas may do it at once: each step takes turns on the decision's row or skips what is locked.
    What is due goes out first, so that a decision that cannot be planned holds up nobody's nudge.
    """
    closed = await _close_due_rounds(db, now=now)
    if await _is_catching_up(db):
        planned = await _plan_changed(db, now=now, rules=rules)
        return Swept(closed, 0, planned, 0)
    due = await _claim_due(db, now=now)
    await deputies.turn(db, now=now)
    await _expire_proposals(db, now=now)
    overdue = await _show_overdue(db, now=now)
    planned = await _plan_changed(db, now=now, rules=rules)
    if planned:
        due += await _claim_due(db, now=now)
    await autocommit(db, reminder.swept)
    return Swept(closed, overdue, planned, due)


async def _is_catching_up(db: Db) -> bool:
    """After a long pause: whether something that everybody is to hear is still on its way to the plan.

    Told in between, people would get a message for what fell due, one for each result, and so on: they get one for all.
    Bounded, so that nobody waits for a delivery that does not go through.
    """

    async def read(c: AsyncConnection) -> bool:
        if not await reminder.is_catching_up(c):
            return False
        return await outbox.is_untried(c, kinds=_ON_THE_WAY, within=CATCH_UP_WITHIN)

    return await run_tx(db, read)


async def _close_due_rounds(db: Db, *, now: datetime) -> int:
    async def read(c: AsyncConnection) -> Sequence[tuple[UUID, UUID]]:
        return await reminder.due_rounds(c, now=now, at_most=ROUNDS_AT_MOST)

    teams = {decision_id: team_id for team_id, decision_id in await run_tx(db, read)}
    closed = 0

    async def close(decision_id: UUID) -> None:
        nonlocal closed
        closed += await _close_round(db, team_id=teams[decision_id], decision_id=decision_id)

    await each("a round cannot be closed", teams, close)
    return closed


async def _close_round(db: Db, *, team_id: UUID, decision_id: UUID) -> bool:
    async def work(c: AsyncConnection) -> bool:
        found = await dossier.get(c, team_id=team_id, decision_id=decision_id, lock=True)
        return await closing.close(c, found, by=None) == "closed"

    return await run_tx(db, work)


async def _show_overdue(db: Db, *, now: datetime) -> int:
    """Card and Home tab say "overdue" from the date to resolve by on: nobody else would draw them anew."""

    async def read(c: AsyncConnection) -> list[UUID]:
        return await decision.turned_overdue(c, now=now, at_most=OVERDUE_AT_MOST)

    async def show(decision_id: UUID) -> None:
        await run_tx(db, lambda c: decision.show_overdue(c, decision_id, now=now))

    found = await each("a decision cannot be shown as overdue", await run_tx(db, read), show)
    return len(found.done)


async def _expire_proposals(db: Db, *, now: datetime) -> None:
    """Choices that no second person has confirmed in time are to be made anew."""
    found = await run_tx(db, lambda c: decision.expired(c, now=now, at_most=OVERDUE_AT_MOST))
    teams = {decision_id: team_id for team_id, decision_id in found}

    async def expire(decision_id: UUID) -> None:
        await outcomes.expire(db, team_id=teams[decision_id], decision_id=decision_id, now=now)

    await each("a choice cannot expire", teams, expire)


async def _plan_changed(db: Db, *, now: datetime, rules: Rules) -> int:
    """The safety net: what the delivery after a change should have planned, and rows that came another way."""

    async def read(c: AsyncConnection) -> list[UUID]:
        return await reminder.unplanned(c, at_most=PLAN_AT_MOST)

    return await reminders.plan_each(db, await run_tx(db, read), now=now, rules=rules)


async def _claim_due(db: Db, *, now: datetime) -> int:
    total = 0
    while True:
        due, _ = await autocommit(db, lambda c: reminder.claim_due(c, now=now))
        total += due
        if due < reminder.AT_MOST:
            return total


async def sweep_age_seconds(db: Db) -> float | None:
    """How long ago a sweep went through, in any replica; None where none ever did."""
    return await run_tx(db, reminder.sweep_age_seconds)
