"""Open a decision, show it, edit its case, cancel it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.authority import AuthorityTable
from bot.domain.by import By
from bot.domain.criterion import CriterionDraft
from bot.domain.decision import Case, Decision, Dossier, Status, missing_for_criteria
from bot.domain.permission import Action, check
from bot.domain.press import Press
from bot.domain.round import RoundState
from bot.domain.team import Actor
from bot.domain.waiting import Line, line, waiting
from bot.errors import Invalid, NotFound
from bot.services import closing
from bot.store import audit, criterion, decision, dossier, round, submission, team
from bot.store.db import Db, run_tx


async def open_decision(
    db: Db,
    *,
    actor: Actor,
    case: Case,
    channel_id: str | None,
    permalink: str | None,
    templates: Sequence[CriterionDraft],
    press: Press,
) -> tuple[Decision, tuple[str, ...]]:
    """T1, and T2 at once with the template's criteria where its guards hold.

    Returns the decision and what is still missing for T2. The same press again returns the same decision; an edited
    one (the first answer was lost) updates its case.
    """

    async def work(c: AsyncConnection) -> tuple[Decision, tuple[str, ...]]:
        prior = await submission.find(c, press)
        if prior:
            found = await decision.get(c, team_id=actor.team.id, decision_id=UUID(prior.created_id), lock=True)
            if not prior.is_same and found.status in {Status.CREATED, Status.TEAM_INPUT}:
                await decision.set_case(c, found.id, case)
                await submission.record(c, press, kind="decision", created_id=found.id)
                if channel_id:
                    await decision.set_channel(c, found.id, channel_id)
        else:
            found = await decision.add(
                c,
                team_id=actor.team.id,
                created_by=actor.member.id,
                case=case,
                workspace_id=actor.workspace_id,
                channel_id=channel_id,
                permalink=permalink,
            )
            await submission.record(c, press, kind="decision", created_id=found.id)
            await audit.write(c, "decision.opened", decision_id=found.id, by=actor.member.id)
        if not prior or not prior.is_same:
            await _advance(c, found.id, actor=actor, templates=templates)
            await decision.changed(c, found.id)
        found = await decision.get(c, team_id=actor.team.id, decision_id=found.id)
        return found, await _missing(c, found)

    return await run_tx(db, work)


async def _missing(c: AsyncConnection, found: Decision) -> tuple[str, ...]:
    members = await team.members(c, team_id=found.team_id, workspace_id=found.workspace_id)
    return missing_for_criteria(found.case, active_members=sum(m.is_active for m in members))


async def _advance(c: AsyncConnection, decision_id: UUID, *, actor: Actor, templates: Sequence[CriterionDraft]) -> None:
    """T2 where its guards hold: criteria of the type's template for the owner to edit."""
    found = await decision.get(c, team_id=actor.team.id, decision_id=decision_id)
    if found.status is not Status.CREATED or await _missing(c, found):
        return
    await decision.set_state(c, found.moved("T2"))
    if not await criterion.of_decision(c, decision_id):
        await criterion.replace(c, decision_id=decision_id, drafts=templates, created_by=found.created_by)
    await audit.write(c, "decision.defined", decision_id=decision_id, by=actor.member.id)


async def get(db: Db, *, actor: Actor, decision_id: UUID, now: datetime) -> Dossier:
    """The decision with everything that may be shown; a round past its closing time is closed first.

    Raises NotFound where the actor's team has no such decision.
    """
    return await _closed_if_due(db, await _read(db, team_id=actor.team.id, decision_id=decision_id), now)


async def get_by_number(db: Db, *, actor: Actor, number: int, now: datetime) -> Dossier:
    """Like `get`, by the number that people use."""

    async def work(c: AsyncConnection) -> Dossier:
        decision_id = await decision.get_id(c, team_id=actor.team.id, number=number)
        return await dossier.get(c, team_id=actor.team.id, decision_id=decision_id)

    return await _closed_if_due(db, await run_tx(db, work), now)


async def get_by_round(db: Db, *, actor: Actor, round_id: UUID, now: datetime) -> Dossier:
    """Like `get`, by a round of the decision, voided or not."""

    async def work(c: AsyncConnection) -> UUID:
        place = await round.find_decision(c, round_id)
        if place is None or place[0] != actor.team.id:
            raise NotFound("Your team has no such round of scoring. /decide list shows its decisions.")
        return place[1]

    return await get(db, actor=actor, decision_id=await run_tx(db, work), now=now)


async def _read(db: Db, *, team_id: UUID, decision_id: UUID) -> Dossier:
    async def work(c: AsyncConnection) -> Dossier:
        return await dossier.get(c, team_id=team_id, decision_id=decision_id)

    return await run_tx(db, work)


async def _closed_if_due(db: Db, found: Dossier, now: datetime) -> Dossier:
    """Nobody has to wait for a scheduler: whoever looks at a round past its closing time closes it."""
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


