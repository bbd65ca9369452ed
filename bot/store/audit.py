"""The trail of state changes: who, what, when (table `audit_logs`). Never a score, a comment, a text about a case."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.trail import Deed
from bot.store import tables as t

_WRITTEN_AT = func.timezone("UTC", func.now() + (func.clock_timestamp() - func.transaction_timestamp()))
"""now() is the transaction's beginning: who waited for a lock would stand before whom they waited for."""


async def write(
    c: AsyncConnection,
    action: str,
    *,
    decision_id: UUID | None = None,
    by: UUID | None = None,
    details: Mapping[str, object] | None = None,
) -> None:
    """Append one line. `details`: ids, numbers and states only; of a member's change also name and address.

    The given columns `ip_address` and `user_agent` stay empty: a click comes from Slack's servers, not from the person.
    `seq` is the order of the lines, also of several in one transaction; of one decision it is the order of what
    happened, as whoever changes a decision holds its lock. `created_at` is when the line was written.
    """
    await c.execute(
        insert(t.audit_logs).values(
            decision_id=decision_id,
            user_id=by,
            action=action,
            details=dict(details) if details else None,
            created_at=_WRITTEN_AT,
        )
    )


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
