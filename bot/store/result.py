"""Publication: the ballots handed out once without names, and what may be kept of them (table `round_results`)."""

from collections import defaultdict
from uuid import UUID

from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.result import Cells, Result, from_body, to_body
from bot.store import tables as t


async def publish(c: AsyncConnection, round_id: UUID) -> list[Cells]:
    """Hand out the ballots of a closed round, in random order, and seal them. Works once per round.

    Raises DBAPIError with SQLSTATE CV001 (not closed), CV002 (closed in this very transaction), CV003 (published or
    voided already) or CV004 (no quorum and no override).
    """
    rows = await c.execute(
        text("SELECT ballot, option_id, criteria_id, score FROM publish_round(:round)"), {"round": round_id}
    )
    ballots: dict[int, dict[tuple[UUID, UUID], int]] = defaultdict(dict)
    for row in rows:
        ballots[row.ballot][row.option_id, row.criteria_id] = row.score
    return list(ballots.values())


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
    """(option id, comment) of a published round, in an order that carries no information."""
    rows = await c.execute(text("SELECT option_id, comment FROM published_comments(:round)"), {"round": round_id})
    return [(row.option_id, row.comment) for row in rows]


async def order(c: AsyncConnection, round_id: UUID) -> str:
    """'open' | 'closed' | 'voided' | 'sealed' | 'unsealed', for `conclave verify`."""
    row = await c.execute(text("SELECT round_order(:round)"), {"round": round_id})
    answer: str = row.scalar_one()
    return answer
