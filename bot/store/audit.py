"""The trail of state changes: who, what, when (table `audit_logs`). Never a score, a comment, a text about a case."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.by import Origin
from bot.domain.trail import Deed, Line
from bot.domain.webhook import event_of
from bot.store import tables as t
from bot.store import webhook

_WRITTEN_AT = func.timezone("UTC", func.now() + (func.clock_timestamp() - func.transaction_timestamp()))
"""now() is the transaction's beginning: who waited for a lock would stand before whom they waited for."""


async def write(
    c: AsyncConnection,
    action: str,
    *,
    decision_id: UUID | None = None,
    by: UUID | None = None,
    details: Mapping[str, object] | None = None,
    origin: Origin | None = None,
) -> None:
    """Append one line. `details`: ids, numbers and states only; of a member's change also name and address.

    origin: None for a click, which comes from Slack's servers, not from the person, and where the trail is silent on
    who it was.
    `seq` is the order of the lines, also of several in one transaction; of one decision it is the order of what
    happened, as whoever changes a decision holds its lock. `created_at` is when the line was written.

    What webhooks tell of has a line here, so they are told here too, and nobody can forget it: one statement more for
    those few lines, in the same transaction.
    """
    origin = origin or Origin()
    token = {"token": str(origin.token)} if origin.token else {}
    added = await c.execute(
        insert(t.audit_logs)
        .values(
            decision_id=decision_id,
            user_id=by,
            action=action,
            details={**(details or {}), **token} or None,
            ip_address=origin.address,
            user_agent=origin.agent,
            created_at=_WRITTEN_AT,
        )
        .returning(t.audit_logs.c.seq)
    )
    if decision_id and (event := event_of(action, details or {})):
        await webhook.announce(c, event, decision_id=decision_id, mark=str(added.scalar_one()))


async def latest(c: AsyncConnection, decision_id: UUID, *, lines: Sequence[str]) -> Deed | None:
    """The newest of these lines about the decision; None where there is none, or where nobody has pressed it."""
    a, m = t.audit_logs.c, t.team_members.c
    row = (
        await c.execute(
            select(a.action, a.details, a.created_at, m.id, m.name)
            .outerjoin(t.team_members, m.id == a.user_id)
            .where(a.decision_id == decision_id, a.action.in_(lines))
            .order_by(a.seq.desc())
            .limit(1)
        )
    ).one_or_none()
    if row is None or row.id is None:
        return None
    option = (row.details or {}).get("option")
    return Deed(row.action, row.id, row.name, row.created_at, UUID(option) if option else None)


_A = t.audit_logs.c
_LINES = (
    select(
        _A.seq,
        _A.created_at,
        _A.action,
        _A.details,
        func.host(_A.ip_address).label("address"),
        _A.user_agent,
        t.team_members.c.name,
        t.customer_decisions.c.number,
    )
    .select_from(t.audit_logs)
    .outerjoin(t.team_members, t.team_members.c.id == _A.user_id)
    .outerjoin(t.customer_decisions, t.customer_decisions.c.id == _A.decision_id)
    .order_by(_A.seq.desc())
)


async def of_team(c: AsyncConnection, team_id: UUID, *, before: int | None, at_most: int) -> list[Line]:
    """The team's lines, newest first, from before the one with that number on."""
    older = [_A.seq < before] if before is not None else []
    return [_line(row) for row in await c.execute(_LINES.where(_A.team_id == team_id, *older).limit(at_most))]


async def of_decision(c: AsyncConnection, decision_id: UUID, *, at_most: int) -> list[Line]:
    """The decision's lines, newest first."""
    return [_line(row) for row in await c.execute(_LINES.where(_A.decision_id == decision_id).limit(at_most))]


def _line(row: Any) -> Line:
    return Line(
        seq=row.seq,
        at=row.created_at,
        action=row.action,
        who=row.name,
        number=row.number,
        details=row.details or {},
        address=row.address,
        agent=row.user_agent,
    )
