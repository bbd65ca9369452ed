"""Where a decision's one message is, and which revision it shows (table `card_messages`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select, text, update
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
    UPDATE outbox o SET state = 'done', done_at = now(), token = NULL, last_error = NULL, traceparent = NULL
    FROM sent WHERE o.state = 'ready' AND o.lane = sent.lane AND o.kind = 'card'
      AND o.payload->>'decision' = sent.decision AND ((o.payload->>'revision')::bigint <= sent.revision
        AND o.token IS NULL OR o.id = sent.id AND o.token = sent.token)
"""
_SENT = """
    sent AS (
      SELECT * FROM unnest(CAST(:ids AS bigint[]), CAST(:tokens AS bigint[]), CAST(:lanes AS text[]),
        CAST(:decisions AS text[]), CAST(:revisions AS bigint[])) AS sent(id, token, lane, decision, revision))
"""
# Remember which revisions cards show, and settle the deliveries that have brought them there with those that they
# cover. Of two updates at once the older may be written down last: the higher revision stays. Asked with `together`.
RENDERED = Prepared.of(
    text(
        f"""
    WITH {_SENT},
    shown AS (
      UPDATE card_messages c SET rendered_revision = greatest(c.rendered_revision, sent.revision)
      FROM sent WHERE c.decision_id = CAST(sent.decision AS uuid))
    {_SETTLED}
    """
    )
)
_SETTLE = text(f"WITH {_SENT} {_SETTLED}")
# The decision is locked, so that it does not move meanwhile. A card that is known in another channel stays as it is.
_POSTED = text(
    f"""
    WITH {_SENT},
    here AS (
      SELECT d.id, sent.revision FROM customer_decisions d JOIN sent ON d.id = CAST(sent.decision AS uuid)
      WHERE d.channel_id = :channel_id FOR UPDATE OF d),
    shown AS (
      INSERT INTO card_messages AS card (decision_id, workspace_id, channel_id, ts, rendered_revision)
      SELECT id, :workspace_id, :channel_id, :ts, revision FROM here
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
    found = await c.execute(_POSTED, {**place, **together([Shown(delivery, decision_id, revision)])})
    return bool(found.scalar_one())


async def settle(c: AsyncConnection, delivery: Delivery, *, decision_id: UUID, revision: int) -> None:
    """Settle this delivery and those that the card covers."""
    await c.execute(_SETTLE, together([Shown(delivery, decision_id, revision)]))


@dataclass(frozen=True)
class Shown:
    """A card that has reached Slack."""

    delivery: Delivery
    decision_id: UUID
    revision: int


def together(shown: Sequence[Shown]) -> dict[str, object]:
    """The parameters of the statements that settle, in the order of decisions: two workers that write down the same
    cards do not wait for each other in a ring."""
    in_order = sorted(shown, key=lambda one: one.decision_id)
    return {
        "ids": [one.delivery.id for one in in_order],
        "tokens": [one.delivery.token for one in in_order],
        "lanes": [one.delivery.lane for one in in_order],
        "decisions": [str(one.decision_id) for one in in_order],
        "revisions": [one.revision for one in in_order],
    }


async def result_told(c: AsyncConnection, decision_id: UUID, round_id: UUID, *, channel_id: str, ts: str) -> None:
    """Remember where the result of a round was told."""
    m = t.card_messages
    place = func.jsonb_build_object(str(round_id), func.jsonb_build_array(channel_id, ts))
    await c.execute(update(m).where(m.c.decision_id == decision_id).values(results=m.c.results.concat(place)))


async def find_result(c: AsyncConnection, decision_id: UUID, round_id: UUID) -> tuple[str, str] | None:
    """(channel, ts) of the message that told it; None where there is none that we know of."""
    m = t.card_messages.c
    told = (await c.execute(select(m.results).where(m.decision_id == decision_id))).scalar_one_or_none()
    channel_id, ts = (told or {}).get(str(round_id), (None, None))
    return (channel_id, ts) if channel_id and ts else None


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
