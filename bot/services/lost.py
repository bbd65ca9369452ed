"""Ballots that a restored backup has left out: whom to ask to score again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain import backup
from bot.domain.decision import Dossier
from bot.domain.preference import zone_of
from bot.domain.reminder import is_allowed
from bot.domain.team import SlackUser
from bot.services import card as cards
from bot.store import preference
from bot.store.db import Db, run_tx

LOST = backup.LOST


@dataclass(frozen=True)
class Missing:
    """A ballot that is still missing, and where its author reads."""

    dossier: Dossier
    user: SlackUser
    ways: preference.Ways

    def may_be_told(self, now: datetime) -> bool:
        urgency = self.dossier.decision.case.urgency_level
        return is_allowed(now, urgency=urgency, preferences=self.ways.preferences, zone=zone_of(self.ways.tz))


async def find(db: Db, payload: Mapping[str, Any]) -> Missing | None:
    """None where there is nothing to ask any more: scored again, over, or nobody whom a direct message reaches."""
    found = await cards.get(db, UUID(payload["decision"]))
    user = _asked(found, round_id=UUID(payload["round"]), member_id=UUID(payload["member"]))
    if user is None:
        return None

    async def read(c: AsyncConnection) -> preference.Ways:
        return await preference.find_ways(c, member_id=UUID(payload["member"]), workspace_id=user.workspace_id)

    ways = await run_tx(db, read)
    return Missing(found, user, ways) if ways.preferences.push else None


def _asked(found: Dossier, *, round_id: UUID, member_id: UUID) -> SlackUser | None:
    """The member, if the round still waits for them."""
    if found.round is None or found.round.id != round_id or found.round.closed_at or found.round.voided_at:
        return None
    missing = {m.member_id: m.slack_user_id for m in found.round.roster if not m.submitted}
    user_id, workspace_id = missing.get(member_id), found.decision.workspace_id
    return SlackUser(workspace_id, user_id) if user_id and workspace_id else None
