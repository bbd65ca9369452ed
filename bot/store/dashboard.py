"""Counts and medians over a team's decisions of the last 12 months."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.dashboard import LEAST_FOR_MEDIAN, Kind, Pace
from bot.domain.learning import MOST
from bot.domain.ledger import YEAR

PARTS = (
    "Until scoring starts",
    "Until the result",
    "Until resolved",
    "Until informed",
    "Until outcome known",
)
_LATEST = """
    SELECT * FROM customer_decisions WHERE team_id = :team AND created_at > timezone('UTC', CAST(:since AS timestamptz))
    ORDER BY number DESC LIMIT :most
"""
# Of several rounds the first began the scoring, and the last gave the result.
_PACES = text(
    f"""
    WITH moments AS (
        SELECT d.created_at, r.opened_at, r.published_at, d.actual_resolution_date AS resolved_at,
            o.response_sent_at AS sent_at, timezone('UTC', o.recorded_at) AS recorded_at
        FROM ({_LATEST}) AS d
        LEFT JOIN decision_outcomes o ON o.decision_id = d.id
        LEFT JOIN LATERAL (
            SELECT timezone('UTC', min(k.opened_at)) AS opened_at, timezone('UTC', max(k.published_at)) AS published_at
            FROM rounds k WHERE k.decision_id = d.id AND k.voided_at IS NULL) AS r ON true)
    SELECT part, count(took), percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM took)::float8) / 3600
    FROM moments CROSS JOIN LATERAL (VALUES
        (0, opened_at - created_at), (1, published_at - opened_at), (2, resolved_at - published_at),
        (3, sent_at - resolved_at), (4, recorded_at - sent_at)) AS parts (part, took)
    WHERE took >= interval '0' GROUP BY part ORDER BY part
    """
)
_KINDS = text(
    f"""
    SELECT decision_type,
        count(*) FILTER (WHERE status = 'resolved' AND worked),
        count(*) FILTER (WHERE status = 'resolved' AND NOT worked),
        count(*) FILTER (WHERE status = 'resolved' AND worked IS NULL),
        count(*) FILTER (WHERE status IN ('created', 'team_input', 'evaluating')),
        count(*) FILTER (WHERE status = 'cancelled')
    FROM (
        SELECT d.decision_type, d.status,
            coalesce(o.worked, CASE WHEN o.escalation_occurred THEN false ELSE o.customer_retained END) AS worked
        FROM ({_LATEST}) AS d LEFT JOIN decision_outcomes o ON o.decision_id = d.id) AS each
    GROUP BY decision_type ORDER BY count(*) DESC, decision_type
    """
)


async def paces(c: AsyncConnection, team_id: UUID, *, now: datetime) -> list[Pace]:
    """A part each, in their order, also those that no decision has gone through."""
    rows = {row[0]: row for row in await c.execute(_PACES, _asked(team_id, now))}
    found = [rows.get(place, (place, 0, None)) for place in range(len(PARTS))]
    return [
        Pace(name, count, hours if count >= LEAST_FOR_MEDIAN else None)
        for name, (_, count, hours) in zip(PARTS, found, strict=True)
    ]


async def kinds(c: AsyncConnection, team_id: UUID, *, now: datetime) -> list[Kind]:
    """By type, the most frequent first."""
    return [Kind(*row) for row in await c.execute(_KINDS, _asked(team_id, now))]


def _asked(team_id: UUID, now: datetime) -> dict[str, object]:
    return {"team": team_id, "since": now - YEAR, "most": MOST}
