"""Open a decision, show it, edit its case, cancel it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.action import Action
from bot.domain.authority import AuthorityTable, least_authority
from bot.domain.criterion import CriterionDraft
from bot.domain.decision import (
    CANCELLING,
    Case,
    Decision,
    Dossier,
    Line,
    Phase,
    Status,
    Transition,
    missing_for_criteria,
)
from bot.domain.option import MIN_OPTIONS, Option
from bot.domain.permission import check, may_carry
from bot.domain.press import Press
from bot.domain.round import RoundState
from bot.domain.team import Actor, Member
from bot.errors import Invalid, NotFound
from bot.services import closing
from bot.store import audit, criterion, decision, dossier, option, round, submission, team
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
    await decision.set_state(c, found.moved(Transition.DEFINE))
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


async def unfinished(db: Db, *, actor: Actor, now: datetime, table: AuthorityTable) -> list[Line]:
    """The team's open decisions: what waits for the actor first, then by urgency and age."""

    async def work(c: AsyncConnection) -> list[Line]:
        found = await decision.unfinished(c, team_id=actor.team.id, member_id=actor.member.id)
        asking = [o.decision.id for o in found if o.is_published or o.decision.phase is Phase.OPTIONS]
        options = await option.of_decisions(c, asking)
        lines = [_line(o, actor.member, options.get(o.decision.id, ()), table) for o in found]
        lines = [line for line in lines if line.status is not Status.RESOLVED or line.todo]
        return sorted(lines, key=lambda line: line.todo is None)

    return await run_tx(db, work)


def _line(o: decision.OpenDecision, member: Member, options: Sequence[Option], table: AuthorityTable) -> Line:
    d = o.decision
    todo, action = _todo(o, member, options, table)
    return Line(
        decision_id=d.id,
        number=d.number,
        title=d.case.title,
        customer_name=d.case.customer_name,
        decision_type=d.case.decision_type,
        urgency_level=d.case.urgency_level,
        status=d.status,
        phase=d.phase,
        expected_resolution_date=d.case.expected_resolution_date,
        todo=todo,
        action=action,
    )


def _todo(
    o: decision.OpenDecision, member: Member, options: Sequence[Option], table: AuthorityTable
) -> tuple[str | None, Action | None]:
    """What waits for the member, and the button that leads there."""
    d, is_owner = o.decision, o.decision.created_by == member.id
    match d.status, d.phase:
        case Status.CREATED, _ if is_owner:
            return "complete the case", Action.COMPLETE_CASE
        case Status.TEAM_INPUT, Phase.CRITERIA if is_owner:
            return "set the criteria", Action.EDIT_CRITERIA
        case Status.TEAM_INPUT, Phase.OPTIONS if is_owner and len(options) < MIN_OPTIONS:
            return "propose options, then start scoring", Action.PROPOSE_OPTION
        case Status.TEAM_INPUT, Phase.OPTIONS if is_owner:
            return "start scoring once the options are complete", Action.START_SCORING
        case Status.TEAM_INPUT, Phase.OPTIONS:
            return "propose an option", Action.PROPOSE_OPTION
        case Status.EVALUATING, _ if o.is_too_small and not o.is_undecided:
            return _too_few(o) if is_owner else (None, None)
        case Status.EVALUATING, _ if o.is_asked_to_score:
            return "score", Action.SCORE
        case Status.EVALUATING, _ if o.is_undecided and o.is_too_small and is_owner:
            return "proceed without quorum or cancel", Action.PROCEED
        case Status.EVALUATING, _ if o.is_undecided and is_owner:
            return "extend, proceed without quorum or cancel", Action.EXTEND_ROUND
        case Status.EVALUATING, _ if o.is_published and may_carry(d, member, least_authority(d.case, options, table)):
            return "resolve", Action.RESOLVE
        case Status.RESOLVED, Phase.ACT if o.resolved_by == member.id:
            return "inform the customer", Action.INFORMED
        case Status.RESOLVED, Phase.LEARN if is_owner or o.resolved_by == member.id:
            return "record the outcome", Action.RECORD_OUTCOME
    return None, None


def _too_few(o: decision.OpenDecision) -> tuple[str, Action | None]:
    """Nobody is asked for a score that could not be shown; what to do instead is the owner's to say."""
    if o.is_second_round:
        return "cancel, since too few are left to score", None
    return "void the round or cancel, since too few are left to score", Action.VOID_ROUND


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
            moved = found.decision.moved(CANCELLING[found.decision.phase])
            if found.round and not found.round.published_at:
                await round.void(c, found.round.id, by=actor.member.id, reason="cancelled")
            await audit.write(c, "decision.cancelled", decision_id=decision_id, by=actor.member.id)
        await decision.set_state(c, moved, cancel_reason=reason)
        await submission.record(c, press, kind="cancel", created_id=decision_id)
        await decision.changed(c, decision_id)
        return moved

    return await run_tx(db, work)
