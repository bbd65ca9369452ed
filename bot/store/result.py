"""Publication: the ballots handed out once without names, and what may be kept of them (table `round_results`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.ranking import Cell, Cells
from bot.domain.result import Result, from_body, to_body
from bot.store import tables as t


@dataclass(frozen=True)
class HandedOut:
    """The ballots of one round, without names, in random order."""

    ballots: tuple[Cells, ...] = field(repr=False)
    confidences: tuple[Mapping[Cell, int], ...] = field(repr=False)
    """Per ballot: cell -> 1..5, where a confidence was given."""


# One row per ballot, with arrays, and each cell as one number (option's place x width + criterion's place): to read
# 100,000 rows with two UUIDs each took longer than the whole analysis.
_PUBLISH = text(
    """
    SELECT array_agg((array_position(:options, option_id) - 1) * :width + array_position(:criteria, criteria_id) - 1),
        array_agg(score), array_agg(confidence)
    FROM publish_round(:round) GROUP BY ballot
    """
).bindparams(bindparam("options", type_=ARRAY(Uuid)), bindparam("criteria", type_=ARRAY(Uuid)))


async def publish(
    c: AsyncConnection, round_id: UUID, *, option_ids: Sequence[UUID], criterion_ids: Sequence[UUID]
) -> HandedOut:
    """Hand out the ballots of a closed round, and seal them. Works once per round.

    option_ids, criterion_ids: those of the round's snapshot. Raises DBAPIError with SQLSTATE CV001 (not closed), CV002
    (closed in this very transaction), CV003 (published or voided already) or CV004 (no quorum and no override).
    """
    named = {"options": list(option_ids), "criteria": list(criterion_ids), "width": len(criterion_ids)}
    rows = (await c.execute(_PUBLISH, {"round": round_id, **named})).all()
    cells = [(option, criterion) for option in option_ids for criterion in criterion_ids]
    return HandedOut(
        ballots=tuple({cells[i]: score for i, score in zip(at, scores, strict=True)} for at, scores, _ in rows),
        confidences=tuple(
            {cells[i]: sure for i, sure in zip(at, confidences, strict=True) if sure is not None}
            for at, _, confidences in rows
        ),
    )


async def store(c: AsyncConnection, round_id: UUID, result: Result) -> None:
    await c.execute(
        insert(t.round_results).values(
            round_id=round_id, version=result.version, ballots=result.ballots, body=to_body(result)
        )
    )


async def find(c: AsyncConnection, round_id: UUID) -> Result | None:
    body = (
        await c.execute(select(t.round_results.c.body).where(t.round_results.c.round_id == round_id))
    ).scalar_one_or_none()
    return from_body(body) if body is not None else None


async def comments(c: AsyncConnection, round_id: UUID) -> list[tuple[UUID, str]]:
    """(option id, comment) of a published round; by option sorted by text, so the order tells nothing about authors."""
    rows = await c.execute(text("SELECT option_id, comment FROM published_comments(:round)"), {"round": round_id})
    return [(row.option_id, row.comment) for row in rows]


async def verify(c: AsyncConnection, round_id: UUID) -> dict[str, str]:
    """What the vault looked at -> one word about it, for `conclave verify`.

    'order': 'open' | 'closed' | 'voided' | 'sealed' | 'unsealed'; the others only of a published round: see
    `verify_round` in migrations/vault.sql.
    """
    rows = await c.execute(text("SELECT looked_at, answer FROM verify_round(:round)"), {"round": round_id})
    return {row.looked_at: row.answer for row in rows}
