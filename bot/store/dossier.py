"""Decisions with what else belongs to them, read in one place so that every screen tells the same story."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.decision import Brief, Decision, Dossier, Status
from bot.domain.ledger import FIRST, Ledger
from bot.domain.option import Option
from bot.domain.outcome import Outcome
from bot.domain.policy import EVERYBODY
from bot.domain.team import Member
from bot.errors import told
from bot.store import card, criterion, decision, learning, option, outcome, result, round, team
from bot.store import tables as t

log = structlog.get_logger(__name__)
GRANTS = 5
"""So many of a customer's earlier requests are told, the latest."""


async def get(c: AsyncConnection, *, team_id: UUID, decision_id: UUID, lock: bool = False) -> Dossier:
    """All that the team may be shown of it. Raises NotFound where the team has no such decision.

    `lock` takes the decision's row lock first.
    """
    found = await decision.get(c, team_id=team_id, decision_id=decision_id, lock=lock)
    brief = (await _parts(c, [found])).brief(found)
    live, chosen = brief.round, brief.outcome
    owner = await _member(c, found, found.created_by)
    resolver = await _member(c, found, chosen.resolved_by) if chosen else None
    proposal = found.proposal
    second = chosen.confirmed_by if chosen else proposal.returned_by if proposal else None
    principal = await _find_member(c, found, chosen.resolved_for if chosen else None)
    return Dossier(
        decision=found,
        team=await team.get_team(c, team_id),
        owner=owner,
        criteria=await criterion.of_decision(c, decision_id),
        options=brief.options,
        round=live,
        result=await result.find(c, live.id) if live and live.published_at else None,
        first_result=await result.find(c, live.follows) if live and live.follows else None,
        outcome=chosen,
        resolver=resolver,
        principal=principal,
        proposer=await _member(c, found, proposal.proposed_by) if proposal else None,
        second=await _find_member(c, found, second),
        card=await card.find(c, decision_id),
        predecessor=await _find_member(c, found, found.taken_from),
        colleagues=await _colleagues(c, found, owner, resolver),
        # Whoever holds the lock is about to write; what they show is read again afterwards.
        ledger=FIRST if lock else await _ledger(c, brief),
    )


async def _ledger(c: AsyncConnection, brief: Brief) -> Ledger:
    """What came of earlier requests is read only once the result is published: nobody may be swayed by it before."""
    if brief.decision.case.customer_name == EVERYBODY:
        return FIRST
    requests = await learning.requests(c, brief.decision)
    is_published = brief.round is not None and brief.round.published_at is not None
    entries = await learning.entries(c, brief.decision, at_most=GRANTS) if is_published and requests > 1 else None
    return Ledger(requests, None if entries is None else tuple(entries))


async def _colleagues(c: AsyncConnection, found: Decision, *needed: Member | None) -> tuple[Member, ...]:
    """Who may go on in the place of somebody the decision needs and who has left; nobody is looked for otherwise."""
    if all(m.is_active for m in needed if m):
        return ()
    everybody = await team.in_turn(c, team_id=found.team_id, workspace_id=found.workspace_id)
    return tuple(m for m in everybody if m.is_active)


_MEMBER = (
    select(*team.MEMBER_COLUMNS)
    .outerjoin(t.slack_identities, team.identity_in(bindparam("workspace")))
    .where(t.team_members.c.id == bindparam("member"))
)


async def _member(c: AsyncConnection, found: Decision, member_id: UUID) -> Member:
    row = await c.execute(_MEMBER, {"workspace": found.workspace_id or "", "member": member_id})
    return team.member_of(row.one())


async def _find_member(c: AsyncConnection, found: Decision, member_id: UUID | None) -> Member | None:
    return await _member(c, found, member_id) if member_id else None


async def find_brief(c: AsyncConnection, decision_id: UUID) -> Brief | None:
    """None where there is none. Of any team: only for the bot's own work. Raises where it cannot be read."""
    found = await decision.get_many(c, [decision_id])
    return (await _parts(c, found)).brief(found[0]) if found else None


async def get_briefs(c: AsyncConnection, decision_ids: Sequence[UUID]) -> dict[UUID, Brief]:
    """By decision, without those that do not exist or cannot be read. Of any team: only for the bot's own deliveries.

    Five statements, however many decisions.
    """
    found = await decision.get_many(c, decision_ids)
    return {brief.decision.id: brief for brief in await _readable(c, found)}


async def open_briefs(c: AsyncConnection, *, team_id: UUID, now: datetime) -> list[Brief]:
    """All of the team's decisions that are not over and can be read, most urgent and oldest first.

    Five statements, however many decisions: every change of one of them reads all of them for each open Home tab.
    """
    return await _readable(c, await decision.open_of_team(c, team_id=team_id, now=now))


@dataclass(frozen=True)
class _Parts:
    """What belongs to some decisions, by decision."""

    options: Mapping[UUID, tuple[Option, ...]]
    rounds: Mapping[UUID, round.Found]
    outcomes: Mapping[UUID, Outcome]

    def brief(self, d: Decision) -> Brief:
        """Raises where this decision's round cannot be read."""
        live = self.rounds.get(d.id)
        return Brief(d, self.options[d.id], live.read() if live else None, self.outcomes.get(d.id))


async def _parts(c: AsyncConnection, decisions: Sequence[Decision]) -> _Parts:
    ids = [d.id for d in decisions]
    # After "Change the choice" the outcome row stays, but it is no choice until the decision is resolved again.
    resolved = [d.id for d in decisions if d.status is Status.RESOLVED]
    options, rounds = await option.of_decisions(c, ids), await round.live_of_decisions(c, ids)
    return _Parts(options, rounds, await outcome.of_decisions(c, resolved) if resolved else {})


async def _readable(c: AsyncConnection, decisions: Sequence[Decision]) -> list[Brief]:
    """A decision that cannot be read is left out, with a line in the log: the others must not suffer from it."""
    parts = await _parts(c, decisions)
    briefs = []
    for d in decisions:
        try:
            briefs.append(parts.brief(d))
        except Exception as error:
            log.error("a decision cannot be read", decision=str(d.id), **told(error))
    return briefs
