"""Open a decision, edit its case, cancel it; the list of those that are open."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.action import Action
from bot.domain.by import By
from bot.domain.decision import (
    CANCELLING,
    Case,
    Decision,
    Dossier,
    Status,
    Transition,
    missing_for_criteria,
)
from bot.domain.waiting import Line, line, waiting
from bot.errors import Invalid
from bot.services import card as cards
from bot.services import classification, sketch
from bot.services import draft as drafted
from bot.services import result as results
from bot.services.press import Done, Replaced, act, act_once, remember, write_down
from bot.store import audit, criterion, decision, dossier, press, round, team
from bot.store.db import Db, run_tx


async def open_decision(
    db: Db,
    by: By,
    *,
    case: Case,
    channel_id: str | None,
    permalink: str | None,
    currency: str | None = None,
    draft_id: UUID | None = None,
    is_for_others: bool = False,
) -> tuple[Decision, tuple[str, ...]]:
    """Open it; where nothing is missing with the criteria of its type's template, so that options can be added at once.

    currency: in which its amounts were typed and will be; None: the team's. draft_id: what it is opened of, which must
    still wait. is_for_others: another company reads the channel, and shall see the card. Returns the decision and what
    is still missing. The same press again returns the same decision; an edited one (the first answer was lost) updates
    its case. By hand, not by `press.act`: there is no decision yet to lock or to ask.
    """

    async def work(c: AsyncConnection) -> tuple[Decision, tuple[str, ...]]:
        prior = await press.find(c, by.press) if by.press else None
        if prior and prior.is_same:
            return await _with_missing(c, by, prior.made)
        if prior:
            decision_id = prior.made
            await _replace_case(c, by, decision_id, case=case, channel_id=channel_id)
        else:
            place = {"channel_id": channel_id, "permalink": permalink}
            taken = await drafted.take(c, by, draft_id) if draft_id else None
            decision_id = await _add(c, by, case=case, currency=currency or by.team.currency, **place)
            if taken:
                await drafted.opened(c, by, taken, decision_id)
        if channel_id and is_for_others:
            await cards.confirm_channel(c, by, decision_id, channel_id=channel_id)
        await _read(c, by, decision_id, case=case, currency=currency)
        await sketch.want(c, by, decision_id)
        await write_down(c, by, decision_id, Replaced() if prior else Done("decision.opened"))
        await remember(c, by, kind="decision", made=decision_id)
        await _advance(c, by, decision_id)
        return await _with_missing(c, by, decision_id)

    return await run_tx(db, work)


async def opened(c: AsyncConnection, by: By, *, case: Case, currency: str, channel_id: str | None) -> UUID:
    """`open_decision` within another use case, from something else than the form."""
    decision_id = await _add(c, by, case=case, currency=currency, channel_id=channel_id, permalink=None)
    await write_down(c, by, decision_id, Done("decision.opened"))
    await _advance(c, by, decision_id)
    return decision_id


async def _add(
    c: AsyncConnection, by: By, *, case: Case, currency: str, channel_id: str | None, permalink: str | None
) -> UUID:
    added = await decision.add(
        c,
        team_id=by.team.id,
        created_by=by.member.id,
        case=case,
        currency=currency,
        workspace_id=by.actor.workspace_id,
        channel_id=channel_id,
        permalink=permalink,
    )
    return added.id


async def _read(c: AsyncConnection, by: By, decision_id: UUID, *, case: Case, currency: str | None) -> None:
    """Keep what the text alone says of type, urgency and amount, beside what was chosen."""
    told = {"title": case.title, "description": case.description, "currency": currency or by.team.currency}
    await classification.keep(c, by, decision_id, **told)


async def _replace_case(c: AsyncConnection, by: By, decision_id: UUID, *, case: Case, channel_id: str | None) -> None:
    found = await decision.get(c, team_id=by.team.id, decision_id=decision_id, lock=True)
    if found.status in {Status.CREATED, Status.TEAM_INPUT}:
        await decision.set_case(c, decision_id, case)
        await _retemplate(c, by, found, case)
        if channel_id:
            await decision.set_channel(c, decision_id, channel_id)


async def _retemplate(c: AsyncConnection, by: By, before: Decision, case: Case) -> None:
    """Another type brings its own criteria, where those there are still are the first type's template."""
    there = [k.name for k in await criterion.of_decision(c, before.id)]
    if case.decision_type == before.case.decision_type or not there:
        return
    if there == [draft.name for draft in by.rules.templates.of(before.case.decision_type)]:
        drafts = by.rules.templates.of(case.decision_type)
        await criterion.replace(c, decision_id=before.id, drafts=drafts, created_by=before.created_by)


async def _with_missing(c: AsyncConnection, by: By, decision_id: UUID) -> tuple[Decision, tuple[str, ...]]:
    found = await decision.get(c, team_id=by.team.id, decision_id=decision_id)
    active = await team.active_members(c, team_id=found.team_id, workspace_id=found.workspace_id)
    return found, missing_for_criteria(found.case, active_members=len(active))


