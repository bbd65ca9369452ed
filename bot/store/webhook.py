"""Endpoints that teams are told at, the deliveries to them, and the log of attempts.

Tables `webhook_endpoints` and `webhook_attempts`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.team import TOP_AUTHORITY, SlackUser
from bot.domain.webhook import LOG_KEPT, Attempt, Draft, Endpoint, Event, Why
from bot.store import tables as t

KIND = "webhook"
_E = t.webhook_endpoints.c
_COLUMNS = (
    _E.id,
    _E.team_id,
    _E.owner_id,
    _E.label,
    _E.url,
    _E.events,
    _E.created_at,
    _E.previous_until,
    _E.disabled_at,
    _E.disabled_why,
)


@dataclass(frozen=True)
class Sealed:
    """The secrets of an endpoint as they lie in its row."""

    id: UUID
    secret: bytes
    previous_secret: bytes | None
    key_id: str


def _endpoint(row: Any) -> Endpoint:
    return Endpoint(
        id=row.id,
        team_id=row.team_id,
        owner_id=row.owner_id,
        label=row.label,
        url=row.url,
        events=tuple(Event(one) for one in row.events),
        created_at=row.created_at,
        previous_until=row.previous_until,
        disabled_at=row.disabled_at,
        disabled_why=Why(row.disabled_why) if row.disabled_why else None,
    )


# --- What happened goes on its way.

# One row for each endpoint of the decision's team that wants to hear of it. `status` is that of this very moment; all
# else is read when it is sent. Whoever changes a decision holds its lock, so the ids of a lane are in the order of what
# happened.
_ANNOUNCE = text(
    """
    WITH told AS (
      INSERT INTO outbox (kind, lane, dedupe_key, payload)
      SELECT 'webhook', 'webhook:' || e.id || ':' || d.id, 'webhook:' || e.id || ':' || CAST(:mark AS text),
        jsonb_build_object('endpoint', e.id, 'decision', d.id, 'event', CAST(:event AS text), 'status', d.status)
      FROM customer_decisions d JOIN webhook_endpoints e ON e.team_id = d.team_id
      WHERE d.id = :decision AND e.disabled_at IS NULL AND CAST(:event AS text) = ANY (e.events)
      ON CONFLICT (dedupe_key) DO NOTHING RETURNING id)
    SELECT pg_notify('outbox', '') FROM told LIMIT 1
    """
)


async def announce(c: AsyncConnection, event: Event, *, decision_id: UUID, mark: str) -> None:
    """Tell the team's endpoints, in the caller's transaction. mark: names what happened; the same one is told once."""
    await c.execute(_ANNOUNCE, {"event": event.value, "decision": decision_id, "mark": mark})


# --- Endpoints.


async def add(
    c: AsyncConnection,
    draft: Draft,
    *,
    id_: UUID,
    team_id: UUID,
    owner_id: UUID,
    workspace_id: str,
    secret: bytes,
    key_id: str,
) -> Endpoint:
    row = insert(t.webhook_endpoints).values(
        id=id_,
        team_id=team_id,
        owner_id=owner_id,
        workspace_id=workspace_id,
        label=draft.label,
        url=draft.url,
        events=list(draft.events),
        secret=secret,
        key_id=key_id,
    )
    return _endpoint((await c.execute(row.returning(*_COLUMNS))).one())


async def of_team(c: AsyncConnection, team_id: UUID) -> list[Endpoint]:
    """In the order in which they were added."""
    rows = await c.execute(select(*_COLUMNS).where(_E.team_id == team_id).order_by(_E.created_at, _E.id))
    return [_endpoint(row) for row in rows]


async def find(c: AsyncConnection, id_: UUID, *, team_id: UUID | None = None, lock: bool = False) -> Endpoint | None:
    """team_id: whose it has to be; None: whoever's."""
    query = select(*_COLUMNS).where(_E.id == id_, *([_E.team_id == team_id] if team_id else []))
    row = (await c.execute(query.with_for_update() if lock else query)).one_or_none()
    return _endpoint(row) if row else None


async def write(c: AsyncConnection, id_: UUID, values: Mapping[str, Any]) -> None:
    await c.execute(update(t.webhook_endpoints).where(_E.id == id_).values(**values))


async def remove(c: AsyncConnection, id_: UUID) -> None:
    """With its log. What was on its way there is settled when its turn comes."""
    await c.execute(delete(t.webhook_endpoints).where(_E.id == id_))


async def count_by_state(c: AsyncConnection) -> tuple[int, int]:
    """(all endpoints, those that are disabled)."""
    row = (await c.execute(select(func.count(), func.count(_E.disabled_at)).select_from(t.webhook_endpoints))).one()
    return row[0], row[1]


async def fail(c: AsyncConnection, id_: UUID) -> int:
    """Count a delivery that no attempt brought there. Returns how many in a row that makes."""
    more = update(t.webhook_endpoints).where(_E.id == id_).values(exhausted=_E.exhausted + 1)
    row = (await c.execute(more.returning(_E.exhausted))).one_or_none()
    return row.exhausted if row else 0


async def succeed(c: AsyncConnection, id_: UUID) -> None:
    """Something got there. Writes only where something had not before."""
    await c.execute(update(t.webhook_endpoints).where(_E.id == id_, _E.exhausted > 0).values(exhausted=0))


