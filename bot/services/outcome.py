"""Decide with authority, tell the customer, learn how it turned out."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.action import Action
from bot.domain.authority import AuthorityTable
from bot.domain.decision import Dossier, Transition
from bot.domain.outcome import OutcomeDraft, resolution_hours
from bot.domain.permission import check, check_resolution
from bot.domain.press import Press
from bot.domain.team import Actor
from bot.errors import Invalid
from bot.store import audit, decision, dossier, outcome, submission
from bot.store.db import Db, run_tx


async def resolve(
    db: Db,
    *,
    actor: Actor,
    decision_id: UUID,
    option_id: UUID,
    reason: str,
    now: datetime,
    table: AuthorityTable,
    press: Press,
) -> Dossier:
    """T7: choose an option, with a reason. Raises NotAllowed where the actor's authority does not reach for it.

    The same press again changes nothing; an edited one replaces what the first press chose.
    """

    async def work(c: AsyncConnection) -> Dossier:
        prior = await submission.find(c, press)
        found = await dossier.get(c, team_id=actor.team.id, decision_id=decision_id, lock=True)
        if prior and prior.is_same:
            return found
        is_own = found.outcome is not None and found.outcome.resolved_by == actor.member.id
        # A choice that somebody else has made since is not replaced by what one typed before it.
        is_edited_press = prior is not None and is_own and found.decision.moved_to_by(Transition.RESOLVE)
        if not is_edited_press:
            check(Action.RESOLVE, found, actor.member, now=now, table=table)
        chosen = found.option(option_id)
        if chosen is None:
            raise Invalid(f"Choose one of the options of {found.decision.name}.", field="option")
        check_resolution(found, chosen, actor.member, table=table)
        if not reason.strip():
            raise Invalid("Give a reason: the team will read it on the card.", field="reason")
        moved = found.decision if is_edited_press else found.decision.moved(Transition.RESOLVE)
        await decision.set_state(c, moved, actual_resolution_date=now)
        await outcome.choose(
            c,
            decision_id=decision_id,
            option_id=option_id,
            reason=reason.strip(),
            resolved_by=actor.member.id,
            hours=resolution_hours(found.decision.created_at, now),
        )
        leaders = found.result.leaders if found.result else ()
        details = {"option": str(option_id), "is_leader": option_id in leaders}
        await audit.write(c, "decision.resolved", decision_id=decision_id, by=actor.member.id, details=details)
        await submission.record(c, press, kind="outcome", created_id=decision_id)
        await decision.changed(c, decision_id)
        return await dossier.get(c, team_id=actor.team.id, decision_id=decision_id)

    return await run_tx(db, work)


async def reopen(
    db: Db,
    *,
    actor: Actor,
    decision_id: UUID,
    reason: str,
    now: datetime,
    table: AuthorityTable,
    press: Press,
) -> Dossier:
    """T10: take the choice back while the customer does not know it. Ballots and result stay as they are."""

    async def work(c: AsyncConnection) -> Dossier:
        prior = await submission.find(c, press)
        found = await dossier.get(c, team_id=actor.team.id, decision_id=decision_id, lock=True)
        if prior and (prior.is_same or not found.decision.moved_to_by(Transition.REOPEN_CHOICE)):
            return found
        if prior:
            await outcome.take_back(c, decision_id=decision_id, reason=reason)
            await submission.record(c, press, kind="reopen", created_id=decision_id)
            return found
        check(Action.CHANGE_CHOICE, found, actor.member, now=now, table=table)
        await decision.set_state(c, found.decision.moved(Transition.REOPEN_CHOICE), actual_resolution_date=None)
        await outcome.take_back(c, decision_id=decision_id, reason=reason)
        option = str(found.outcome.selected_option_id) if found.outcome else None
        await audit.write(c, "choice.reopened", decision_id=decision_id, by=actor.member.id, details={"option": option})
        await submission.record(c, press, kind="reopen", created_id=decision_id)
        await decision.changed(c, decision_id)
        return await dossier.get(c, team_id=actor.team.id, decision_id=decision_id)

    return await run_tx(db, work)


async def set_informed(db: Db, *, actor: Actor, decision_id: UUID, now: datetime, table: AuthorityTable) -> Dossier:
    """T8: the customer has the answer."""

    async def work(c: AsyncConnection) -> Dossier:
        found = await dossier.get(c, team_id=actor.team.id, decision_id=decision_id, lock=True)
        check(Action.INFORMED, found, actor.member, now=now, table=table)
        await decision.set_state(c, found.decision.moved(Transition.INFORM_CUSTOMER))
        await outcome.set_informed(c, decision_id=decision_id, at=now, by=actor.member.id)
        await audit.write(c, "customer.informed", decision_id=decision_id, by=actor.member.id)
        await decision.changed(c, decision_id)
        return await dossier.get(c, team_id=actor.team.id, decision_id=decision_id)

    return await run_tx(db, work)


async def record(
    db: Db, *, actor: Actor, decision_id: UUID, draft: OutcomeDraft, now: datetime, table: AuthorityTable
) -> Dossier:
    """T9: how it turned out; may be amended any number of times."""

    async def work(c: AsyncConnection) -> Dossier:
        found = await dossier.get(c, team_id=actor.team.id, decision_id=decision_id, lock=True)
        check(Action.RECORD_OUTCOME, found, actor.member, now=now, table=table)
        await outcome.record(c, decision_id=decision_id, draft=draft)
        await audit.write(c, "outcome.recorded", decision_id=decision_id, by=actor.member.id)
        await decision.changed(c, decision_id)
        return await dossier.get(c, team_id=actor.team.id, decision_id=decision_id)

    return await run_tx(db, work)
