"""Decide with authority, tell the customer, learn how it turned out."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.action import Action
from bot.domain.authority import required_authority, takes_two
from bot.domain.by import By
from bot.domain.decider import acts_for
from bot.domain.decision import Dossier, Transition
from bot.domain.option import Option
from bot.domain.outcome import (
    FOLLOW_UP,
    SURENESS,
    Answer,
    Forecast,
    OutcomeDraft,
    Proposal,
    resolution_hours,
)
from bot.domain.permission import check_own, check_resolution, check_second
from bot.domain.team import Member
from bot.domain.waiting import Kind
from bot.errors import Conflict, Invalid
from bot.services import dossier as dossiers
from bot.services import learning as learnings
from bot.services import precedent as precedents
from bot.services import result as results
from bot.services import team as teams
from bot.services.press import Done, Replaced, act, act_once
from bot.store import audit, decision, outbox, outcome, reminder, team
from bot.store.db import Db, run_tx

RESOLVED = "resolved"


async def prepare(db: Db, by: By, decision_id: UUID) -> tuple[Dossier, list[Member]]:
    """What the Resolve window needs: the decision, and the active members.

    Raises NotAllowed, before a reason is typed, where it is one's own and too large for that, and where it takes two
    people and there is no second one.
    """
    found, active = await dossiers.get_allowed(db, by, decision_id, Action.RESOLVE), await teams.active_members(db, by)
    check_own(found, by, active)
    check_second(found, None, by, active)
    return found, active


async def resolve(
    db: Db, by: By, decision_id: UUID, *, option_id: UUID, reason: str, sure: int | None = None
) -> Dossier:
    """Choose an option, with a reason; where that takes two people, propose it. Raises NotAllowed where the actor's
    authority does not reach for it.

    sure: per cent, of `SURENESS`, that it will have worked when it is asked; kept for the actor alone, in no trail.
    """

    async def rule(c: AsyncConnection, found: Dossier, made: UUID | None) -> Done:
        choice, option = _checked_choice(found, by, option_id=option_id, reason=reason)
        forecast = Forecast(option_id, by.member.id, sure, by.now + FOLLOW_UP) if sure in SURENESS else None
        await outcome.set_forecast(c, decision_id, forecast)
        if not takes_two(found.decision.case, option, by.rules.authority):
            return await _carry_out(c, by, found, choice, is_again=made is not None)
        people = await team.active_members(c, team_id=by.team.id, workspace_id=by.actor.workspace_id)
        check_second(found, option, by, people)
        await decision.set_proposal(c, decision_id, choice)
        return Done("choice.proposed", _details(found, choice))

    def replaces(found: Dossier, made: UUID) -> bool:
        # A choice that somebody else has made since is not replaced by what one typed before it.
        if proposal := found.decision.open_proposal(by.now):
            return proposal.proposed_by == by.member.id
        is_own = found.outcome is not None and found.outcome.resolved_by == by.member.id
        return is_own and found.decision.moved_to_by(Transition.RESOLVE)

    return await act_once(db, by, decision_id, Action.RESOLVE, rule, replaces=replaces)


async def confirm(db: Db, by: By, decision_id: UUID) -> Dossier:
    """Resolve with the choice that somebody else has proposed. Raises Conflict where they have left meanwhile."""

    async def rule(c: AsyncConnection, found: Dossier) -> Done | None:
        proposal = found.decision.open_proposal(by.now)
        if proposal is None or found.proposer is None:
            return None
        if not found.proposer.is_active:
            raise Conflict(f"{found.proposer.name}, who proposed it, is no longer active. Send it back.")
        return await _carry_out(c, by, found, proposal, confirmed_by=by.member.id)

    return await act(db, by, decision_id, Action.CONFIRM_CHOICE, rule)


async def send_back(db: Db, by: By, decision_id: UUID, *, reason: str) -> Dossier:
    """The choice that somebody has proposed is not confirmed; it is to be decided anew, and everybody reads why.

    An edited press replaces the reason until there is another choice.
    """

    async def rule(c: AsyncConnection, found: Dossier, made: UUID | None) -> Done | Replaced | None:
        proposal = found.decision.proposal
        if proposal is None:
            return None
        returned = replace(proposal, returned_by=by.member.id, returned_reason=reason)
        await decision.set_proposal(c, decision_id, returned)
        await outcome.set_forecast(c, decision_id, None)
        await reminder.ask_anew(c, decision_id, Kind.RESOLVE)
        return Replaced() if made else Done("choice.returned", {"option": str(proposal.option_id)})

    def replaces(found: Dossier, made: UUID) -> bool:
        return found.decision.proposal is not None and found.decision.proposal.returned_by == by.member.id

    return await act_once(db, by, decision_id, Action.RETURN_CHOICE, rule, replaces=replaces)


async def expire(db: Db, *, team_id: UUID, decision_id: UUID, now: datetime) -> None:
    """Nobody has confirmed the choice in time: it is to be decided anew."""

    async def work(c: AsyncConnection) -> None:
        found = await decision.get(c, team_id=team_id, decision_id=decision_id, lock=True)
        if found.proposal is None or found.proposal.returned_by or found.open_proposal(now):
            return  # another process was faster
        await decision.set_proposal(c, decision_id, None)
        await outcome.set_forecast(c, decision_id, None)
        await audit.write(c, "choice.expired", decision_id=decision_id)
        await reminder.ask_anew(c, decision_id, Kind.RESOLVE)
        await decision.changed(c, decision_id)

    await run_tx(db, work)


async def _carry_out(
    c: AsyncConnection,
    by: By,
    found: Dossier,
    choice: Proposal,
    *,
    confirmed_by: UUID | None = None,
    is_again: bool = False,
) -> Done:
    """is_again: an edited press, in place of what its first version chose."""
    decision_id = found.decision.id
    await precedents.keep(c, by, found)
    await outcome.choose(
        c,
        decision_id=decision_id,
        made=choice,
        confirmed_by=confirmed_by,
        hours=resolution_hours(found.decision.created_at, by.now),
        follow_up=by.now + FOLLOW_UP,
    )
    await decision.set_proposal(c, decision_id, None)
    await decision.set_unheard(c, decision_id, None)
    await _enqueue_word(c, found, by)
    await results.redraw(c, found)
    moved = found.decision if is_again else found.decision.moved(Transition.RESOLVE)
    details = _details(found, choice, by="proposed_for" if confirmed_by else "for")
    first = {"proposed_by": str(choice.proposed_by)} if confirmed_by else {}
    return Done("decision.resolved", {**details, **first}, replace(moved, resolved_at=by.now))


def _details(found: Dossier, choice: Proposal, *, by: str = "for") -> dict[str, object]:
    """by: what the line calls whom a deputy has chosen for."""
    is_leader = found.result is not None and choice.option_id in found.result.leaders
    whom = {by: str(choice.proposed_for)} if choice.proposed_for else {}
    return {"option": str(choice.option_id), "is_leader": is_leader, **whom}


async def _enqueue_word(c: AsyncConnection, found: Dossier, by: By) -> None:
    """The word about the choice goes to the card's thread, in the lane of its channel."""
    d = found.decision
    if d.workspace_id:
        await outbox.enqueue(
            c,
            kind=RESOLVED,
            lane=outbox.slack_lane(d.workspace_id, d.channel_id or f"decision-{d.id}"),
            key=f"resolved:{d.id}:{d.revision}",
            payload={"decision": str(d.id), "at": by.now.isoformat()},
        )


