"""One person scores: open the ballot, save a page, submit. Saving is one statement through the vault's function.

Not by way of `press`: a ballot leaves no line in the trail, and its press is not looked at, for both would tell of it.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.action import Action
from bot.domain.by import By
from bot.domain.decision import Dossier
from bot.domain.evaluation import Ballot, Comments, Page
from bot.domain.permission import check, leads, standing
from bot.errors import BotError, Conflict, Invalid, NotAllowed
from bot.services import closing
from bot.services import dossier as dossiers
from bot.store import decision, dossier, evaluation
from bot.store.db import Db, autocommit, run_tx


@dataclass(frozen=True)
class Scoring:
    """What the scoring modal shows: the decision and one's own pages."""

    dossier: Dossier
    ballot: Ballot


async def open_ballot(db: Db, by: By, decision_id: UUID) -> Scoring:
    """The actor's own saved pages. Raises Conflict when scoring is not open, NotAllowed off the roster."""
    return await _scoring(db, by, await dossiers.get_allowed(db, by, decision_id, Action.SCORE))


async def _scoring(db: Db, by: By, found: Dossier) -> Scoring:
    live = found.round
    if live is None:
        raise Conflict(f"{found.decision.name} is not being scored.")
    is_submitted = _had_submitted(found, by)

    async def work(c: AsyncConnection) -> Ballot:
        return await evaluation.my_ballot(c, round_id=live.id, member_id=by.member.id, is_submitted=is_submitted)

    return Scoring(found, await autocommit(db, work))


async def save_page(db: Db, by: By, round_id: UUID, *, criterion_id: UUID, page: Page) -> Scoring:
    """Save one criterion's scores as a draft and return what the next page shows."""

    async def work(c: AsyncConnection) -> str:
        return await evaluation.save_page(
            c, round_id=round_id, member_id=by.member.id, criterion_id=criterion_id, page=page
        )

    return await _after_saving(db, by, round_id, await autocommit(db, work))


async def look_again(db: Db, by: By, round_id: UUID) -> Scoring:
    """The actor's pages as they were saved, for who leaves a page without a score: what stood there before stays.

    Raises Conflict when scoring is not open, NotAllowed off the roster.
    """
    found = await dossiers.close_due_and_get_by_round(db, by, round_id)
    if found.round is None or found.round.id != round_id:
        raise _refusal("", found, by, round_id)
    check(Action.SCORE, found, by)
    return await _scoring(db, by, found)


async def save_comments(db: Db, by: By, round_id: UUID, *, comments: Comments) -> Scoring:
    """Save the comments of the check page as a draft."""

    async def work(c: AsyncConnection) -> str:
        return await evaluation.save_comments(c, round_id=round_id, member_id=by.member.id, comments=comments)

    return await _after_saving(db, by, round_id, await autocommit(db, work))


async def _after_saving(db: Db, by: By, round_id: UUID, answer: str) -> Scoring:
    found = await dossiers.close_due_and_get_by_round(db, by, round_id)
    if answer != "saved":
        raise _refusal(answer, found, by, round_id, has_ballot=_had_submitted(found, by))
    return await _scoring(db, by, found)


@dataclass(frozen=True)
class Submitted:
    dossier: Dossier
    submitted: int
    roster: int
    is_closed: bool


async def submit(db: Db, by: By, round_id: UUID, *, comments: Comments) -> Submitted:
    """Turn the saved pages and these comments into the actor's ballot; the last one missing closes the round.

    A second submit replaces the first. Nothing about a single ballot is written anywhere else: no trail, no time.
    """

    # The comments are a page like the others; once saved, a submit that fails loses nothing.
    saved = await save_comments(db, by, round_id, comments=comments)
    decision_id = saved.dossier.decision.id

    async def work(c: AsyncConnection) -> evaluation.Submission:
        found = await dossier.get(c, team_id=by.team.id, decision_id=decision_id, lock=True)
        _check_open(found, by, round_id)
        done = await evaluation.submit(c, round_id=round_id, member_id=by.member.id)
        if done.answer != "submitted":
            raise _refusal(done.answer, found, by, round_id)
        if done.is_closed:
            await closing.closed(c, team_id=by.team.id, decision_id=decision_id, by=None)
        elif not _had_submitted(found, by):
            await decision.changed(c, decision_id)
        return done

    try:
        done = await run_tx(db, work)
    except Conflict:
        # Past its closing time: whoever notices closes it, in a transaction of its own.
        await dossiers.close_due_and_get(db, by, decision_id)
        raise
    found = await dossiers.close_due_and_get(db, by, decision_id)
    return Submitted(found, done.submitted, done.roster, done.is_closed)


def _check_open(found: Dossier, by: By, round_id: UUID) -> None:
    try:
        check(Action.SCORE, found, by)
    except Conflict:
        if not _had_submitted(found, by):
            raise
        # Perhaps a moment ago, by this very press: whoever hears a refusal has to hear that the ballot is in.
        raise _refusal("closed", found, by, round_id, has_ballot=True) from None


def _had_submitted(found: Dossier, by: By) -> bool:
    entry = found.round.find_member(by.member.id) if found.round else None
    return entry is not None and entry.submitted


def _refusal(answer: str, found: Dossier, by: By, round_id: UUID, *, has_ballot: bool = False) -> BotError:
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
    return Conflict(f"Scoring is closed; this page was not saved.{counts} {standing(found, by.now)}")


def _not_on_roster(found: Dossier) -> str:
    name = found.decision.name
    if found.is_second_round:
        return f"You are not on the roster of {name}: a second round asks those of the first one who are still active."
    return (
        f"You are not on the roster of {name}: it was fixed when scoring started. {leads(found)} can void the "
        "round and start again with you."
    )
