"""Words to copy once a decision is made, and a team's own wording of them."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.action import Action
from bot.domain.by import By
from bot.domain.choice import KINDS
from bot.domain.decision import Dossier
from bot.domain.permission import check
from bot.domain.reply import Kit, check_wording, choice_of, kit
from bot.store import audit, dossier, wording
from bot.store.db import Db, run_tx


async def read(db: Db, by: By, decision_id: UUID) -> tuple[Dossier, Kit]:
    """What there is to copy. Raises Conflict where nothing is decided."""

    async def work(c: AsyncConnection) -> tuple[Dossier, Kit]:
        found = await _decided(c, by, decision_id)
        kind = found.decision.case.decision_type
        own = await wording.of_type(c, by.team.id, kind)
        wordings = {grant: own.get(grant) or by.rules.replies.of(kind, grant) for grant in KINDS}
        return found, kit(found, wordings=wordings)

    return await run_tx(db, work)


async def word(db: Db, by: By, decision_id: UUID, typed: str) -> tuple[Dossier, Kit]:
    """Change the team's wording for decisions of this type with such a choice. The trail tells that, not the text.

    Raises Invalid (field "wording").
    """
    body = check_wording(typed)

    async def work(c: AsyncConnection) -> None:
        found = await _decided(c, by, decision_id)
        kind, grant = found.decision.case.decision_type, choice_of(found)
        await wording.put(c, by.team.id, kind, grant, body=body, by=by.member.id)
        details = {"type": kind, "choice": grant.value}
        await audit.write(c, "wording.changed", by=by.member.id, details=details, origin=by.origin)

    await run_tx(db, work)
    return await read(db, by, decision_id)


async def _decided(c: AsyncConnection, by: By, decision_id: UUID) -> Dossier:
    found = await dossier.get(c, team_id=by.team.id, decision_id=decision_id)
    check(Action.REPLY, found, by)
    return found
