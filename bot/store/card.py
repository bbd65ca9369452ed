"""Where a decision's one message is, and which revision it shows (table `card_messages`)."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.decision import CardMessage
from bot.store import tables as t

KIND = "card"


async def find(c: AsyncConnection, decision_id: UUID) -> CardMessage | None:
    row = (
        await c.execute(select(*t.card_messages.c).where(t.card_messages.c.decision_id == decision_id))
    ).one_or_none()
    return CardMessage(row.channel_id, row.ts, row.rendered_revision, row.permalink) if row else None


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


async def rendered(c: AsyncConnection, *, decision_id: UUID, revision: int) -> None:
    """Remember which revision the card shows. Of two updates at once the older may be written down last: the higher
    revision stays."""
    await c.execute(
        update(t.card_messages)
        .where(t.card_messages.c.decision_id == decision_id)
        .values(rendered_revision=func.greatest(t.card_messages.c.rendered_revision, revision))
    )
