"""One person scores: open the ballot, save, submit; each is one statement through the vault's functions.

Not by way of `press`, but for who leaves the round: a ballot leaves no line in the trail, and its press is not looked
at, for both would tell of it.

Saving a page and submitting have two ways (docs/hot-path.md). `save_at_once` and `submit_at_once` are for the ordinary
case: one statement, written together with those of whoever else is at it just now. Whoever is not simply told "saved"
there goes the other way, which reads everything and knows every sentence; doing both does no harm.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.action import Action
from bot.domain.by import By
from bot.domain.decision import Decision, Dossier
from bot.domain.evaluation import Ballot, Comments, Page
from bot.domain.permission import check, not_asked, standing
from bot.domain.questions import Questions, questions_of
from bot.domain.team import SlackUser
from bot.errors import BotError, Conflict, Invalid, NotAllowed
from bot.services import closing
from bot.services import dossier as dossiers
from bot.services.press import act
from bot.store import audit, decision, dossier, evaluation
from bot.store.db import Db, autocommit, direct, run_tx


@dataclass(frozen=True)
class Scoring:
    """What the scoring modal shows: what is asked, and one's own pages."""

    member_id: UUID
    questions: Questions
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

    return Scoring(by.member.id, questions_of(found), await autocommit(db, work))


async def save_at_once(
    db: Db, user: SlackUser, round_id: UUID, *, pages: Mapping[UUID, Page], comments: Comments | None
) -> Scoring | None:
    """`save` in one statement; None where this is no ordinary case, and `save` knows what to say.

    The statement itself sees to it that the user is an active member and on the roster, and that the round is open.
    """

    async def write(sent: Sequence[evaluation.Sent], seconds: float) -> list[evaluation.Turned | None]:
        known = evaluation.known_questions(round_id)
        asked = (round_id, known and known.revision, evaluation.as_sent(sent))
        rows = await direct(db, evaluation.TURN_PAGES, asked, budget_seconds=seconds)
        return evaluation.turned(round_id, known, rows, len(sent))

    sent = evaluation.Sent(user, pages, comments)
    done = await db.pages.add(round_id, user, sent, write, seconds=db.budget_seconds)
    return Scoring(done.member_id, done.questions, done.ballot) if done else None


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


async def turn_at_once(
    db: Db,
    user: SlackUser,
    round_id: UUID,
    *,
    pages: Mapping[UUID, Page],
    comments: Comments | None,
    criterion_id: UUID | None,
) -> Scoring | None:
    """`save_at_once`, the criterion skipped, or no longer so: then what was typed before it was skipped is back.

    Saves the same pages whether or not something is turned: what is written does not tell.
    """
    saved = await save_at_once(db, user, round_id, pages={}, comments=None)
    if saved is None:
        return None
    return await save_at_once(db, user, round_id, pages=saved.ballot.turned(pages, criterion_id), comments=comments)


async def turn(
    db: Db,
    by: By,
    round_id: UUID,
    *,
    pages: Mapping[UUID, Page],
    comments: Comments | None,
    criterion_id: UUID | None,
) -> Scoring:
    """`turn_at_once` by way of `save`."""

    async def work(c: AsyncConnection) -> Ballot:
        return await evaluation.my_ballot(c, round_id=round_id, member_id=by.member.id, is_submitted=False)

    saved = await autocommit(db, work)
    return await save(db, by, round_id, pages=saved.turned(pages, criterion_id), comments=comments)


@dataclass(frozen=True)
class Submitted:
    decision_id: UUID
    name: str
    """What people call the decision: "#42"."""
    submitted: int
    roster: int
    is_closed: bool


async def submit_at_once(
    db: Db, user: SlackUser, round_id: UUID, *, pages: Mapping[UUID, Page], comments: Comments | None
) -> Submitted | None:
    """`submit` in one statement; None where this is no ordinary case, as is the last ballot, which closes the round."""

    async def write(sent: Sequence[evaluation.Sent], seconds: float) -> list[evaluation.HandedIn | None]:
        asked = (round_id, evaluation.as_sent(sent))
        rows = await direct(db, evaluation.HAND_IN, asked, budget_seconds=seconds)
        return evaluation.handed_in(rows, len(sent))

    sent = evaluation.Sent(user, pages, comments)
    done = await db.ballots.add(round_id, user, sent, write, seconds=db.budget_seconds)
    return Submitted(done.decision_id, done.name, done.submitted, done.roster, is_closed=False) if done else None


async def submit(db: Db, by: By, round_id: UUID, *, pages: Mapping[UUID, Page], comments: Comments | None) -> Submitted:
    """Save these pages and make all that is saved the actor's ballot; the last one missing closes the round.

    A second submit replaces the first. Nothing about a single ballot is written anywhere else: no trail, no time, no id
    of a trace. What was typed stays saved where the ballot is refused for being incomplete.
    """

    async def work(c: AsyncConnection) -> tuple[evaluation.Submission, Decision]:
        decision_id = await dossiers.decision_of_round(c, by, round_id)
        before = await dossier.get(c, team_id=by.team.id, decision_id=decision_id, lock=True)
        done = await evaluation.submit(c, round_id=round_id, member_id=by.member.id, pages=pages, comments=comments)
        if done.answer == "submitted":
            check(Action.SCORE, before, by)  # under the decision's lock: what is refused here is not kept either
        if done.is_closed:
            await closing.closed(c, team_id=by.team.id, decision_id=decision_id, by=None)
        elif done.answer == "submitted" and not _had_submitted(before, by):
            await decision.changed(c, decision_id)
        return done, before.decision

    done, of = await run_tx(db, work, leaves_trace=False)
    if done.answer == "submitted":  # nothing more is read: time could run out, and the ballot be called unsaved
        return Submitted(of.id, of.name, done.submitted, done.roster, done.is_closed)
    # Past its closing time: whoever notices closes it, in a transaction of its own.
    raise _refusal(done.answer, await dossiers.close_due_and_get_by_round(db, by, round_id), by, round_id)


async def recuse(db: Db, by: By, round_id: UUID) -> Dossier:
    """The actor should not score this one: they are excused, for good, and nothing that they typed counts.

    Raises Conflict once their ballot is in, and where the page is of an earlier round.
    """
    decision_id = (await dossiers.close_due_and_get_by_round(db, by, round_id)).decision.id

    async def rule(c: AsyncConnection, found: Dossier) -> None:
        if found.round is None or found.round.id != round_id:
            raise _is_earlier(found)
        if _had_submitted(found, by):
            raise Conflict(
                f"Your scores of {found.decision.name} are in, and count. Until scoring closes you can change them."
            )
        await audit.write(c, "round.recused", decision_id=decision_id, by=by.member.id, origin=by.origin)
        ids = {"team_id": by.team.id, "decision_id": decision_id, "round_id": round_id, "member_id": by.member.id}
        await closing.excuse(c, **ids)  # brings card and reminders up to date, whether or not it closes the round

    return await act(db, by, decision_id, Action.SCORE, rule)


def _is_earlier(found: Dossier) -> Conflict:
    return Conflict(
        f"This page belongs to an earlier round of {found.decision.name}, which is over. Press Score again."
    )


def _had_submitted(found: Dossier, by: By) -> bool:
    entry = found.round.find_member(by.member.id) if found.round else None
    return entry is not None and entry.submitted


def _refusal(answer: str, found: Dossier, by: By, round_id: UUID) -> BotError:
    name = found.decision.name
    if found.round is not None and found.round.id != round_id:
        return _is_earlier(found)
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
