"""Have a language model read a case: queue the question, prepare it, keep the answer. Never within a request.

It reads title and description of the one case, masked, and nothing else: no ballot, no score, no other case, nothing of
what was chosen before.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.by import By, Rules
from bot.domain.decision import Dossier
from bot.domain.masking import Masked, masked
from bot.domain.precedent import Suggestion, may_suggest
from bot.domain.sketch import Answered, Model, Sketch, checked, restored, suggestions
from bot.store import outbox, sketch
from bot.store.db import Db, run_tx
from bot.store.sketch import Usage, Written

MAKE = "sketch.make"
LANE = "model"
"""One for all: a key has one rate limit, and a service that hangs takes one of a worker's hands."""
AROUND_TOKENS = 3200
"""Instructions, shape, and the longest answer."""


@dataclass(frozen=True)
class Aside:
    """Tokens of a team's day that are set aside for one question."""

    team_id: UUID
    day: date
    tokens: int


@dataclass(frozen=True)
class Question:
    """A case ready to be asked about, with tokens set aside for it."""

    written: Written = field(repr=False)
    gaps: Masked = field(repr=False)
    model: Model
    aside: Aside


async def want(c: AsyncConnection, by: By, decision_id: UUID) -> None:
    """Queue a question about the case as it reads now; nothing where there is no model or the team wants none."""
    if by.rules.model and await sketch.is_wanted(c, by.team.id):
        key = f"sketch:{decision_id}:{by.now.isoformat()}"
        await outbox.enqueue(c, kind=MAKE, lane=LANE, key=key, payload={"decision": str(decision_id)})


async def prepare(db: Db, rules: Rules, decision_id: UUID, *, now: datetime) -> Question | None:
    """Mask the case and set tokens aside; None where nobody needs an answer any more, or the team's day is used up."""
    model = rules.model
    if model is None:
        return None

    async def work(c: AsyncConnection) -> Question | None:
        written = await sketch.find_unread(c, decision_id)
        if written is None:
            return None
        gaps = masked(f"{written.title}\n{written.description}", names=written.about, is_word=rules.classifier.knows)
        aside = await set_aside(c, model, written.team_id, text=gaps.text, now=now)
        return Question(written, gaps, model, aside) if aside else None

    return await run_tx(db, work)


async def set_aside(c: AsyncConnection, model: Model, team_id: UUID, *, text: str, now: datetime) -> Aside | None:
    """Tokens for a question about this text; None, and counted, where the team's day is used up."""
    aside = Aside(team_id, now.date(), AROUND_TOKENS + len(text.encode()) // 2)
    if await sketch.reserve(c, team_id, day=aside.day, tokens=aside.tokens, budget=model.tokens_a_day):
        return aside
    await sketch.refuse(c, team_id, day=aside.day)
    return None


async def keep(db: Db, question: Question, answered: Answered) -> None:
    """Bound what the model said, put names and amounts in again, and keep it beside the case."""
    found = restored(checked(answered.sketch, text=question.gaps.text), question.gaps)
    written = question.written

    async def work(c: AsyncConnection) -> None:
        await settle(c, question.aside, used=answered.tokens)
        if await sketch.keep(c, written, found, model=question.model.name) and found.type:
            await sketch.sharpen(c, written.decision_id, _classified(found, question.model))

    await run_tx(db, work)


async def settle(c: AsyncConnection, aside: Aside, *, used: int, error: str | None = None) -> None:
    """Correct what was set aside to what was used. A service that does not tell has used it all."""
    correction = used - aside.tokens if used else 0
    await sketch.settle(c, aside.team_id, day=aside.day, tokens=correction, error=error)


def _classified(found: Sketch, model: Model) -> dict[str, object]:
    urgency = {"urgency": found.urgency} if found.urgency else {}
    return {"type": found.type, "tags": list(found.tags), "method": "model", "version": model.name, **urgency}


async def fail(db: Db, aside: Aside, *, reason: str, tokens: int) -> None:
    """Count a question that was asked in vain; what it may have cost stays counted."""
    await run_tx(db, lambda c: settle(c, aside, used=tokens, error=reason))


async def find(db: Db, by: By, decision_id: UUID) -> Sketch | None:
    """What the model made of the case as it reads now; None where nothing is there, or the team wants none."""

    async def work(c: AsyncConnection) -> Sketch | None:
        return await look(c, by, decision_id)

    return await run_tx(db, work)


async def suggest(db: Db, by: By, found: Dossier, *, besides: Iterable[Suggestion]) -> tuple[Suggestion, ...]:
    """Options that the model drafted, while options are collected. besides: what earlier cases suggest."""
    drafted = await find(db, by, found.decision.id) if may_suggest(found) else None
    return tuple(suggestions(found, drafted, besides=besides)) if drafted else ()


async def look(c: AsyncConnection, by: By, decision_id: UUID) -> Sketch | None:
    """`find`, in the caller's transaction."""
    if by.rules.model is None or not await sketch.is_wanted(c, by.team.id):
        return None
    return await sketch.find(c, decision_id)


async def usage(db: Db) -> Usage:
    """Of all teams, since the day before: what an operator wants to know."""
    return await run_tx(db, sketch.usage)
