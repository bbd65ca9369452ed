"""Whether somebody may press a button now; whose press came second hears who was faster, and with what."""

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.action import Action
from bot.domain.by import By
from bot.domain.decision import Dossier
from bot.domain.permission import check
from bot.domain.trail import SAID, outran
from bot.errors import Changed, Conflict
from bot.store import audit


async def check_press(c: AsyncConnection, action: Action, found: Dossier, by: By) -> None:
    """`permission.check`. Only what it refuses costs a look at the trail."""
    try:
        check(action, found, by)
    except Conflict as refusal:
        deed = await audit.latest(c, found.decision.id, lines=tuple(SAID))
        faster = deed and outran(deed, action, found, member_id=by.member.id, now=by.now)
        raise Conflict(f"{faster} {refusal.message}" if faster else refusal.message) from None


def check_revision(found: Dossier, by: By) -> None:
    """Raises Changed where the decision is not at the revision that a program has read."""
    if by.revision not in (None, found.decision.revision):
        raise Changed(f"{found.decision.name} has changed since you read it. Read it again.")
