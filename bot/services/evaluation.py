"""One person scores: open the ballot, save, submit; each is one statement through the vault's functions.

Not by way of `press`: a ballot leaves no line in the trail, and its press is not looked at, for both would tell of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.action import Action
from bot.domain.by import By
from bot.domain.decision import Dossier
from bot.domain.evaluation import Ballot, Comments, Page
from bot.domain.permission import check, not_asked, standing
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


async def save(
    db: Db, by: By, round_id: UUID, *, pages: Mapping[UUID, Page], comments: Comments | None = None
) -> Scoring:
    """Save these pages as a draft, complete or not, and return what the next window shows.

    comments: None where the window has no place for them; those saved before stay.
    """

    async def work(c: AsyncConnection) -> str:
        return await evaluation.save_pages(c, round_id=round_id, member_id=by.member.id, pages=pages, comments=comments)

    answer = await autocommit(db, work)
    found = await dossiers.close_due_and_get_by_round(db, by, round_id)
    if answer != "saved":
        raise _refusal(answer, found, by, round_id)
    return await _scoring(db, by, found)


async def turn(
    db: Db,
    by: By,
    round_id: UUID,
    *,
    pages: Mapping[UUID, Page],
    comments: Comments | None,
    criterion_id: UUID | None,
) -> Scoring:
    """`save`, the criterion skipped, or no longer so: then what was typed before it was skipped is back.

    Saves the same pages whether or not something is turned: what is written does not tell.
    """

    async def work(c: AsyncConnection) -> Ballot:
        return await evaluation.my_ballot(c, round_id=round_id, member_id=by.member.id, is_submitted=False)

    saved = await autocommit(db, work)
    return await save(db, by, round_id, pages=saved.turned(pages, criterion_id), comments=comments)


@dataclass(frozen=True)
class Submitted:
    dossier: Dossier
    submitted: int
    roster: int
    is_closed: bool


async def submit(db: Db, by: By, round_id: UUID, *, pages: Mapping[UUID, Page], comments: Comments | None) -> Submitted:
    """Save these pages and make all that is saved the actor's ballot; the last one missing closes the round.

    A second submit replaces the first. Nothing about a single ballot is written anywhere else: no trail, no time. What
    was typed stays saved where the ballot is refused for being incomplete.
    """

    async def work(c: AsyncConnection) -> evaluation.Submission:
        decision_id = await dossiers.decision_of_round(c, by, round_id)
        before = await dossier.get(c, team_id=by.team.id, decision_id=decision_id, lock=True)
        done = await evaluation.submit(c, round_id=round_id, member_id=by.member.id, pages=pages, comments=comments)
        if done.answer == "submitted":
            check(Action.SCORE, before, by)  # under the decision's lock: what is refused here is not kept either
        if done.is_closed:
            await closing.closed(c, team_id=by.team.id, decision_id=decision_id, by=None)
        elif done.answer == "submitted" and not _had_submitted(before, by):
            await decision.changed(c, decision_id)
        return done

    done = await run_tx(db, work)
    # Past its closing time: whoever notices closes it, in a transaction of its own.
    found = await dossiers.close_due_and_get_by_round(db, by, round_id)
    if done.answer != "submitted":
        raise _refusal(done.answer, found, by, round_id)
    return Submitted(found, done.submitted, done.roster, done.is_closed)


def _had_submitted(found: Dossier, by: By) -> bool:
    entry = found.round.find_member(by.member.id) if found.round else None
    return entry is not None and entry.submitted


def _refusal(answer: str, found: Dossier, by: By, round_id: UUID) -> BotError:
    name = found.decision.name
    if found.round is not None and found.round.id != round_id:
        return Conflict(f"This page belongs to an earlier round of {name}, which is over. Press Score again.")
    match answer:
        case "too_late":
            return Conflict(
                f"Scoring of {name} has ended: its closing time is past. What you had submitted before counts."
            )
        case "not_on_roster":
            return NotAllowed(not_asked(found))
        case "incomplete":
            return Invalid("Not all is scored: score every option of a criterion, or say that you can't judge it.")
        case "empty":
            return Invalid("You could judge none of the criteria, so there is nothing to submit. Score at least one.")
        case "invalid":
            return Invalid("This page belongs to an earlier state of the decision. Close it and press Score again.")
    # Perhaps a moment ago, by this very press: whoever hears a refusal has to hear that the ballot is in.
    counts = " What you had submitted before counts." if _had_submitted(found, by) else ""
    return Conflict(f"Scoring is closed; this page was not saved.{counts} {standing(found, by.now)}")
