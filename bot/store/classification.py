"""What a team has chosen about suggestions, the decided cases that they learn from, and what was read of a case."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.classification import BODY_LENGTH, Choices, Reading
from bot.domain.decision import Status
from bot.store import tables as t

CENT = Decimal("0.01")


async def choices(c: AsyncConnection, team_id: UUID, *, lock: bool = False) -> Choices:
    """`lock`: so that two changes take turns."""
    k = t.teams.c
    query = select(k.suggests_from_text, k.suggestion_words, k.asks_model).where(k.id == team_id)
    row = (await c.execute(query.with_for_update() if lock else query)).one()
    return Choices(row.suggests_from_text, _words(row.suggestion_words), row.asks_model)


def _words(kept: object) -> dict[str, tuple[str, ...]]:
    """As the JSON keeps them; what is no list of texts under a name is left away."""
    listed = kept.items() if isinstance(kept, Mapping) else ()
    return {str(about): tuple(map(str, words)) for about, words in listed if isinstance(words, list)}


async def set_choices(c: AsyncConnection, team_id: UUID, chosen: Choices) -> None:
    words = {about: list(typed) for about, typed in chosen.words.items()}
    values = {"suggests_from_text": chosen.is_on, "suggestion_words": words, "asks_model": chosen.asks_model}
    await c.execute(update(t.teams).where(t.teams.c.id == team_id).values(**values))


async def decided(c: AsyncConnection, team_id: UUID, *, at_most: int) -> Sequence[tuple[str, str]]:
    """Text and type of the team's latest resolved decisions: titles, and as much of the rest as is read. No ballots."""
    d = t.customer_decisions.c
    rows = await c.execute(
        select(d.title, func.left(d.description, BODY_LENGTH).label("rest"), d.decision_type)
        .where(
            d.team_id == team_id,
            d.status == Status.RESOLVED.value,
            d.actual_resolution_date.is_not(None),
            d.erased_at.is_(None),
        )
        .order_by(d.actual_resolution_date.desc(), d.number.desc())
        .limit(at_most)
    )
    return [(f"{row.title}\n{row.rest}", row.decision_type) for row in rows]


async def keep(c: AsyncConnection, decision_id: UUID, reading: Reading | None) -> None:
    """None: nothing was read, since the team wants no suggestions."""
    values = {
        "ai_classification": reading.to_json() if reading else None,
        "ai_confidence_score": Decimal(reading.confidence).quantize(CENT) if reading else None,
    }
    await c.execute(update(t.customer_decisions).where(t.customer_decisions.c.id == decision_id).values(**values))