async def disable(c: AsyncConnection, id_: UUID, why: Why) -> bool:
    """False where it was disabled before, or is gone."""
    mine = update(t.webhook_endpoints).where(_E.id == id_, _E.disabled_at.is_(None))
    return bool((await c.execute(mine.values(disabled_at=func.now(), disabled_why=why.value))).rowcount)


async def who_is_told(c: AsyncConnection, id_: UUID) -> SlackUser | None:
    """Its owner in Slack; where they have left, whoever else may decide any amount. None where Slack knows nobody."""
    m, i = t.team_members.c, t.slack_identities.c
    decides_all = (m.escalation_authority >= TOP_AUTHORITY) & m.is_guest.is_(False)
    rows = await c.execute(
        select(i.workspace_id, i.slack_user_id)
        .select_from(t.webhook_endpoints)
        .join(t.team_members, m.team_id == _E.team_id)
        .join(t.slack_identities, (i.member_id == m.id) & (i.workspace_id == _E.workspace_id))
        .where(_E.id == id_, m.is_active, or_(m.id == _E.owner_id, decides_all))
        .order_by((m.id == _E.owner_id).desc(), m.id)
        .limit(1)
    )
    row = rows.one_or_none()
    return SlackUser(row.workspace_id, row.slack_user_id) if row else None


# --- Secrets.

_SEALED = (_E.id, _E.secret, _E.previous_secret, _E.key_id)


async def sealed(c: AsyncConnection, id_: UUID, *, lock: bool = False) -> Sealed | None:
    query = select(*_SEALED).where(_E.id == id_)
    row = (await c.execute(query.with_for_update() if lock else query)).one_or_none()
    return Sealed(row.id, row.secret, row.previous_secret, row.key_id) if row else None


async def sealed_otherwise(c: AsyncConnection, *, key_id: str) -> list[UUID]:
    """Those whose secrets lie sealed by another key than this one."""
    return list((await c.execute(select(_E.id).where(_E.key_id != key_id).order_by(_E.id))).scalars())


async def keys_in_use(c: AsyncConnection) -> dict[str, int]:
    """Key -> how many endpoints lie sealed by it."""
    rows = await c.execute(select(_E.key_id, func.count()).group_by(_E.key_id))
    return {str(key_id): count for key_id, count in rows}


async def sealed_by(c: AsyncConnection, key_id: str) -> list[UUID]:
    return list((await c.execute(select(_E.id).where(_E.key_id == key_id).order_by(_E.id))).scalars())


# --- Deliveries and the log.


async def enqueue_test(c: AsyncConnection, *, endpoint_id: UUID, lane: str, mark: str, event: str) -> int:
    """Returns the delivery's id."""
    row = insert(t.outbox).values(
        kind=KIND,
        lane=lane,
        dedupe_key=f"webhook:{endpoint_id}:{mark}",
        payload={"endpoint": str(endpoint_id), "event": event},
    )
    added: int = (await c.execute(row.returning(t.outbox.c.id))).scalar_one()
    await _wake(c)
    return added


async def replay(c: AsyncConnection, *, endpoint_id: UUID, delivery_id: int) -> bool:
    """Make a settled delivery ready once more, with all attempts before it. False where it is not this endpoint's, is
    under way, or is kept no more."""
    o = t.outbox
    settled = (o.c.id == delivery_id, o.c.kind == KIND, o.c.state != "ready")
    its = o.c.payload["endpoint"].astext == str(endpoint_id)
    again = {"state": "ready", "attempts": 0, "run_at": func.now(), "done_at": None, "token": None}
    done = await c.execute(update(o).where(*settled, its).values(**again))
    await _wake(c)
    return bool(done.rowcount)


async def _wake(c: AsyncConnection) -> None:
    await c.execute(select(func.pg_notify("outbox", "")))


async def write_attempt(c: AsyncConnection, *, endpoint_id: UUID, **values: Any) -> None:
    """Nothing where the endpoint was removed meanwhile."""
    there = select(_E.id).where(_E.id == endpoint_id).with_for_update(key_share=True)
    if (await c.execute(there)).first():
        await c.execute(insert(t.webhook_attempts).values(endpoint_id=endpoint_id, **values))


async def attempts(c: AsyncConnection, endpoint_id: UUID) -> list[Attempt]:
    """The last ones, the newest first."""
    a, d = t.webhook_attempts.c, t.customer_decisions.c
    rows = await c.execute(
        select(*(column for column in a if column.name not in ("endpoint_id", "decision_id")), d.number)
        .outerjoin(t.customer_decisions, d.id == a.decision_id)
        .where(a.endpoint_id == endpoint_id)
        .order_by(a.id.desc())
        .limit(LOG_KEPT)
    )
    return [Attempt(**row._mapping) for row in rows]


_PURGE = text(
    """
    DELETE FROM webhook_attempts WHERE at < now() - make_interval(days => 30) OR id IN (
      SELECT a.id FROM webhook_endpoints e CROSS JOIN LATERAL (
        SELECT id FROM webhook_attempts WHERE endpoint_id = e.id ORDER BY id DESC OFFSET :kept) AS a)
    """
)


async def purge(c: AsyncConnection) -> int:
    """Delete attempts beyond the last ones of each endpoint, and secrets that sign no more. Returns how many rows."""
    over = update(t.webhook_endpoints).where(_E.previous_until < func.now())
    await c.execute(over.values(previous_secret=None, previous_until=None))
    return (await c.execute(_PURGE, {"kept": LOG_KEPT})).rowcount