def _checked_choice(found: Dossier, by: By, *, option_id: UUID, reason: str) -> tuple[Proposal, Option]:
    chosen = found.option(option_id)
    if chosen is None:
        raise Invalid(f"Choose one of the options of {found.decision.name}.", field="option")
    check_resolution(found, chosen, by)
    if not reason.strip():
        raise Invalid("Give a reason: the team will read it on the card.", field="reason")
    needed = required_authority(found.decision.case, chosen, by.rules.authority)
    absent = acts_for(found.decision, by.member, needed)
    return Proposal(option_id, reason.strip(), by.member.id, by.now, absent.id if absent else None), chosen


async def reopen(db: Db, by: By, decision_id: UUID, *, reason: str) -> Dossier:
    """Take the choice back while the customer does not know it. Ballots and result stay as they are."""

    async def rule(c: AsyncConnection, found: Dossier, made: UUID | None) -> Done | Replaced | None:
        if made and not found.decision.moved_to_by(Transition.REOPEN_CHOICE):
            return None  # somebody has resolved it anew: the reason is of a choice that is past
        await outcome.take_back(c, decision_id=decision_id, reason=reason)
        await outcome.set_forecast(c, decision_id, None)
        await results.redraw(c, found)
        if made:
            return Replaced()
        option = str(found.outcome.selected_option_id) if found.outcome else None
        moved = replace(found.decision.moved(Transition.REOPEN_CHOICE), resolved_at=None)
        return Done("choice.reopened", {"option": option}, moved)

    return await act_once(db, by, decision_id, Action.CHANGE_CHOICE, rule, replaces=lambda found, made: True)


async def set_informed(db: Db, by: By, decision_id: UUID) -> Dossier:
    """The customer has the answer."""

    async def rule(c: AsyncConnection, found: Dossier) -> Done:
        await outcome.set_informed(c, decision_id=decision_id, at=by.now, by=by.member.id)
        return Done("customer.informed", decision=found.decision.moved(Transition.INFORM_CUSTOMER))

    return await act(db, by, decision_id, Action.INFORMED, rule)


async def record(db: Db, by: By, decision_id: UUID, *, draft: OutcomeDraft) -> Dossier:
    """How it turned out; may be amended any number of times."""

    async def rule(c: AsyncConnection, found: Dossier) -> Done:
        await outcome.record(c, decision_id=decision_id, draft=draft)
        await learnings.look_later(c, found.decision, now=by.now)
        return Done("outcome.recorded")

    return await act(db, by, decision_id, Action.RECORD_OUTCOME, rule)


async def answer(db: Db, by: By, decision_id: UUID, said: Answer) -> Dossier:
    """What one press says of how it turned out. The same press again changes nothing.

    Raises Conflict where it was too early once before.
    """

    async def rule(c: AsyncConnection, found: Dossier) -> Done | None:
        before = found.outcome
        if before is None or before.answer is said:
            return None
        await outcome.set_answer(c, before.answered(said, now=by.now), by=by.member.id)
        await learnings.look_later(c, found.decision, now=by.now)
        return Done("outcome.answered", {"answer": said.value})

    return await act(db, by, decision_id, Action.RECORD_OUTCOME, rule)


async def undo(db: Db, by: By, decision_id: UUID) -> Dossier:
    """Take the latest answer by one press back. Raises Conflict where there is none, or it is older than seven days."""

    async def rule(c: AsyncConnection, found: Dossier) -> Done | None:
        if found.outcome is None:
            return None
        await outcome.set_answer(c, found.outcome.undone(now=by.now), by=by.member.id)
        return Done("answer.undone")

    return await act(db, by, decision_id, Action.UNDO_ANSWER, rule)


async def forecast_of(db: Db, by: By, decision_id: UUID) -> Forecast | None:
    """How sure the actor was; of nobody else."""
    return await run_tx(db, lambda c: outcome.find_forecast(c, decision_id, member_id=by.member.id))
