"""Rows of `decision_outcomes`: one per decision, from the first resolve on."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.outcome import Answer, Before, Forecast, Outcome, OutcomeDraft, Proposal
from bot.store import tables as t

_OF_DECISIONS = select(t.decision_outcomes).where(t.decision_outcomes.c.decision_id == t.any_of("decisions"))


async def of_decisions(c: AsyncConnection, decision_ids: Sequence[UUID]) -> dict[UUID, Outcome]:
    """By decision. Also a choice that was taken back: the caller looks whether the decision is resolved."""
    rows = await c.execute(_OF_DECISIONS, {"decisions": list(decision_ids)})
    return {row.decision_id: outcome_of(row) for row in rows}


def outcome_of(row: Any) -> Outcome:
    return Outcome(
        decision_id=row.decision_id,
        selected_option_id=row.selected_option_id,
        reason=row.reason or "",
        resolved_by=row.resolved_by,
        response_sent_at=row.response_sent_at,
        resolution_time_hours=row.resolution_time_hours,
        customer_satisfaction_score=row.customer_satisfaction_score,
        customer_retained=row.customer_retained,
        financial_impact_actual=row.financial_impact_actual,
        escalation_occurred=bool(row.escalation_occurred),
        follow_up_date=row.follow_up_date,
        outcome_notes=row.outcome_notes,
        recorded_at=row.recorded_at,
        worked=row.worked,
        is_moved=row.is_moved,
        answer=Answer(row.answer) if row.answer else None,
        answered_at=row.answered_at,
        before=Before.from_body(row.before_answer) if row.before_answer else None,
        resolved_for=row.resolved_for,
        confirmed_by=row.confirmed_by,
    )


async def choose(
    c: AsyncConnection,
    *,
    decision_id: UUID,
    made: Proposal,
    confirmed_by: UUID | None,
    hours: int,
    follow_up: datetime,
) -> None:
    """Record the choice, and when it is asked how it turned out; a changed one replaces it (the trail has both)."""
    choice = {
        "selected_option_id": made.option_id,
        "reason": made.reason,
        "resolved_by": made.proposed_by,
        "resolved_for": made.proposed_for,
        "confirmed_by": confirmed_by,
        "resolution_time_hours": hours,
        "follow_up_required": True,
        "follow_up_date": follow_up,
    }
    await c.execute(
        insert(t.decision_outcomes)
        .values(decision_id=decision_id, **choice)
        .on_conflict_do_update(index_elements=["decision_id"], set_=choice)
    )


async def take_back(c: AsyncConnection, *, decision_id: UUID, reason: str) -> None:
    """Keep why the choice was taken back; the row stays until the next choice overwrites it."""
    await c.execute(
        update(t.decision_outcomes)
        .where(t.decision_outcomes.c.decision_id == decision_id)
        .values(reopened_reason=reason)
    )


async def set_informed(c: AsyncConnection, *, decision_id: UUID, at: datetime, by: UUID) -> None:
    await c.execute(
        update(t.decision_outcomes)
        .where(t.decision_outcomes.c.decision_id == decision_id)
        .values(response_sent_at=at, informed_by=by)
    )


async def record(c: AsyncConnection, *, decision_id: UUID, draft: OutcomeDraft) -> None:
    """Write how it turned out; may be amended."""
    await c.execute(
        update(t.decision_outcomes)
        .where(t.decision_outcomes.c.decision_id == decision_id)
        .values(
            customer_satisfaction_score=draft.customer_satisfaction_score,
            customer_retained=draft.customer_retained,
            financial_impact_actual=draft.financial_impact_actual,
            escalation_occurred=draft.escalation_occurred,
            follow_up_required=draft.follow_up_date is not None,
            follow_up_date=draft.follow_up_date,
            outcome_notes=draft.outcome_notes,
            worked=draft.worked,
            recorded_at=func.now(),
            answer=None,
            answered_at=None,
            before_answer=None,
        )
    )


async def set_answer(c: AsyncConnection, outcome: Outcome, *, by: UUID) -> None:
    """Write what one press says, or that it is taken back: all that it changes is of the outcome."""
    await c.execute(
        update(t.decision_outcomes)
        .where(t.decision_outcomes.c.decision_id == outcome.decision_id)
        .values(
            worked=outcome.worked,
            is_moved=outcome.is_moved,
            answer=outcome.answer.value if outcome.answer else None,
            answered_at=outcome.answered_at,
            answered_by=by if outcome.answer else None,
            before_answer=outcome.before.to_body() if outcome.before else None,
            follow_up_required=outcome.follow_up_date is not None,
            follow_up_date=outcome.follow_up_date,
            recorded_at=outcome.recorded_at,
        )
    )


async def set_forecast(c: AsyncConnection, decision_id: UUID, forecast: Forecast | None) -> None:
    """How sure the resolver is, in place of what anybody stated before; None: nothing is stated."""
    await c.execute(delete(t.forecasts).where(t.forecasts.c.decision_id == decision_id))
    if forecast:
        await c.execute(insert(t.forecasts).values(decision_id=decision_id, **vars(forecast)))


async def find_forecast(c: AsyncConnection, decision_id: UUID, *, member_id: UUID) -> Forecast | None:
    """What this member stated; nobody else's."""
    f = t.forecasts.c
    row = (await c.execute(select(*f).where(f.decision_id == decision_id, f.member_id == member_id))).one_or_none()
    return Forecast(row.option_id, row.member_id, row.per_cent, row.due) if row else None