async def check_allowed(
    db: Db, *, actor: Actor, decision_id: UUID, action: Action, now: datetime, table: AuthorityTable
) -> Dossier:
    """`get`, refused where the actor may not press `action` now: asked before a modal opens, again at its submit."""
    found = await get(db, actor=actor, decision_id=decision_id, now=now)
    check(action, found, actor.member, now=now, table=table)
    return found


async def unfinished(db: Db, by: By) -> list[Line]:
    """The team's open decisions: what waits for the actor first, then by urgency and age."""
    team_id, me = by.actor.team.id, by.actor.member.id

    async def work(c: AsyncConnection) -> list[Line]:
        briefs = await dossier.open_briefs(c, team_id=team_id, now=by.now)
        members = await team.members(c, team_id=team_id, workspace_id=by.actor.workspace_id)
        lines = [line(brief, waiting(brief, members, now=by.now, rules=by.rules), me, now=by.now) for brief in briefs]
        # What is resolved is on the list of those for whom something of it waits, and of nobody else.
        shown = [one for one in lines if one.waits or one.decision.status is not Status.RESOLVED]
        return sorted(shown, key=lambda one: one.waits is None)

    return await run_tx(db, work)


async def edit_case(
    db: Db,
    *,
    actor: Actor,
    decision_id: UUID,
    action: Action,
    case: Case,
    channel_id: str | None = None,
    templates: Sequence[CriterionDraft],
    now: datetime,
    table: AuthorityTable,
) -> tuple[Decision, tuple[str, ...]]:
    """Change the case until scoring starts (`action`: complete or edit). A completed case goes on to its criteria.

    A decision that was not opened in Slack has no place yet: it gets the actor's workspace, and `channel_id`.
    """

    async def work(c: AsyncConnection) -> tuple[Decision, tuple[str, ...]]:
        found = await dossier.get(c, team_id=actor.team.id, decision_id=decision_id, lock=True)
        # Two windows: "complete" pressed after the case was completed elsewhere is an edit all the same.
        if action is Action.COMPLETE_CASE and found.decision.status is Status.TEAM_INPUT:
            check(Action.EDIT_CASE, found, actor.member, now=now, table=table)
        else:
            check(action, found, actor.member, now=now, table=table)
        await decision.set_case(c, decision_id, case)
        if found.decision.channel_id is None:
            await decision.set_place(c, decision_id, workspace_id=actor.workspace_id, channel_id=channel_id)
        await audit.write(c, "decision.edited", decision_id=decision_id, by=actor.member.id)
        await _advance(c, decision_id, actor=actor, templates=templates)
        await decision.changed(c, decision_id)
        after = await decision.get(c, team_id=actor.team.id, decision_id=decision_id)
        return after, await _missing(c, after)

    return await run_tx(db, work)


async def change_urgency(
    db: Db, *, actor: Actor, decision_id: UUID, urgency_level: int, now: datetime, table: AuthorityTable
) -> Decision:
    """The one fact of the case that may change while the team scores."""

    async def work(c: AsyncConnection) -> Decision:
        found = await dossier.get(c, team_id=actor.team.id, decision_id=decision_id, lock=True)
        check(Action.EDIT_URGENCY, found, actor.member, now=now, table=table)
        if not 1 <= urgency_level <= 5:
            raise Invalid("Choose an urgency from 1 to 5.", field="urgency")
        before = found.decision.case.urgency_level
        await decision.set_urgency(c, decision_id, urgency_level)
        details = {"urgency": [before, urgency_level]}
        await audit.write(c, "decision.urgency", decision_id=decision_id, by=actor.member.id, details=details)
        await decision.changed(c, decision_id)
        return await decision.get(c, team_id=actor.team.id, decision_id=decision_id)

    return await run_tx(db, work)


async def cancel(
    db: Db,
    *,
    actor: Actor,
    decision_id: UUID,
    reason: str,
    now: datetime,
    table: AuthorityTable,
    press: Press,
) -> Decision:
    """T11: end it without an answer. Ballots of a round that was not published are deleted with it."""

    async def work(c: AsyncConnection) -> Decision:
        prior = await submission.find(c, press)
        found = await dossier.get(c, team_id=actor.team.id, decision_id=decision_id, lock=True)
        if prior and found.decision.status is Status.CANCELLED:
            moved = found.decision
        else:
            check(Action.CANCEL, found, actor.member, now=now, table=table)
            moved = found.decision.moved(_CANCELLING[found.decision.phase])
            if found.round and not found.round.published_at:
                await round.void(c, found.round.id, by=actor.member.id, reason="cancelled")
            await audit.write(c, "decision.cancelled", decision_id=decision_id, by=actor.member.id)
        await decision.set_state(c, moved, cancel_reason=reason)
        await submission.record(c, press, kind="cancel", created_id=decision_id)
        await decision.changed(c, decision_id)
        return moved

    return await run_tx(db, work)


_CANCELLING = {1: "T11a", 2: "T11b", 3: "T11c", 4: "T11d"}