async def _advance(c: AsyncConnection, by: By, decision_id: UUID) -> None:
    """On to the options, where nothing is missing: with the criteria of the type's template, for the owner to edit."""
    found, missing = await _with_missing(c, by, decision_id)
    if found.status is not Status.CREATED or missing:
        return
    await decision.set_state(c, found.moved(Transition.DEFINE).moved(Transition.SET_CRITERIA))
    there = len(await criterion.of_decision(c, decision_id))
    if not there:
        drafts = by.rules.templates.of(found.case.decision_type)
        await criterion.replace(c, decision_id=decision_id, drafts=drafts, created_by=found.created_by)
        there = len(drafts)
    who: dict[str, Any] = {"decision_id": decision_id, "by": by.member.id, "origin": by.origin}
    await audit.write(c, "decision.defined", **who)
    await audit.write(c, "criteria.submitted", details={"criteria": there}, **who)
    await drafted.add_options(c, by, decision_id)


async def unfinished(db: Db, by: By) -> list[Line]:
    """The team's open decisions: what waits for the actor first, then by urgency and age."""
    team_id, me = by.actor.team.id, by.actor.member.id

    async def work(c: AsyncConnection) -> list[Line]:
        briefs = await dossier.open_briefs(c, team_id=team_id, now=by.now)
        members = await team.in_turn(c, team_id=team_id, workspace_id=by.actor.workspace_id)
        lines = [line(brief, waiting(brief, members, now=by.now, rules=by.rules), me, now=by.now) for brief in briefs]
        # What is resolved is on the list of those for whom something of it waits, and of nobody else.
        shown = [one for one in lines if one.waits or one.decision.status is not Status.RESOLVED]
        return sorted(shown, key=lambda one: one.waits is None)

    return await run_tx(db, work)


async def edit_case(
    db: Db, by: By, decision_id: UUID, *, action: Action, case: Case, channel_id: str | None = None
) -> tuple[Decision, tuple[str, ...]]:
    """Change the case until scoring starts (`action`: complete or edit). A completed case goes on to its options.

    Returns the decision and what is still missing for that. One that was not opened in Slack has no place yet: it gets
    the actor's workspace, and `channel_id`.
    """

    def asked(found: Dossier) -> Action:
        # Two windows: "complete" pressed after the case was completed elsewhere is an edit all the same.
        return Action.EDIT_CASE if found.decision.status is Status.TEAM_INPUT else action

    async def rule(c: AsyncConnection, found: Dossier) -> Done:
        changes = case.changes(found.decision.case)
        # While it is being defined an amount is not changed, but found out.
        shown = () if found.decision.status is Status.CREATED else changes
        await decision.set_case(c, decision_id, case, changes=shown)
        if (case.title, case.description) != (found.decision.case.title, found.decision.case.description):
            await sketch.want(c, by, decision_id)
        if found.decision.channel_id is None:
            await decision.set_place(c, decision_id, workspace_id=by.actor.workspace_id, channel_id=channel_id)
        await _advance(c, by, decision_id)
        return Done("decision.edited", changes)

    await act(db, by, decision_id, asked, rule)
    return await run_tx(db, lambda c: _with_missing(c, by, decision_id))


async def change_urgency(db: Db, by: By, decision_id: UUID, *, urgency_level: int) -> Dossier:
    """The one fact of the case that may change while the team scores."""

    async def rule(c: AsyncConnection, found: Dossier) -> Done:
        if not 1 <= urgency_level <= 5:
            raise Invalid("Choose an urgency from 1 to 5.", field="urgency")
        changes = replace(found.decision.case, urgency_level=urgency_level).changes(found.decision.case)
        await decision.set_urgency(c, decision_id, urgency_level)
        return Done("decision.urgency", changes)

    return await act(db, by, decision_id, Action.EDIT_URGENCY, rule)


async def take_over(db: Db, by: By, decision_id: UUID) -> Dossier:
    """Become the owner of a decision whose owner has left. Of two who press at once the second is told who was faster.

    Whoever owns it by such a press already has it: their second press changes nothing.
    """

    def asked(found: Dossier) -> Action | None:
        is_done = found.predecessor is not None and found.owner.id == by.member.id
        return None if is_done else Action.TAKE_OVER

    async def rule(c: AsyncConnection, found: Dossier) -> Done:
        before = found.owner.id
        await decision.set_owner(c, decision_id, owner=by.member.id, before=before)
        return Done("owner.changed", {"owner": [str(before), str(by.member.id)]})

    return await act(db, by, decision_id, asked, rule)


async def cancel(db: Db, by: By, decision_id: UUID, *, reason: str) -> Dossier:
    """End it without an answer. Ballots of a round that was not published are deleted with it.

    An edited press replaces the reason.
    """

    async def rule(c: AsyncConnection, found: Dossier, made: UUID | None) -> Done | Replaced:
        if made:
            return Replaced(replace(found.decision, cancel_reason=reason))
        if found.round and not found.round.published_at:
            await round.void(c, found.round.id, by=by.member.id, reason="cancelled")
        await decision.call_off(c, decision_id, by=by.member.id)
        await results.redraw(c, found)
        moved = found.decision.moved(CANCELLING[found.decision.phase])
        return Done("decision.cancelled", decision=replace(moved, cancel_reason=reason))

    def replaces(found: Dossier, made: UUID) -> bool:
        return found.decision.status is Status.CANCELLED

    return await act_once(db, by, decision_id, Action.CANCEL, rule, replaces=replaces)
