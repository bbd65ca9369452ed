"""Start scoring, end it, and what the owner can do when it did not go as planned."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.authority import AuthorityTable
from bot.domain.decision import Dossier
from bot.domain.option import check_options
from bot.domain.permission import Action, check, standing
from bot.domain.press import Press
from bot.domain.round import MIN_EVALUATORS, Thresholds
from bot.domain.team import Actor, Member
from bot.errors import BotError, Conflict, Invalid
from bot.services import closing
from bot.services import decision as decision_service
from bot.store import audit, decision, dossier, reminder, round, submission, team
from bot.store.db import Db, run_tx


async def prepare(
    db: Db, *, actor: Actor, decision_id: UUID, now: datetime, table: AuthorityTable
) -> tuple[Dossier, list[Member]]:
    """What the Start scoring modal needs. Raises Conflict with what is still missing."""

    async def work(c: AsyncConnection) -> tuple[Dossier, list[Member]]:
        found = await dossier.get(c, team_id=actor.team.id, decision_id=decision_id)
        check(Action.START_SCORING, found, actor.member, now=now, table=table)
        everybody = await team.members(c, team_id=actor.team.id, workspace_id=actor.workspace_id)
        active = [m for m in everybody if m.is_active]
        _check_startable(found, len(active))
        return found, active

    return await run_tx(db, work)


def _check_startable(found: Dossier, active_members: int) -> None:
    name = found.decision.name
    check_options(found.options)
    if not found.criteria:
        raise Conflict(f'{name} needs at least 1 criterion. Use "Back to criteria".')
    if active_members < MIN_EVALUATORS:
        raise Conflict(
            f"{name} needs at least {MIN_EVALUATORS} active members to score. Add people with /decide setup."
        )


async def start(
    db: Db,
    *,
    actor: Actor,
    decision_id: UUID,
    member_ids: Sequence[UUID],
    closes_at: datetime,
    is_two_confirmed: bool,
    now: datetime,
    table: AuthorityTable,
    press: Press,
) -> Dossier:
    """T4: freeze roster, options, criteria, weights, closing time and thresholds; collect scores."""

    async def work(c: AsyncConnection) -> Dossier:
        await reminder.keep_people(c, actor.team.id)
        prior = await submission.find(c, press)
        found = await dossier.get(c, team_id=actor.team.id, decision_id=decision_id, lock=True)
        if prior and prior.is_same:
            return found
        is_edited_press = prior is not None and found.round is not None and str(found.round.id) == prior.created_id
        if not is_edited_press:
            check(Action.START_SCORING, found, actor.member, now=now, table=table)
        everybody = await team.members(c, team_id=actor.team.id, workspace_id=actor.workspace_id)
        active = {m.id for m in everybody if m.is_active}
        _check_startable(found, len(active))
        roster = _checked_roster(member_ids, active, is_two_confirmed)
        if closes_at <= now:
            raise _past()
        if is_edited_press:
            return await _start_anew(c, found, roster=roster, closes_at=closes_at, press=press, now=now)
        await decision.set_state(c, found.decision.moved("T4"))
        round_id = await round.open_round(
            c,
            decision_id=decision_id,
            opened_by=actor.member.id,
            closes_at=closes_at,
            options=found.options,
            criteria=found.criteria,
            member_ids=roster,
            thresholds=Thresholds(),
        )
        details = {"round": str(round_id), "roster": len(roster)}
        await audit.write(c, "round.opened", decision_id=decision_id, by=actor.member.id, details=details)
        await submission.record(c, press, kind="round", created_id=round_id)
        await decision.changed(c, decision_id)
        return await dossier.get(c, team_id=actor.team.id, decision_id=decision_id)

    return await run_tx(db, work)


async def _start_anew(
    c: AsyncConnection, found: Dossier, *, roster: Sequence[UUID], closes_at: datetime, press: Press, now: datetime
) -> Dossier:
    """The owner, whose first answer was lost, changed roster or closing time: possible until somebody has scored."""
    _check_untouched(found, now)
    await round.set_roster(c, _round_id(found), roster)
    return await _close_at(c, found, closes_at=closes_at, press=press, now=now)


def _check_untouched(found: Dossier, now: datetime) -> None:
    if found.round is None or found.round.ballots or found.round.closed_at:
        raise Conflict(f"Scoring has started as you first asked for. {standing(found, now)}")


def _checked_roster(member_ids: Sequence[UUID], active: set[UUID], is_two_confirmed: bool) -> list[UUID]:
    roster = sorted(set(member_ids))
    if not set(roster) <= active:
        raise Invalid("Somebody on the roster is not an active member any more. Choose again.", field="roster")
    if len(roster) < MIN_EVALUATORS:
        raise Invalid(f"Scoring takes at least {MIN_EVALUATORS} people. Add somebody.", field="roster")
    if len(roster) == MIN_EVALUATORS and not is_two_confirmed:
        raise Invalid(
            "With 2 people nothing aggregated will be shown, because each could work out the other's scores. "
            "Tick this box to go ahead, or add somebody.",
            field="confirm_two",
        )
    return roster


async def close(db: Db, *, actor: Actor, decision_id: UUID, now: datetime, table: AuthorityTable) -> Dossier:
    """T5 by owner or decider, once quorum holds. Publication follows by itself.

    Pressed past the closing time it closes the round, whoever pressed it, and says where that led.
    """

    async def work(c: AsyncConnection) -> Dossier:
        found = await dossier.get(c, team_id=actor.team.id, decision_id=decision_id, lock=True)
        check(Action.CLOSE_SCORING, found, actor.member, now=now, table=table)
        answer = await closing.close(c, found, by=actor.member.id)
        if answer not in {"closed", "already"}:
            raise Conflict(f"Scoring cannot be closed yet. {standing(found, now)}")
        return await dossier.get(c, team_id=actor.team.id, decision_id=decision_id)

    try:
        return await run_tx(db, work)
    except Conflict:
        found = await decision_service.get(db, actor=actor, decision_id=decision_id, now=now)
        check(Action.CLOSE_SCORING, found, actor.member, now=now, table=table)
        raise


async def extend(
    db: Db, *, actor: Actor, decision_id: UUID, closes_at: datetime, now: datetime, table: AuthorityTable
) -> Dossier:
    """Collect scores again until `closes_at`, after a round that closed without quorum. Ballots so far stand."""

    async def work(c: AsyncConnection) -> Dossier:
        found = await dossier.get(c, team_id=actor.team.id, decision_id=decision_id, lock=True)
        if found.round and found.round.closed_at is None and found.round.closes_at == closes_at:
            return found  # the same press again
        check(Action.EXTEND_ROUND, found, actor.member, now=now, table=table)
        if closes_at <= now:
            raise _past()
        answer = await round.extend(c, _round_id(found), closes_at=closes_at)
        if answer == "past":
            raise _past()
        if answer != "extended":
            raise Conflict(f"Scoring cannot be extended. {standing(found, now)}")
        await audit.write(c, "round.extended", decision_id=decision_id, by=actor.member.id)
        await decision.changed(c, decision_id)
        return await dossier.get(c, team_id=actor.team.id, decision_id=decision_id)

    return await run_tx(db, work)


async def proceed(
    db: Db,
    *,
    actor: Actor,
    decision_id: UUID,
    reason: str,
    now: datetime,
    table: AuthorityTable,
    press: Press,
) -> Dossier:
    """Publish what there is although quorum was missed; the reason is recorded and shown.

    An edited press replaces the reason until the result is published; afterwards it raises Conflict.
    """

    async def work(c: AsyncConnection) -> Dossier:
        prior = await submission.find(c, press)
        found = await dossier.get(c, team_id=actor.team.id, decision_id=decision_id, lock=True)
        if prior and prior.is_same:
            return found
        is_edited_press = prior is not None and found.round is not None and str(found.round.id) == prior.created_id
        if not is_edited_press:
            check(Action.PROCEED, found, actor.member, now=now, table=table)
        round_id = _round_id(found)
        answer = await round.override(c, round_id, by=actor.member.id, reason=reason)
        if answer != "recorded":
            why = "It went on with the reason that you gave first." if is_edited_press else "That is not possible now."
            raise Conflict(f"{why} {standing(found, now)}")
        await audit.write(
            c,
            "round.proceeded",
            decision_id=decision_id,
            by=actor.member.id,
            details={"ballots": found.round.ballots if found.round else 0},
        )
        await closing.enqueue_publication(c, round_id)
        await submission.record(c, press, kind="override", created_id=round_id)
        await decision.changed(c, decision_id)
        return await dossier.get(c, team_id=actor.team.id, decision_id=decision_id)

    return await run_tx(db, work)


async def void(
    db: Db,
    *,
    actor: Actor,
    decision_id: UUID,
    round_id: UUID,
    reason: str,
    now: datetime,
    table: AuthorityTable,
    press: Press,
) -> Dossier:
    """T4b: delete every ballot of this round and go back to the options; the reason is recorded.

    Raises Conflict where another round has taken its place: nobody asked for those ballots to be deleted.
    """

    async def work(c: AsyncConnection) -> Dossier:
        prior = await submission.find(c, press)
        found = await dossier.get(c, team_id=actor.team.id, decision_id=decision_id, lock=True)
        if prior:
            return found
        check(Action.VOID_ROUND, found, actor.member, now=now, table=table)
        if _round_id(found) != round_id:
            raise Conflict(f"This window is about an earlier round of {found.decision.name}. {standing(found, now)}")
        if await round.void(c, round_id, by=actor.member.id, reason=reason) != "voided":
            raise Conflict(f"The round cannot be voided. {standing(found, now)}")
        await decision.set_state(c, found.decision.moved("T4b"))
        details = {"round": str(round_id)}
        await audit.write(c, "round.voided", decision_id=decision_id, by=actor.member.id, details=details)
        await submission.record(c, press, kind="void", created_id=round_id)
        await decision.changed(c, decision_id)
        return await dossier.get(c, team_id=actor.team.id, decision_id=decision_id)

    return await run_tx(db, work)


async def second(
    db: Db,
    *,
    actor: Actor,
    decision_id: UUID,
    closes_at: datetime,
    now: datetime,
    table: AuthorityTable,
    press: Press,
) -> Dossier:
    """Ask the people of a published round once more, by fresh ballots about the very same things. Once per decision."""

    async def work(c: AsyncConnection) -> Dossier:
        await reminder.keep_people(c, actor.team.id)
        prior = await submission.find(c, press)
        found = await dossier.get(c, team_id=actor.team.id, decision_id=decision_id, lock=True)
        if prior and prior.is_same:
            return found
        if prior and found.round and str(found.round.id) == prior.created_id:
            return await _close_at(c, found, closes_at=closes_at, press=press, now=now)
        check(Action.SECOND_ROUND, found, actor.member, now=now, table=table)
        first = _round_id(found)
        answer, round_id = await round.open_second(c, decision_id=decision_id, by=actor.member.id, closes_at=closes_at)
        if round_id is None:
            raise _why_no_second(answer, found, now)
        await submission.record(c, press, kind="round", created_id=round_id)
        await decision.changed(c, decision_id)
        asked = await dossier.get(c, team_id=actor.team.id, decision_id=decision_id)
        details = {
            "round": str(round_id),
            "number": asked.round.number if asked.round else None,
            "follows": str(first),
            "roster": len(asked.round.roster) if asked.round else None,
        }
        await audit.write(c, "round.opened", decision_id=decision_id, by=actor.member.id, details=details)
        return asked

    return await run_tx(db, work)


def _why_no_second(answer: str, found: Dossier, now: datetime) -> BotError:
    match answer:
        case "past":
            return _past()
        case "too_few":
            least = found.round.thresholds.ranking if found.round else MIN_EVALUATORS
            return Conflict(
                f"A second round of {found.decision.name} takes at least {least} of those who were asked in the first "
                "one, and fewer are still active. A decider can resolve it as it is."
            )
    return Conflict(f"A second round is not possible now. {standing(found, now)}")


async def _close_at(c: AsyncConnection, found: Dossier, *, closes_at: datetime, press: Press, now: datetime) -> Dossier:
    """The answer to a press was lost, and its closing time edited since: possible until somebody has scored."""
    _check_untouched(found, now)
    round_id = _round_id(found)
    if await round.extend(c, round_id, closes_at=closes_at) == "past":
        raise _past()
    await submission.record(c, press, kind="round", created_id=round_id)
    await decision.changed(c, found.decision.id)
    return await dossier.get(c, team_id=found.team.id, decision_id=found.decision.id)


def _past() -> Invalid:
    return Invalid("The closing time is in the past. Choose a later one.", field="closes_at")


def _round_id(found: Dossier) -> UUID:
    if found.round is None:
        raise Conflict(f"{found.decision.name} is not being scored.")
    return found.round.id
