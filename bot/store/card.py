"""Where a decision's one message is, and which revision it shows (table `card_messages`)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.decision import CardMessage
from bot.store import tables as t
from bot.store.direct import Prepared
from bot.store.outbox import Delivery

KIND = "card"


_FIND = select(*t.card_messages.c).where(t.card_messages.c.decision_id == bindparam("decision"))


async def find(c: AsyncConnection, decision_id: UUID) -> CardMessage | None:
    row = (await c.execute(_FIND, {"decision": decision_id})).one_or_none()
    return card_of(row) if row else None


def card_of(row: Any) -> CardMessage:
    return CardMessage(row.channel_id, row.ts, row.rendered_revision, row.permalink)


async def permalinks(c: AsyncConnection, decision_ids: Sequence[UUID]) -> dict[UUID, str]:
    """By decision the address of its card, where it has one and the address is known."""
    m = t.card_messages.c
    known = m.decision_id.in_(decision_ids), m.permalink.is_not(None)
    return {row.decision_id: row.permalink for row in await c.execute(select(m.decision_id, m.permalink).where(*known))}


async def set_permalink(c: AsyncConnection, decision_id: UUID, *, ts: str, permalink: str) -> None:
    """Keep the address of the card, as long as it is this message."""
    m = t.card_messages
    its = m.c.decision_id == decision_id, m.c.ts == ts
    await c.execute(update(m).where(*its).values(permalink=permalink))


# A delivery of this revision or an older one has nothing left to do, unless it is being tried; the one that has sent
# the card (`id`, `token`) is settled with them, whatever revision it was for. Only of this channel's lane: in another
# one they end by themselves, since the decision has moved. By payload alone the statement would read every delivery
# that waits.
_SETTLED = """
    UPDATE outbox SET state = 'done', done_at = now(), token = NULL, last_error = NULL, traceparent = NULL
    WHERE state = 'ready' AND lane = :lane AND kind = 'card' AND payload->>'decision' = :decision
      AND ((payload->>'revision')::bigint <= :revision AND token IS NULL OR id = :id AND token = :token)
"""
# Remember which revision the card shows, and settle the delivery that has brought it there with those that it covers.
# Of two updates at once the older may be written down last: the higher revision stays. Asked with `settling`.
RENDERED = Prepared.of(
    text(
        f"""
    WITH shown AS (
      UPDATE card_messages SET rendered_revision = greatest(rendered_revision, :revision)
      WHERE decision_id = CAST(CAST(:decision AS text) AS uuid))
    {_SETTLED}
    """
    )
)
# The decision is locked, so that it does not move meanwhile. A card that is known in another channel stays as it is.
_POSTED = text(
    f"""
    WITH here AS (
      SELECT id FROM customer_decisions
      WHERE id = CAST(CAST(:decision AS text) AS uuid) AND channel_id = :channel_id FOR UPDATE),
    shown AS (
      INSERT INTO card_messages AS card (decision_id, workspace_id, channel_id, ts, rendered_revision)
      SELECT id, :workspace_id, :channel_id, :ts, :revision FROM here
      ON CONFLICT (decision_id) DO UPDATE SET workspace_id = excluded.workspace_id, ts = excluded.ts,
        rendered_revision = excluded.rendered_revision, permalink = NULL
      WHERE card.channel_id = excluded.channel_id
      RETURNING decision_id),
    settled AS ({_SETTLED} AND EXISTS (SELECT FROM shown))
    SELECT count(*) FROM shown
    """
)


async def posted(
    c: AsyncConnection, *, decision_id: UUID, workspace_id: str, channel_id: str, ts: str, revision: int
) -> None:
    """Remember where the card is. Where it was deleted in Slack and then posted anew, the new place wins."""
    place = {
        "workspace_id": workspace_id,
        "channel_id": channel_id,
        "ts": ts,
        "rendered_revision": revision,
        "permalink": None,
    }
    await c.execute(
        insert(t.card_messages)
        .values(decision_id=decision_id, **place)
        .on_conflict_do_update(index_elements=["decision_id"], set_=place)
    )


async def posted_in_place(
    c: AsyncConnection,
    delivery: Delivery,
    *,
    decision_id: UUID,
    workspace_id: str,
    channel_id: str,
    ts: str,
    revision: int,
) -> bool:
    """`posted`, and this delivery and those that the card covers are settled. One statement.

    False, and nothing is done, where the decision or its card are in another channel.
    """
    place = {"workspace_id": workspace_id, "channel_id": channel_id, "ts": ts}
    found = await c.execute(_POSTED, {**place, **settling(delivery, decision_id=decision_id, revision=revision)})
    return bool(found.scalar_one())


async def settle(c: AsyncConnection, delivery: Delivery, *, decision_id: UUID, revision: int) -> None:
    """Settle this delivery and those that the card covers."""
    await c.execute(text(_SETTLED), settling(delivery, decision_id=decision_id, revision=revision))


def settling(delivery: Delivery, *, decision_id: UUID, revision: int) -> dict[str, object]:
    mine = {"id": delivery.id, "token": delivery.token, "lane": delivery.lane}
    return {**mine, "decision": str(decision_id), "revision": revision}


async def is_shown_to_others(c: AsyncConnection, team_id: UUID, channel_id: str) -> bool:
    """Whether somebody of the team has confirmed that another company may read its cards there."""
    s = t.shared_channels.c
    found = await c.execute(select(s.team_id).where(s.team_id == team_id, s.channel_id == channel_id))
    return found.first() is not None


async def show_to_others(c: AsyncConnection, *, team_id: UUID, channel_id: str, by: UUID) -> bool:
    """False: it was confirmed before."""
    row = {"team_id": team_id, "channel_id": channel_id, "confirmed_by": by}
    add = insert(t.shared_channels).values(**row).on_conflict_do_nothing().returning(t.shared_channels.c.channel_id)
    return (await c.execute(add)).first() is not None
