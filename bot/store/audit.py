"""The trail of state changes: who, what, when (table `audit_logs`). Never a score, a comment or a typed text."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.by import Origin
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
    origin: Origin | None = None,
) -> None:
    """Append one line. `details`: ids, numbers and states only.

    origin: None for a click, which comes from Slack's servers, not from the person, and where the trail is silent on
    who it was.
    `seq` is the order of the lines, also of several in one transaction; of one decision it is the order of what
    happened, as whoever changes a decision holds its lock. `created_at` is when the line was written.
    """
    origin = origin or Origin()
    token = {"token": str(origin.token)} if origin.token else {}
    await c.execute(
        insert(t.audit_logs).values(
            decision_id=decision_id,
            user_id=by,
            action=action,
            details={**(details or {}), **token} or None,
            ip_address=origin.address,
            user_agent=origin.agent,
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
