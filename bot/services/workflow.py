"""Workflow Builder's step "Decide about a customer": open the decision now, answer once it is over, hours later."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.by import By, Rules
from bot.domain.deadline import Clock, decide_by
from bot.domain.preference import zone_of
from bot.domain.team import Actor
from bot.domain.workflow import Ending, Request, ending
from bot.errors import Conflict, Invalid, NotAllowed, NotFound
from bot.services import decision as decisions
from bot.services import plan, preference
from bot.store import decision, dossier, workflow
from bot.store.db import Db, run_tx

END = workflow.END
NOBODY = "The owner that the step names is in no team here. Whoever runs one adds them with /decide setup."


async def start(
    db: Db, request: Request, *, owner: Callable[[], Awaitable[Actor | None]], now: datetime, rules: Rules
) -> None:
    """Open the decision for its owner; the same run again changes nothing. What is refused ends the run with why.

    owner: finds the member whom the request names; it is theirs, as if they had opened it. Raises TryAgain.
    """
    try:
        actor = await owner()
        if actor is None:
            raise NotAllowed(NOBODY)
        await _open(db, request, By(actor, now, rules.of(actor.team.id)))
    except (Invalid, NotAllowed, Conflict, NotFound) as refusal:
        words = refusal.message

        async def refuse(c: AsyncConnection) -> None:
            await workflow.refuse(c, request.execution_id, workspace_id=request.workspace_id, error=words)

        await run_tx(db, refuse)


async def _open(db: Db, request: Request, by: By) -> None:
    chosen = await preference.get(db, by)
    clock = Clock(chosen.preferences, zone_of(chosen.zone))
    case = request.case(decide_by(request.urgency_level, now=by.now, clock=clock))

    async def work(c: AsyncConnection) -> None:
        if not await workflow.add(c, request.execution_id, workspace_id=request.workspace_id):
            return
        await plan.check_open(c, by)
        opened = await decisions.opened(c, by, case=case, currency=by.team.currency, channel_id=request.channel_id)
        await workflow.wait_for(c, request.execution_id, opened)

    await run_tx(db, work)


async def read_ending(db: Db, execution_id: str, decision_id: UUID) -> Ending | None:
    """What Slack is to be told now; None where the choice was taken back meanwhile, and the run waits again."""

    async def work(c: AsyncConnection) -> Ending | None:
        team_id = await decision.get_team_id(c, decision_id)
        found = ending(await dossier.get(c, team_id=team_id, decision_id=decision_id, lock=True))
        if found is None:
            await workflow.reopen(c, execution_id)
        return found

    return await run_tx(db, work)
