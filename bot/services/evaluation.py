"""One person scores: open the ballot, save a page, submit. Saving is one statement through the vault's function."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.action import Action
from bot.domain.authority import AuthorityTable
from bot.domain.decision import Dossier
from bot.domain.evaluation import Ballot, Comments, Page
from bot.domain.permission import check, standing
from bot.domain.team import Actor
from bot.errors import BotError, Conflict, Invalid, NotAllowed
from bot.services import closing
from bot.services import decision as decision_service
from bot.store import decision, dossier, evaluation
from bot.store.db import Db, autocommit, run_tx


@dataclass(frozen=True)
class Scoring:
    """What the scoring modal shows: the decision and one's own pages."""

    dossier: Dossier
    ballot: Ballot


async def open_ballot(db: Db, *, actor: Actor, decision_id: UUID, now: datetime, table: AuthorityTable) -> Scoring:
    """The actor's own saved pages. Raises Conflict when scoring is not open, NotAllowed off the roster."""
    found = await decision_service.check_allowed(
        db, actor=actor, decision_id=decision_id, action=Action.SCORE, now=now, table=table
    )
    return await _scoring(db, found, actor)


async def _scoring(db: Db, found: Dossier, actor: Actor) -> Scoring:
    live = found.round
    if live is None:
        raise Conflict(f"{found.decision.name} is not being scored.")
    entry = live.find_member(actor.member.id)
    is_submitted = entry is not None and entry.submitted

    async def work(c: AsyncConnection) -> Ballot:
        return await evaluation.my_ballot(c, round_id=live.id, member_id=actor.member.id, is_submitted=is_submitted)

    return Scoring(found, await autocommit(db, work))


async def save_page(db: Db, *, actor: Actor, round_id: UUID, criterion_id: UUID, page: Page, now: datetime) -> Scoring:
    """Save one criterion's scores as a draft and return what the next page shows."""

    async def work(c: AsyncConnection) -> str:
        return await evaluation.save_page(
            c, round_id=round_id, member_id=actor.member.id, criterion_id=criterion_id, page=page
        )

    answer = await autocommit(db, work)
    return await _after_saving(db, answer, actor=actor, round_id=round_id, now=now)


async def look_again(db: Db, *, actor: Actor, round_id: UUID, now: datetime, table: AuthorityTable) -> Scoring:
    """The actor's pages as they were saved, for who leaves a page without a score: what stood there before stays.

    Raises Conflict when scoring is not open, NotAllowed off the roster.
    """
    found = await decision_service.get_by_round(db, actor=actor, round_id=round_id, now=now)
    if found.round is None or found.round.id != round_id:
        raise _refusal("", found, round_id, now)
    check(Action.SCORE, found, actor.member, now=now, table=table)
    return await _scoring(db, found, actor)


async def save_comments(db: Db, *, actor: Actor, round_id: UUID, comments: Comments, now: datetime) -> Scoring:
    """Save the comments of the check page as a draft."""

    async def work(c: AsyncConnection) -> str:
        return await evaluation.save_comments(c, round_id=round_id, member_id=actor.member.id, comments=comments)

    answer = await autocommit(db, work)
    return await _after_saving(db, answer, actor=actor, round_id=round_id, now=now)


async def _after_saving(db: Db, answer: str, *, actor: Actor, round_id: UUID, now: datetime) -> Scoring:
    found = await decision_service.get_by_round(db, actor=actor, round_id=round_id, now=now)
    if answer != "saved":
        raise _refusal(answer, found, round_id, now, has_ballot=_had_submitted(found, actor))
    return await _scoring(db, found, actor)


@dataclass(frozen=True)
class Submitted:
    dossier: Dossier
    submitted: int
    roster: int
    is_closed: bool


async def submit(
    db: Db,
    *,
    actor: Actor,
    round_id: UUID,
    comments: Comments,
    now: datetime,
    table: AuthorityTable,
) -> Submitted:
    """Turn the saved pages and these comments into the actor's ballot; the last one missing closes the round.

    A second submit replaces the first. Nothing about a single ballot is written anywhere else: no trail, no time.
    """

    # The comments are a page like the others; once saved, a submit that fails loses nothing.
    saved = await save_comments(db, actor=actor, round_id=round_id, comments=comments, now=now)
    decision_id = saved.dossier.decision.id

    async def work(c: AsyncConnection) -> evaluation.Submission:
        found = await dossier.get(c, team_id=actor.team.id, decision_id=decision_id, lock=True)
        try:
            check(Action.SCORE, found, actor.member, now=now, table=table)
        except Conflict:
            if not _had_submitted(found, actor):
                raise
            # Perhaps a moment ago, by this very press: whoever hears a refusal has to hear that the ballot is in.
            raise _refusal("closed", found, round_id, now, has_ballot=True) from None
        done = await evaluation.submit(c, round_id=round_id, member_id=actor.member.id)
        if done.answer != "submitted":
            raise _refusal(done.answer, found, round_id, now)
        if done.is_closed:
            await closing.closed(c, team_id=actor.team.id, decision_id=decision_id, by=None)
        elif not _had_submitted(found, actor):
            await decision.changed(c, decision_id)
        return done

    try:
        done = await run_tx(db, work)
    except Conflict:
        # Past its closing time: whoever notices closes it, in a transaction of its own.
        await decision_service.get(db, actor=actor, decision_id=decision_id, now=now)
        raise
    found = await decision_service.get(db, actor=actor, decision_id=decision_id, now=now)
    return Submitted(found, done.submitted, done.roster, done.is_closed)


def _had_submitted(found: Dossier, actor: Actor) -> bool:
    entry = found.round.find_member(actor.member.id) if found.round else None
    return entry is not None and entry.submitted


def _refusal(answer: str, found: Dossier, round_id: UUID, now: datetime, *, has_ballot: bool = False) -> BotError:
    name = found.decision.name
    if found.round is not None and found.round.id != round_id:
        return Conflict(f"This page belongs to an earlier round of {name}, which is over. Press Score again.")
    match answer:
        case "too_late":
            return Conflict(
                f"Scoring of {name} has ended: its closing time is past. What you had submitted before counts."
            )
        case "not_on_roster":
            return NotAllowed(_not_on_roster(found))
        case "incomplete":
            return Invalid("A page is not complete: go Back, and score every option or say that you cannot judge it.")
        case "empty":
            return Invalid("You could judge none of the criteria, so there is nothing to submit. Score at least one.")
        case "invalid":
            return Invalid("This page belongs to an earlier state of the decision. Close it and press Score again.")
    counts = " What you had submitted before counts." if has_ballot else ""
    return Conflict(f"Scoring is closed; this page was not saved.{counts} {standing(found, now)}")


def _not_on_roster(found: Dossier) -> str:
    name = found.decision.name
    if found.is_second_round:
        return f"You are not on the roster of {name}: a second round asks those of the first one who are still active."
    return (
        f"You are not on the roster of {name}: it was fixed when scoring started. {found.owner.name} can void the "
        "round and start again with you."
    )
