"""Suggestions from the text of a case: read it, keep what was read, let a team choose. No ballot is read for them."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.by import By
from bot.domain.classification import Choices, Reading
from bot.errors import NotAllowed
from bot.services.team import check_admin
from bot.store import audit, classification
from bot.store.db import Db, run_tx

HISTORY = 160
"""So many of the team's latest decided cases are learnt from; more cost milliseconds and were not better."""


async def suggest(db: Db, by: By, *, title: str, description: str) -> Reading | None:
    """What the text is about, for a window that opens with it; None without a text, or where the team wants none."""
    if not (title.strip() or description.strip()):
        return None
    return await run_tx(db, lambda c: read(c, by, title=title, description=description, currency=by.team.currency))


async def read(c: AsyncConnection, by: By, *, title: str, description: str, currency: str) -> Reading | None:
    """`suggest`, in the caller's transaction."""
    if not by.plan.suggestions:
        return None
    chosen = await classification.choices(c, by.team.id)
    if not chosen.is_on:
        return None
    history = await classification.decided(c, by.team.id, at_most=HISTORY)
    classifier = by.rules.classifier.with_words(chosen.words).taught(history)
    return classifier.read(f"{title}\n{description}", currency=currency)


async def keep(c: AsyncConnection, by: By, decision_id: UUID, *, title: str, description: str, currency: str) -> None:
    """Read the case as it is opened, and write down what was read."""
    reading = await read(c, by, title=title, description=description, currency=currency)
    await classification.keep(c, decision_id, reading)


async def choices(db: Db, by: By, *, is_workspace_admin: bool) -> Choices:
    """What the team has chosen. Raises NotAllowed for anybody but a team admin, and where its plan has none."""
    check_admin(by.actor, is_workspace_admin=is_workspace_admin)
    if why := by.plan.no_suggestions(by.team):
        raise NotAllowed(why)
    return await run_tx(db, lambda c: classification.choices(c, by.team.id))


async def choose(db: Db, by: By, chosen: Choices, *, is_workspace_admin: bool) -> None:
    """Switch suggestions on or off, and replace the team's own words. Raises NotAllowed, as `choices` does."""
    check_admin(by.actor, is_workspace_admin=is_workspace_admin)

    async def work(c: AsyncConnection) -> None:
        before = await classification.choices(c, by.team.id, lock=True)
        if before == chosen:
            return
        # The window asks about a model only where there is one; what was chosen of it stays otherwise.
        chosen_now = chosen if by.rules.model else replace(chosen, asks_model=before.asks_model)
        await classification.set_choices(c, by.team.id, chosen_now)
        keeper = by.actor.keeper
        whom = {} if keeper.member_id else {"workspace_admin": keeper.user_id}
        switched = {"is_on": [before.is_on, chosen.is_on], "words_of": chosen_now.differs_in(before)}
        if chosen_now.asks_model != before.asks_model:
            switched["asks_model"] = [before.asks_model, chosen_now.asks_model]
        details = {"team": str(by.team.id), **switched, **whom}
        await audit.write(c, "suggestions.changed", by=keeper.member_id, details=details, origin=by.origin)

    await run_tx(db, work)
