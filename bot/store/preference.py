"""How members want to be told (`team_members.notification_preferences`), and in which time zone they live."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy import cast, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.preference import Preferences
from bot.store import tables as t


@dataclass(frozen=True)
class Ways:
    """How a member wants to be told, and where."""

    preferences: Preferences
    tz: str | None
    """As Slack names it, for example "Europe/Berlin"."""
    phone: str | None = None


async def ways(c: AsyncConnection, member_ids: Collection[UUID], *, workspace_id: str | None) -> dict[UUID, Ways]:
    """Of these members, by member. The time zone is that of their identity in this workspace, or in any other where
    they have none here."""
    if not member_ids:
        return {}
    m, i = t.team_members.c, t.slack_identities.c
    rows = await c.execute(
        select(m.id, m.notification_preferences, i.workspace_id, i.tz)
        .outerjoin(t.slack_identities, i.member_id == m.id)
        .where(m.id.in_(list(member_ids)))
        .order_by(m.id, (i.workspace_id == (workspace_id or "")).desc().nulls_last())
    )
    found: dict[UUID, Ways] = {}
    for row in rows:
        found.setdefault(row.id, _ways(row))
    return found


async def find_ways(c: AsyncConnection, *, member_id: UUID, workspace_id: str | None, lock: bool = False) -> Ways:
    """The same of one member. `lock`: lock the member's row, so that two changes of preferences take turns."""
    m, i = t.team_members.c, t.slack_identities.c
    if lock:
        await c.execute(select(m.id).where(m.id == member_id).with_for_update())
    row = (
        await c.execute(
            select(m.notification_preferences, i.tz)
            .outerjoin(t.slack_identities, i.member_id == m.id)
            .where(m.id == member_id)
            .order_by((i.workspace_id == (workspace_id or "")).desc().nulls_last())
            .limit(1)
        )
    ).one()
    return _ways(row)


def _ways(row: Any) -> Ways:
    return _ways_of(row.notification_preferences, row.tz)


def _ways_of(body: Any, tz: str | None) -> Ways:
    phone = body.get("phone") if isinstance(body, dict) else None
    return Ways(Preferences.from_json(body), tz, phone if isinstance(phone, str) and phone else None)


async def set_preferences(c: AsyncConnection, member_id: UUID, values: Mapping[str, object]) -> None:
    """Replace the named values in the member's JSON; others, such as those another program keeps there, stay."""
    m = t.team_members
    json_type = m.c.notification_preferences.type
    kept = func.coalesce(m.c.notification_preferences, cast({}, json_type))
    await c.execute(
        update(m)
        .where(m.c.id == member_id)
        .values(notification_preferences=kept.op("||")(cast(dict(values), json_type)))
    )


# --- Snoozing, in two statements -------------------------------------------------------------------------------------

FIND_OWN: LiteralString = """
SELECT m.id, m.team_id, m.notification_preferences, i.tz, m.notification_preferences::text
FROM slack_identities i JOIN team_members m ON m.id = i.member_id AND m.is_active
WHERE i.workspace_id = %s AND i.slack_user_id = %s
"""
# In the order of their ids, as everybody who locks several members.
SNOOZE: LiteralString = """
SELECT s.place, snooze_member(s.member, %s, s.seen::jsonb, s.until) FROM (
    SELECT * FROM jsonb_to_recordset(%s) AS g (place int, member uuid, seen text, until text) ORDER BY g.member
) AS s
"""


@dataclass(frozen=True)
class Own:
    """An active member's own ways to be told, as they are now."""

    member_id: UUID
    team_id: UUID
    ways: Ways
    seen: str | None
    """The preferences as they stand in the database: by it `SNOOZE` sees whether they are others by then."""


@dataclass(frozen=True)
class Silence:
    """Nothing more to this member until then."""

    own: Own
    until: datetime


def as_silences(silences: Sequence[Silence]) -> Jsonb:
    """As SNOOZE takes them, of one team."""
    return Jsonb([_silence(place, one) for place, one in enumerate(silences)])


def _silence(place: int, one: Silence) -> dict[str, Any]:
    own = one.own
    return {"place": place, "member": str(own.member_id), "seen": own.seen, "until": one.until.isoformat()}


def own_of(rows: Sequence[tuple[Any, ...]]) -> Own | None:
    """The answer of FIND_OWN; None for a Slack user who is no active member."""
    if not rows:
        return None
    member_id, team_id, body, tz, seen = rows[0]
    return Own(member_id, team_id, _ways_of(body, tz), seen)
