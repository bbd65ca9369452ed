"""Look at a decision. Whoever looks at a round past its closing time closes it: nobody has to wait for a scheduler."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.action import Action
from bot.domain.by import By
from bot.domain.decision import Dossier, Status
from bot.domain.permission import check
from bot.domain.round import RoundState
from bot.errors import Conflict, NotFound
from bot.services import closing
from bot.services.refusal import check_press
from bot.store import decision, dossier, round
from bot.store.db import Db, run_tx


async def close_due_and_get(db: Db, by: By, decision_id: UUID) -> Dossier:
    """The decision with everything that may be shown; a round past its closing time is closed first.

    Raises NotFound where the actor's team has no such decision.
    """

    async def work(c: AsyncConnection) -> Dossier:
        return await dossier.get(c, team_id=by.team.id, decision_id=decision_id)

    return await _close_due(db, await run_tx(db, work), by.now)


async def close_due_and_get_by_number(db: Db, by: By, number: int) -> Dossier:
    """The same, by the number that people use."""

    async def work(c: AsyncConnection) -> Dossier:
        decision_id = await decision.get_id(c, team_id=by.team.id, number=number)
        return await dossier.get(c, team_id=by.team.id, decision_id=decision_id)

    return await _close_due(db, await run_tx(db, work), by.now)


async def close_due_and_get_by_round(db: Db, by: By, round_id: UUID) -> Dossier:
    """The same, by a round of the decision, voided or not."""

    async def work(c: AsyncConnection) -> UUID:
        return await decision_of_round(c, by, round_id)

    return await close_due_and_get(db, by, await run_tx(db, work))


async def decision_of_round(c: AsyncConnection, by: By, round_id: UUID) -> UUID:
    """Raises NotFound where the actor's team has no such round."""
    place = await round.find_decision(c, round_id)
    if place is None or place[0] != by.team.id:
        raise NotFound("Your team has no such round of scoring. /decide list shows its decisions.")
    return place[1]


async def get_allowed(db: Db, by: By, decision_id: UUID, action: Action) -> Dossier:
    """`close_due_and_get`, refused where this person may not press `action` now: before its window opens.

    When the window is submitted, `press.act` asks again: the decision may have moved on meanwhile.
    """
    found = await close_due_and_get(db, by, decision_id)
    try:
        check(action, found, by)
    except Conflict:

        async def who_was_faster(c: AsyncConnection) -> None:
            await check_press(c, action, found, by)

        await run_tx(db, who_was_faster)
    return found


async def _close_due(db: Db, found: Dossier, now: datetime) -> Dossier:
    is_complete = found.round is not None and all(m.submitted for m in found.round.roster)
    state = found.round_state(now) if found.decision.status is Status.EVALUATING else None
    if state is not RoundState.DUE and not (state is RoundState.OPEN and is_complete):
        return found

    async def work(c: AsyncConnection) -> Dossier:
        team_id, decision_id = found.team.id, found.decision.id
        locked = await dossier.get(c, team_id=team_id, decision_id=decision_id, lock=True)
        await closing.close(c, locked, by=None)
        return await dossier.get(c, team_id=team_id, decision_id=decision_id)

    return await run_tx(db, work)
