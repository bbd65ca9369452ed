"""Reads a team's decisions for the exported table, page by page. Nothing of the vault: what the team sees anyhow."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.decision import Status
from bot.domain.export import Record
from bot.domain.outcome import Outcome
from bot.domain.result import Result, from_body
from bot.errors import told
from bot.store import option, outcome
from bot.store import tables as t
from bot.store.decision import decision_of

log = structlog.get_logger(__name__)


async def lock_requests(c: AsyncConnection, member_id: UUID) -> None:
    """Take turns with other requests of the same person, until the transaction ends.

    Somebody who asks twice at once would otherwise find no export on its way both times, and get two.
    """
    await c.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"export:{member_id}", 7))))


async def count(c: AsyncConnection, team_id: UUID) -> int:
    d = t.customer_decisions.c
    return (await c.execute(select(func.count()).where(d.team_id == team_id))).scalar_one()


async def page(c: AsyncConnection, *, team_id: UUID, before: int | None, at_most: int) -> list[Record]:
    """The team's decisions with a number below `before` (None: the newest), newest first."""
    d = t.customer_decisions.c
    owner = t.team_members.alias()
    query = (
        select(*d, owner.c.name.label("owner_name"))
        .join(owner, owner.c.id == d.created_by)
        .where(d.team_id == team_id)
        .order_by(d.number.desc())
        .limit(at_most)
    )
    rows = list(await c.execute(query if before is None else query.where(d.number < before)))
    ids = [row.id for row in rows]
    options = await option.of_decisions(c, ids)
    results = await _results(c, ids)
    # After "Change the choice" the outcome row stays, but it is no choice until the decision is resolved again.
    resolved = [row.id for row in rows if row.status == Status.RESOLVED.value]
    outcomes = await outcome.of_decisions(c, resolved)
    people = [member_id for found in outcomes.values() for member_id in _whose(found) if member_id]
    names = await _names(c, people)
    return [
        Record(
            decision=decision_of(row),
            owner=row.owner_name,
            options=options[row.id],
            results=results.get(row.id, ()),
            outcome=outcomes.get(row.id),
            **_people(names, outcomes.get(row.id)),
            suggested_type=(row.ai_classification or {}).get("type"),
            confidence=row.ai_confidence_score,
        )
        for row in rows
    ]


async def _results(c: AsyncConnection, decision_ids: Sequence[UUID]) -> dict[UUID, tuple[Result, ...]]:
    r, published = t.rounds.c, t.round_results.c
    rows = await c.execute(
        select(r.decision_id, published.body)
        .join(t.rounds, r.id == published.round_id)
        .where(r.decision_id.in_(decision_ids), r.voided_at.is_(None))
        .order_by(r.decision_id, r.number)
    )
    found: dict[UUID, tuple[Result, ...]] = {}
    for row in rows:
        try:
            result = from_body(row.body)
        except Exception as error:  # only this decision's line is exported without a result
            log.error("a result cannot be read", decision=str(row.decision_id), **told(error))
            continue
        found[row.decision_id] = (*found.get(row.decision_id, ()), result)
    return found


def _whose(found: Outcome) -> tuple[UUID | None, ...]:
    return found.resolved_by, found.resolved_for, found.confirmed_by


def _people(names: Mapping[UUID, str], found: Outcome | None) -> dict[str, str]:
    """By the field of the record; empty names where nobody has chosen."""
    fields = ("resolver", "principal", "second")
    whose = _whose(found) if found else (None, None, None)
    return {field: _named(names, member_id) for field, member_id in zip(fields, whose, strict=True)}


def _named(names: Mapping[UUID, str], member_id: UUID | None) -> str:
    return names.get(member_id, "") if member_id else ""


async def _names(c: AsyncConnection, member_ids: Sequence[UUID]) -> dict[UUID, str]:
    m = t.team_members.c
    rows = await c.execute(select(m.id, m.name).where(m.id.in_(member_ids)))
    return {row.id: row.name for row in rows}
