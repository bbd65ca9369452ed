"""Find the decided cases like one case; tell what was chosen in them once its result is published, not before."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.by import By
from bot.domain.decision import Dossier
from bot.domain.precedent import (
    MOST,
    Hit,
    Precedent,
    Precedents,
    Suggestion,
    is_told,
    may_suggest,
    nearest,
    recommended,
    suggestions,
)
from bot.errors import NotFound
from bot.semantic import vectors
from bot.store import dossier, meaning, option, precedent
from bot.store.db import Db, run_tx


async def find(db: Db, by: By, found: Dossier) -> Precedents:
    """What may be seen now from this case of those like it. Reads nothing of what was chosen before publication."""

    async def work(c: AsyncConnection) -> Precedents:
        return await look(c, by, found)

    return await run_tx(db, work)


async def look(c: AsyncConnection, by: By, found: Dossier) -> Precedents:
    """`find`, within a transaction."""
    cases = await _cases(c, by, found)
    if not is_told(found):
        return Precedents(cases)
    answers = await precedent.answers(c, [case.decision_id for case in cases])
    resolved = await precedent.count_resolved(c, found.team.id)
    recommendation = recommended(
        answers, decision_type=found.decision.case.decision_type, resolved=resolved, now=by.now
    )
    return Precedents(cases, tuple(answers), recommendation if by.plan.suggestions else None)


async def _cases(c: AsyncConnection, by: By, found: Dossier) -> tuple[Precedent, ...]:
    decision = found.decision
    words = await precedent.by_words(c, decision, of_choices=is_told(found))
    close = await _by_meaning(c, found)
    ids = [hit.decision_id for hit in (*words.hits, *close)]
    known = await precedent.cases(c, ids, team_id=decision.team_id)
    return nearest(
        words.hits,
        close,
        known,
        words=words.words,
        amount=decision.case.financial_impact,
        currency=decision.currency,
        now=by.now,
    )


async def _by_meaning(c: AsyncConnection, found: Dossier) -> list[Hit]:
    """What the worker has embedded is compared here; nothing is embedded. Of the case's own text alone, whatever was
    chosen. Empty where this installation has no model, or the case is too new."""
    own = await meaning.find(c, found.decision.id)
    if own is None:
        return []
    model, vector = own
    others = await meaning.of_scope(c, found.decision, model=model)
    near = vectors.nearest(vector, [row for _, row in others], most=MOST)
    return [Hit(others[place][0], cosine) for place, cosine in near]


async def suggest(db: Db, by: By, found: Dossier) -> tuple[Suggestion, ...]:
    """Options of similar cases, while options are collected: all that were proposed there, whichever was chosen."""
    if not (by.plan.suggestions and may_suggest(found)):
        return ()

    async def work(c: AsyncConnection) -> tuple[Suggestion, ...]:
        cases = await _cases(c, by, found)
        options = await option.of_decisions(c, [case.decision_id for case in cases])
        return suggestions(found, cases, options)

    return await run_tx(db, work)


async def rate(db: Db, by: By, decision_id: UUID, *, is_useful: bool) -> None:
    """Count whether somebody found the recommendation useful; who said so is not kept.

    Raises NotFound where there is none to be seen from this case now.
    """

    async def work(c: AsyncConnection) -> None:
        found = await dossier.get(c, team_id=by.team.id, decision_id=decision_id, lock=True)
        recommendation = (await look(c, by, found)).recommendation
        if recommendation is None:
            raise NotFound(
                f"There is no recommendation for {found.decision.name} now. Show details tells where it stands."
            )
        await precedent.count_rating(c, decision_id, recommendation.body(), is_useful=is_useful)

    await run_tx(db, work)


async def keep(c: AsyncConnection, by: By, found: Dossier) -> None:
    """Store what was recommended when somebody decides, so that it can be compared with how it turned out."""
    recommendation = (await look(c, by, found)).recommendation
    if recommendation is not None:
        await precedent.set_recommendation(c, found.decision.id, recommendation.body())
