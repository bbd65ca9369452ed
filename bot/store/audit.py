"""The trail of state changes: who, what, when (table `audit_logs`). Never a score, a comment or a typed text."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import func, insert
from sqlalchemy.ext.asyncio import AsyncConnection

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
    """Append one line. `details`: ids, numbers and states only.

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
