"""Decide with authority, tell the customer, learn how it turned out."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.action import Action
from bot.domain.authority import required_authority
from bot.domain.by import By
from bot.domain.decider import acts_for
from bot.domain.decision import Dossier, Transition
from bot.domain.outcome import FOLLOW_UP, SURENESS, Answer, Forecast, OutcomeDraft, resolution_hours
from bot.domain.permission import check_own, check_resolution
from bot.domain.team import Absent, Member
from bot.errors import Invalid
from bot.services import dossier as dossiers
from bot.services import learning as learnings
from bot.services import precedent as precedents
from bot.services import team as teams
from bot.services.press import Done, Replaced, act, act_once, for_whom
from bot.store import decision, outbox, outcome
from bot.store.db import Db, run_tx

RESOLVED = "resolved"


async def prepare(db: Db, by: By, decision_id: UUID) -> tuple[Dossier, list[Member]]:
    """What the Resolve window needs: the decision, and the active members.

    Raises NotAllowed, before a reason is typed, where it is one's own and too large for that.
    """
    found, active = await dossiers.get_allowed(db, by, decision_id, Action.RESOLVE), await teams.active_members(db, by)
    check_own(found, by, active)
    return found, active


async def resolve(
    db: Db, by: By, decision_id: UUID, *, option_id: UUID, reason: str, sure: int | None = None
) -> Dossier:
    """Choose an option, with a reason. Raises NotAllowed where the actor's authority does not reach for it.

    sure: per cent, of `SURENESS`, that it will have worked when it is asked; kept for the actor alone, in no trail.
    """
    follow_up = by.now + FOLLOW_UP

    async def rule(c: AsyncConnection, found: Dossier, made: UUID | None) -> Done:
        absent = _check_choice(found, by, option_id=option_id, reason=reason)
        await precedents.keep(c, by, found)
        await outcome.choose(
            c,
            decision_id=decision_id,
            option_id=option_id,
            reason=reason.strip(),
            resolved_by=by.member.id,
            resolved_for=absent.id if absent else None,
            hours=resolution_hours(found.decision.created_at, by.now),
            follow_up=follow_up,
        )
        forecast = Forecast(option_id, by.member.id, sure, follow_up) if sure in SURENESS else None
        await outcome.set_forecast(c, decision_id, forecast)
        await decision.set_unheard(c, decision_id, None)
        await _enqueue_word(c, found, by)
        is_leader = found.result is not None and option_id in found.result.leaders
        moved = found.decision if made else found.decision.moved(Transition.RESOLVE)
        details = {"option": str(option_id), "is_leader": is_leader, **for_whom(absent)}
        return Done("decision.resolved", details, replace(moved, resolved_at=by.now))

    def replaces(found: Dossier, made: UUID) -> bool:
        # A choice that somebody else has made since is not replaced by what one typed before it.
        is_own = found.outcome is not None and found.outcome.resolved_by == by.member.id
        return is_own and found.decision.moved_to_by(Transition.RESOLVE)

    return await act_once(db, by, decision_id, Action.RESOLVE, rule, replaces=replaces)


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


def _check_choice(found: Dossier, by: By, *, option_id: UUID, reason: str) -> Absent | None:
    """For whom a deputy chooses; None where they may by themselves."""
    chosen = found.option(option_id)
    if chosen is None:
        raise Invalid(f"Choose one of the options of {found.decision.name}.", field="option")
    check_resolution(found, chosen, by)
    if not reason.strip():
        raise Invalid("Give a reason: the team will read it on the card.", field="reason")
    needed = required_authority(found.decision.case, chosen, by.rules.authority)
    return acts_for(found.decision, by.member, needed)


async def reopen(db: Db, by: By, decision_id: UUID, *, reason: str) -> Dossier:
    """Take the choice back while the customer does not know it. Ballots and result stay as they are."""

    async def rule(c: AsyncConnection, found: Dossier, made: UUID | None) -> Done | Replaced | None:
        if made and not found.decision.moved_to_by(Transition.REOPEN_CHOICE):
            return None  # somebody has resolved it anew: the reason is of a choice that is past
        await outcome.take_back(c, decision_id=decision_id, reason=reason)
        await outcome.set_forecast(c, decision_id, None)
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
