"""Reads what is resolved, as far as it teaches; and what was proposed because of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Interval, ScalarSelect, func, literal, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.choice import kind_of
from bot.domain.decision import Decision, Status
from bot.domain.learning import MOST, Past
from bot.domain.ledger import YEAR, Entry
from bot.domain.outcome import has_worked
from bot.store import tables as t

# Forecasts and criteria in subqueries: joined, all there are would be read, of all teams.
_PASTS = text(
    """
    SELECT d.id, d.number, d.title, d.decision_type, d.actual_resolution_date AS resolved_at, d.financial_impact,
        d.currency, o.resolved_by, o.worked, o.escalation_occurred, o.customer_retained, o.answered_at, o.recorded_at,
        o.follows, o.chosen_total, r.title AS choice, r.financial_cost,
        (SELECT f.per_cent FROM forecasts f WHERE f.decision_id = d.id AND f.option_id = o.selected_option_id
            AND f.member_id = o.resolved_by) AS per_cent,
        (SELECT jsonb_object_agg(c.name, o.chosen_means -> c.id::text) FROM decision_criteria c
            WHERE c.decision_id = d.id AND o.chosen_means ? c.id::text) AS means
    FROM (SELECT * FROM customer_decisions
        WHERE team_id = :team AND status = 'resolved' AND actual_resolution_date IS NOT NULL
        ORDER BY actual_resolution_date DESC LIMIT :most) AS d
    JOIN decision_outcomes o ON o.decision_id = d.id
    JOIN response_options r ON r.id = o.selected_option_id
    ORDER BY d.actual_resolution_date DESC
    """
).columns(resolved_at=t.UTC_TIMESTAMP)


async def pasts(c: AsyncConnection, team_id: UUID) -> list[Past]:
    """The latest `MOST` of the team's resolved decisions, newest first."""
    return [_past(row) for row in await c.execute(_PASTS, {"team": team_id, "most": MOST})]


def _past(row: Any) -> Past:
    return Past(
        decision_id=row.id,
        number=row.number,
        title=row.title,
        decision_type=row.decision_type,
        resolved_at=row.resolved_at,
        grant=kind_of(row.choice, cost=row.financial_cost, amount=row.financial_impact),
        resolved_by=row.resolved_by,
        amount=row.financial_impact,
        currency=row.currency,
        worked=_worked(row),
        known_at=row.answered_at or row.recorded_at,
        follows=row.follows,
        total=None if row.chosen_total is None else float(row.chosen_total),
        means=row.means or {},
        sure=row.per_cent,
    )


def _worked(row: Any) -> bool | None:
    return has_worked(row.worked, was_escalated=bool(row.escalation_occurred), stayed=row.customer_retained)


async def counts(c: AsyncConnection, team_id: UUID, *, now: datetime) -> tuple[int, int]:
    """(outcomes that are known, decisions) of those that were resolved within a year."""
    recent = (_D.team_id == team_id, _D.status == Status.RESOLVED.value, _D.actual_resolution_date > now - YEAR)
    is_known = _O.worked.is_not(None) | _O.escalation_occurred | _O.customer_retained.is_not(None)
    known = func.count().filter(is_known)
    joined = t.customer_decisions.join(t.decision_outcomes, _O.decision_id == _D.id)
    query = select(known, func.count()).select_from(joined).where(*recent)
    row = (await c.execute(query)).one()
    return row[0], row[1]


async def began_at(c: AsyncConnection, team_id: UUID) -> datetime | None:
    """When the team opened its first decision."""
    first = select(_D.created_at).where(_D.team_id == team_id).order_by(_D.number).limit(1)
    found: datetime | None = (await c.execute(first)).scalar_one_or_none()
    return found


_EARLIER = t.customer_decisions.alias("earlier")


