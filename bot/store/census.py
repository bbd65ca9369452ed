"""Counts for those who watch an installation: of deliveries and of unfinished decisions. By partial indexes alone."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True)
class Census:
    due: Mapping[str, tuple[int, float]]
    """Kind of delivery -> how many could go out, and for how many seconds the oldest."""
    dead: Mapping[str, int]
    """What failed last -> how many were given up."""
    unfinished: Mapping[str, int]
    """State -> how many decisions."""


_DUE = text(
    """
    SELECT kind, count(*) AS number, extract(epoch FROM now() - min(run_at))::float8 AS seconds
    FROM outbox WHERE state = 'ready' AND run_at <= now() GROUP BY kind
    """
)
_DEAD = text(
    "SELECT coalesce(last_error, '') AS reason, count(*) AS number FROM outbox WHERE state = 'dead' GROUP BY 1"
)
_OPEN = text(
    """
    SELECT status AS state, count(*) AS number FROM customer_decisions
    WHERE status IN ('created', 'team_input', 'evaluating') GROUP BY status
    """
)
_GOING_ON = text(
    """
    SELECT CASE WHEN d.current_phase = 5 THEN 'to_inform' WHEN o.recorded_at IS NULL THEN 'to_record'
        ELSE 'to_follow_up' END AS state, count(*) AS number
    FROM decision_outcomes o JOIN customer_decisions d ON d.id = o.decision_id
    WHERE (o.recorded_at IS NULL OR o.follow_up_date IS NOT NULL) AND d.status = 'resolved' GROUP BY 1
    """
)


async def take(c: AsyncConnection) -> Census:
    due = {row.kind: (row.number, row.seconds) for row in await c.execute(_DUE)}
    dead = {row.reason: row.number for row in await c.execute(_DEAD)}
    unfinished = {row.state: row.number for query in (_OPEN, _GOING_ON) for row in await c.execute(query)}
    return Census(due, dead, unfinished)
