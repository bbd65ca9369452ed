"""One decision with all that its team may be shown, read in one place so that every screen tells the same story."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.decision import Decision, Dossier, Status
from bot.domain.team import Member
from bot.store import card, criterion, decision, option, outcome, result, round, team
from bot.store import tables as t


async def get(c: AsyncConnection, *, team_id: UUID, decision_id: UUID, lock: bool = False) -> Dossier:
    """Raises NotFound where the team has no such decision. `lock` takes the decision's row lock first."""
    found = await decision.get(c, team_id=team_id, decision_id=decision_id, lock=lock)
    live = await round.find_live(c, decision_id, workspace_id=found.workspace_id)
    # After "Change the choice" the outcome row stays, but it is no choice until the decision is resolved again.
    chosen = await outcome.find(c, decision_id) if found.status is Status.RESOLVED else None
    return Dossier(
        decision=found,
        team=await team.get_team(c, team_id),
        owner=await _member(c, found, found.created_by),
        criteria=await criterion.of_decision(c, decision_id),
        options=await option.of_decision(c, decision_id),
        round=live,
        result=await result.find(c, live.id) if live and live.published_at else None,
        first_result=await result.find(c, live.follows) if live and live.follows else None,
        outcome=chosen,
        resolver=await _member(c, found, chosen.resolved_by) if chosen else None,
        card=await card.find(c, decision_id),
    )


async def _member(c: AsyncConnection, found: Decision, member_id: UUID) -> Member:
    row = await c.execute(
        select(*team.MEMBER_COLUMNS)
        .outerjoin(t.slack_identities, team.identity_in(found.workspace_id))
        .where(t.team_members.c.id == member_id)
    )
    return team.member_of(row.one())