def requests_of(d: FromClause) -> ScalarSelect[int]:
    """How often the customer of this row of `customer_decisions` has asked within a year up to it, with it; without
    what was cancelled."""
    e = _EARLIER.c
    is_same = (func.lower(e.customer_name) == func.lower(d.c.customer_name)) | (
        e.customer_id == func.nullif(d.c.customer_id, "")
    )
    return (
        select(func.count())
        .select_from(_EARLIER)
        .where(e.team_id == d.c.team_id, is_same, e.number <= d.c.number, e.status != Status.CANCELLED.value)
        .where(e.created_at > d.c.created_at - literal(YEAR, Interval))
        .scalar_subquery()
    )


async def entries(c: AsyncConnection, decision: Decision, *, at_most: int) -> list[Entry]:
    """What came of the customer's other requests of the year before this decision and since, newest first."""
    d = t.customer_decisions.c
    since = d.actual_resolution_date > decision.created_at - YEAR
    rows = await c.execute(_RESOLVED.where(_of_customer(decision), d.id != decision.id, since).limit(at_most))
    return [_entry(row) for row in rows]


async def granted(c: AsyncConnection, team_id: UUID, *, at_most: int) -> list[tuple[str, Entry]]:
    """(customer, what they were granted or not) of the team's latest resolved decisions, newest first."""
    rows = await c.execute(_RESOLVED.where(t.customer_decisions.c.team_id == team_id).limit(at_most))
    return [(row.customer_name, _entry(row)) for row in rows]


_D, _O, _R = t.customer_decisions.c, t.decision_outcomes.c, t.response_options.c
_RESOLVED = (
    select(*_D, _O.worked, _O.escalation_occurred, _O.customer_retained, _R.title.label("choice"), _R.financial_cost)
    .join(t.decision_outcomes, _O.decision_id == _D.id)
    .join(t.response_options, _R.id == _O.selected_option_id)
    .where(_D.status == Status.RESOLVED.value, _D.actual_resolution_date.is_not(None))
    .order_by(_D.actual_resolution_date.desc(), _D.number.desc())
)


def _of_customer(decision: Decision) -> ColumnElement[bool]:
    """In its team: by the customer's id where it has one, or by the name, however it is capitalised."""
    case = decision.case
    is_same = func.lower(_D.customer_name) == case.customer_name.lower()
    if case.customer_id:
        is_same = is_same | (_D.customer_id == case.customer_id)
    return (_D.team_id == decision.team_id) & is_same


def _entry(row: Any) -> Entry:
    return Entry(
        decision_id=row.id,
        number=row.number,
        title=row.title,
        choice=row.choice,
        grant=kind_of(row.choice, cost=row.financial_cost, amount=row.financial_impact),
        cost=row.financial_cost,
        currency=row.currency,
        resolved_at=row.actual_resolution_date,
        worked=_worked(row),
    )


# --- Proposals to write or to review a policy.


async def proposed(c: AsyncConnection, team_id: UUID, *, lock: bool = False) -> dict[str, UUID | None]:
    """By key, the decision as which a proposal was opened; None: it was not yet, or that one was cancelled.

    lock: whoever opens one takes turns.
    """
    p, d = t.policy_proposals, t.customer_decisions
    if lock:
        await c.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"policy:{team_id}", 7))))
    rows = await c.execute(
        select(p.c.key, d.c.id)
        .outerjoin(d, (d.c.id == p.c.decision_id) & (d.c.status != Status.CANCELLED.value))
        .where(p.c.team_id == team_id)
    )
    return {row.key: row.id for row in rows}


async def propose(c: AsyncConnection, team_id: UUID, key: str) -> bool:
    """Remember that the team's admins are told. True the first time."""
    p = t.policy_proposals
    query = insert(p).values(team_id=team_id, key=key).on_conflict_do_nothing(index_elements=["team_id", "key"])
    return (await c.execute(query.returning(p.c.key))).first() is not None


async def set_opened(c: AsyncConnection, team_id: UUID, key: str, decision_id: UUID) -> None:
    """As which decision it was opened."""
    p = t.policy_proposals.c
    await propose(c, team_id, key)
    await c.execute(
        update(t.policy_proposals).where(p.team_id == team_id, p.key == key).values(decision_id=decision_id)
    )
