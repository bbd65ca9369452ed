"""Agree on what the options are judged by."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.action import Action
from bot.domain.authority import AuthorityTable
from bot.domain.criterion import CriterionDraft, check_criteria
from bot.domain.decision import Decision, Transition
from bot.domain.permission import check
from bot.domain.press import Press
from bot.domain.team import Actor
from bot.store import audit, criterion, decision, dossier, submission
from bot.store.db import Db, run_tx


async def submit(
    db: Db,
    *,
    actor: Actor,
    decision_id: UUID,
    drafts: Sequence[CriterionDraft],
    now: datetime,
    table: AuthorityTable,
    press: Press,
) -> Decision:
    """T3: the decision's criteria are these; options can be proposed. Raises Invalid under the row it concerns.

    The same press again changes nothing; an edited one replaces what the first press wrote.
    """

    async def work(c: AsyncConnection) -> Decision:
        prior = await submission.find(c, press)
        found = await dossier.get(c, team_id=actor.team.id, decision_id=decision_id, lock=True)
        if prior and prior.is_same:
            return found.decision
        is_edited_press = prior is not None and found.decision.moved_to_by(Transition.SET_CRITERIA)
        if not is_edited_press:
            check(Action.EDIT_CRITERIA, found, actor.member, now=now, table=table)
        checked = check_criteria(drafts)
        await criterion.replace(c, decision_id=decision_id, drafts=checked, created_by=actor.member.id)
        moved = found.decision if is_edited_press else found.decision.moved(Transition.SET_CRITERIA)
        await decision.set_state(c, moved)
        details = {"criteria": len(checked)}
        await audit.write(c, "criteria.submitted", decision_id=decision_id, by=actor.member.id, details=details)
        await submission.record(c, press, kind="criteria", created_id=decision_id)
        await decision.changed(c, decision_id)
        return moved

    return await run_tx(db, work)


async def go_back(db: Db, *, actor: Actor, decision_id: UUID, now: datetime, table: AuthorityTable) -> Decision:
    """T3b: from options back to criteria; the options stay."""

    async def work(c: AsyncConnection) -> Decision:
        found = await dossier.get(c, team_id=actor.team.id, decision_id=decision_id, lock=True)
        check(Action.BACK_TO_CRITERIA, found, actor.member, now=now, table=table)
        moved = found.decision.moved(Transition.REOPEN_CRITERIA)
        await decision.set_state(c, moved)
        await audit.write(c, "criteria.reopened", decision_id=decision_id, by=actor.member.id)
        await decision.changed(c, decision_id)
        return moved

    return await run_tx(db, work)
