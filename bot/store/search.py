"""Looks for decisions by what is in their case, newest first, page by page."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, cast, func, select
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.decision import Status
from bot.domain.search import PAGE_LINES, Found, Results, State, Wanted
from bot.store import tables as t

_D = t.customer_decisions.c
_STATUSES = {
    State.OPEN: (Status.CREATED, Status.TEAM_INPUT, Status.EVALUATING),
    State.SCORING: (Status.EVALUATING,),
    State.RESOLVED: (Status.RESOLVED,),
    State.CANCELLED: (Status.CANCELLED,),
}
_FOUND = (
    select(
        _D.number,
        _D.title,
        _D.customer_name,
        _D.decision_type,
        _D.status,
        _D.current_phase,
        _D.urgency_level,
        t.team_members.c.name.label("owner"),
        _D.created_at,
        _D.actual_resolution_date,
        _D.financial_impact,
        _D.currency,
        t.response_options.c.title.label("choice"),
    )
    .select_from(t.customer_decisions)
    .join(t.team_members, t.team_members.c.id == _D.created_by)
    .outerjoin(t.decision_outcomes, t.decision_outcomes.c.decision_id == _D.id)
    .outerjoin(t.response_options, t.response_options.c.id == t.decision_outcomes.c.selected_option_id)
)


async def find(c: AsyncConnection, team_id: UUID, wanted: Wanted) -> Results:
    """One page of the team's decisions."""
    rows = (await c.execute(statement(team_id, wanted))).all()
    shown = rows[:PAGE_LINES]
    return Results(tuple(_found(row) for row in shown), shown[-1].number if len(rows) > PAGE_LINES else None)


def statement(team_id: UUID, wanted: Wanted) -> Select[Any]:
    """Of a page and one line more, which tells whether there is another page."""
    return (
        _FOUND.where(_D.team_id == team_id, *_conditions(team_id, wanted))
        .order_by(_D.number.desc())
        .limit(PAGE_LINES + 1)
    )


def _conditions(team_id: UUID, wanted: Wanted) -> list[ColumnElement[bool]]:
    statuses = [status.value for status in _STATUSES[wanted.state or State.OPEN]]
    given: tuple[tuple[Any, Callable[[Any], ColumnElement[bool]]], ...] = (
        (wanted.words, lambda words: _D.id.in_(_with_words(team_id, words))),
        (wanted.state, lambda _: _D.status.in_(statuses)),
        (wanted.decision_type, lambda kind: _D.decision_type == kind),
        (wanted.customer, lambda name: func.lower(_D.customer_name) == name.lower()),
        (wanted.urgency, lambda level: _D.urgency_level == level),
        (wanted.owner, lambda member_id: _D.created_by == member_id),
        (wanted.before, lambda number: _D.number < number),
    )
    return [condition(value) for value, condition in given if value] + _days(wanted)


def _with_words(team_id: UUID, words: str) -> Select[Any]:
    """The team's decisions with these words: both stand in one index."""
    w = t.decision_words.c
    asked = cast(f"'{team_id}'", TSQUERY).op("&&")(func.websearch_to_tsquery("simple", words))
    return select(w.decision_id).where(w.words.op("@@")(asked))


def _days(wanted: Wanted) -> list[ColumnElement[bool]]:
    since = [_D.created_at >= datetime.combine(wanted.since, time(), UTC)] if wanted.since else []
    end = [_D.created_at < datetime.combine(wanted.until, time(), UTC) + timedelta(days=1)] if wanted.until else []
    return since + end


def _found(row: Any) -> Found:
    return Found(
        number=row.number,
        title=row.title,
        customer=row.customer_name,
        decision_type=row.decision_type,
        status=row.status,
        phase=row.current_phase,
        urgency=row.urgency_level,
        owner=row.owner,
        opened_at=row.created_at,
        resolved_at=row.actual_resolution_date,
        amount=row.financial_impact,
        currency=row.currency,
        choice=row.choice,
    )
