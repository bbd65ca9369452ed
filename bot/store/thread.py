"""Threads beneath cards, in short (table `thread_summaries`), and what there is to know before one is read."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Uuid, bindparam, delete, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.thread import Place
from bot.store import tables as t
from bot.store.sketch import ABOUT

_PLACE = text(
    f"""
    SELECT d.id, d.team_id, m.channel_id, m.ts, t.language, coalesce(s.replies, 0) AS replies, t.guests_score,
        ARRAY(SELECT i.slack_user_id FROM slack_identities i JOIN team_members p ON p.id = i.member_id
            WHERE p.team_id = d.team_id AND p.is_active) AS readers,
        ARRAY(SELECT o.title FROM response_options o WHERE o.decision_id = d.id ORDER BY o.position) AS options, {ABOUT}
    FROM customer_decisions d JOIN teams t ON t.id = d.team_id JOIN card_messages m ON m.decision_id = d.id
    LEFT JOIN thread_summaries s ON s.decision_id = d.id AND s.ts = m.ts
    WHERE d.id = :decision AND t.asks_model AND d.status NOT IN ('resolved', 'cancelled')
    """
)


async def find_place(c: AsyncConnection, decision_id: UUID) -> Place | None:
    row = (await c.execute(_PLACE, {"decision": decision_id})).one_or_none()
    if row is None:
        return None
    return Place(
        row.id, row.team_id, row.channel_id, row.ts, row.language, row.replies, bool(row.guests_score),
        frozenset(row.readers), tuple(row.options), tuple(row.about),
    )  # fmt: skip


# The decision is locked, so that nothing is kept of one that is being decided, which deletes what there is.
_KEEP = text(
    """
    WITH undecided AS (
        SELECT id FROM customer_decisions WHERE id = :decision AND status NOT IN ('resolved', 'cancelled') FOR SHARE)
    INSERT INTO thread_summaries (decision_id, ts, language, replies, body)
    SELECT id, :ts, :language, :replies, :body FROM undecided
    ON CONFLICT (decision_id) DO UPDATE SET ts = excluded.ts, language = excluded.language,
        replies = excluded.replies, body = excluded.body, made_at = now()
    """
)


async def keep(c: AsyncConnection, place: Place, *, language: str, replies: int, body: str) -> None:
    """body: '' where what the model said is not to be shown; until the thread has grown it is not asked again."""
    given = {"decision": place.decision_id, "ts": place.ts, "language": language, "replies": replies, "body": body}
    await c.execute(_KEEP, given)


async def find(c: AsyncConnection, decision_id: UUID) -> str:
    """Of the thread beneath the card that the decision has now; '' where there is nothing to show."""
    s, m = t.thread_summaries.c, t.card_messages.c
    its = select(s.body).join(t.card_messages, (m.decision_id == s.decision_id) & (m.ts == s.ts))
    return (await c.execute(its.where(s.decision_id == decision_id))).scalar_one_or_none() or ""


async def forget(c: AsyncConnection, decision_ids: Sequence[UUID]) -> None:
    await c.execute(delete(t.thread_summaries).where(t.thread_summaries.c.decision_id.in_(decision_ids)))


_FORGET_OF_TEAMS = text(
    """
    DELETE FROM thread_summaries s USING customer_decisions d
    WHERE d.id = s.decision_id AND d.team_id = coalesce(:team, (SELECT team_id FROM team_members WHERE id = :member))
    """
).bindparams(bindparam("team", type_=Uuid), bindparam("member", type_=Uuid))


async def forget_of_team(c: AsyncConnection, *, team_id: UUID | None = None, member_id: UUID | None = None) -> None:
    """All of a team, or of the team of a member, whose replies may be in any of them."""
    await c.execute(_FORGET_OF_TEAMS, {"team": team_id, "member": member_id})
