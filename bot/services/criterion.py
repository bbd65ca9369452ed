"""Agree on what the options are judged by."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.action import Action
from bot.domain.by import By
from bot.domain.criterion import CriterionDraft, check_criteria
from bot.domain.decision import Dossier, Phase, Transition
from bot.services.press import Done, act_once
from bot.store import criterion
from bot.store.db import Db


async def submit(db: Db, by: By, decision_id: UUID, *, drafts: Sequence[CriterionDraft]) -> Dossier:
    """The decision's criteria are these; options can be proposed. Raises Invalid under the row it concerns."""

    async def rule(c: AsyncConnection, found: Dossier, made: UUID | None) -> Done:
        checked = check_criteria(drafts)
        await criterion.replace(c, decision_id=decision_id, drafts=checked, created_by=by.member.id)
        # Once options can be added the criteria are edited in place: the decision stays where it is.
        is_first = found.decision.phase is Phase.CRITERIA
        moved = found.decision.moved(Transition.SET_CRITERIA) if is_first else None
        return Done("criteria.submitted", {"criteria": len(checked)}, moved)

    def replaces(found: Dossier, made: UUID) -> bool:
        return found.decision.moved_to_by(Transition.SET_CRITERIA)

    return await act_once(db, by, decision_id, Action.EDIT_CRITERIA, rule, replaces=replaces)
