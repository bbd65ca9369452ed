"""The card's whereabouts: what the worker remembers after sending it, and what the owner hears when it cannot."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.by import By
from bot.domain.decision import Decision, Dossier
from bot.errors import Invalid, NotFound
from bot.store import audit, card, decision, dossier, outbox
from bot.store.db import Db, autocommit, prepared, run_tx
from bot.store.outbox import Delivery

UNREACHABLE, MOVED = "card.unreachable", "card.moved"
_READ, _SHOWN = "read", "shown"


async def get(db: Db, decision_id: UUID) -> Dossier:
    """The decision for the bot itself, which acts for the decision's own team and closes nothing.

    Read together with what others ask for just now. Raises NotFound where there is no such decision.
    """

    async def read(decision_ids: Sequence[UUID], seconds: float) -> list[Dossier | None]:
        rows = await prepared(db, dossier.WHOLE, budget_seconds=seconds, decisions=list(decision_ids))
        read = dossier.read(rows)
        return [read.get(one) for one in decision_ids]

    found = await db.cards.add(_READ, decision_id, decision_id, read, seconds=db.budget_seconds)
    if found is None:
        raise NotFound("There is no such decision.")
    return found if dossier.is_complete(found) else await run_tx(db, lambda c: dossier.completed(c, found))


async def posted(db: Db, delivery: Delivery, *, found: Dossier, channel_id: str, ts: str, revision: int) -> None:
    """Remember where the card is and what it shows, and settle the delivery that has posted it and those it covers.

    A card that stays behind in another channel is to say where the decision is now.
    """
    d = found.decision
    place: dict[str, Any] = {"workspace_id": d.workspace_id or "", "channel_id": channel_id, "ts": ts}
    place |= {"decision_id": d.id, "revision": revision}
    if await autocommit(db, lambda c: card.posted_in_place(c, delivery, **place)):
        return

    async def work(c: AsyncConnection) -> None:
        if (await decision.get(c, team_id=d.team_id, decision_id=d.id, lock=True)).channel_id != channel_id:
            # It has moved on while the card was on its way to Slack; its new lane posts another.
            await _leave_behind(c, d, channel_id=channel_id, ts=ts)
            await outbox.settle_done(c, delivery)
            return
        before = await card.find(c, d.id)
        if before and before.channel_id != channel_id:
            await _leave_behind(c, d, channel_id=before.channel_id, ts=before.ts)
        await card.posted(c, **place)
        await card.settle(c, delivery, decision_id=d.id, revision=revision)

    await run_tx(db, work)


async def _leave_behind(c: AsyncConnection, d: Decision, *, channel_id: str, ts: str) -> None:
    await outbox.enqueue(
        c,
        kind=MOVED,
        lane=outbox.slack_lane(d.workspace_id or "", channel_id),
        key=f"moved:{d.id}:{channel_id}:{ts}",
        payload={"decision": str(d.id), "channel": channel_id, "ts": ts},
    )


async def linked(db: Db, *, decision_id: UUID, ts: str, permalink: str) -> None:
    """Remember the address of the card, for the messages that lead to it."""
    await run_tx(db, lambda c: card.set_permalink(c, decision_id, ts=ts, permalink=permalink))


async def rendered(db: Db, delivery: Delivery, *, found: Dossier) -> None:
    """Remember which revision the card shows, and settle the delivery that has brought it there and those it covers.

    Written down together with the cards that others have shown just now.
    """

    async def write(shown: Sequence[card.Shown], seconds: float) -> list[None]:
        await prepared(db, card.RENDERED, budget_seconds=seconds, **card.together(shown))
        return [None] * len(shown)

    shown = card.Shown(delivery, found.decision.id, found.decision.revision)
    await db.cards.add(_SHOWN, shown.decision_id, shown, write, seconds=db.budget_seconds)


async def result_told(db: Db, *, found: Dossier, channel_id: str, ts: str) -> None:
    """Remember where its result was told, so that this can be drawn anew when it is decided."""
    live = found.round
    if live:
        place = {"channel_id": channel_id, "ts": ts}
        await run_tx(db, lambda c: card.result_told(c, found.decision.id, live.id, **place))


async def find_result(db: Db, *, found: Dossier) -> tuple[str, str] | None:
    """(channel, ts) of the message that told its latest result; None where we know of none."""
    live = found.round
    return await run_tx(db, lambda c: card.find_result(c, found.decision.id, live.id)) if live else None


async def post_again(db: Db, by: By, decision_id: UUID) -> Decision:
    """Put the card into the outbox once more: the bot has been invited meanwhile."""

    async def work(c: AsyncConnection) -> Decision:
        found = await decision.get(c, team_id=by.team.id, decision_id=decision_id, lock=True)
        if not found.channel_id:
            raise Invalid(f"{found.name} was opened without a channel. Use /decide show {found.number}.")
        await decision.changed(c, decision_id, is_asked=True)
        return found

    return await run_tx(db, work)


async def is_shown_to_others(db: Db, found: Dossier) -> bool:
    """Whether the team's cards may appear in the decision's channel although another company reads it."""
    d = found.decision
    return await is_confirmed(db, d.team_id, channel_id=d.channel_id or "")


async def is_confirmed(db: Db, team_id: UUID, *, channel_id: str) -> bool:
    """Whether somebody of the team has said that another company may read its cards there."""
    return await run_tx(db, lambda c: card.is_shown_to_others(c, team_id, channel_id))


async def confirm_channel(c: AsyncConnection, by: By, decision_id: UUID, *, channel_id: str) -> None:
    """Within another use case: from now on the team's cards appear there, whoever reads them."""
    if await card.show_to_others(c, team_id=by.team.id, channel_id=channel_id, by=by.member.id):
        who: dict[str, Any] = {"by": by.member.id, "origin": by.origin}
        await audit.write(c, "channel.confirmed", decision_id=decision_id, details={"channel": channel_id}, **who)


async def show_to_others(db: Db, by: By, decision_id: UUID) -> Decision:
    """Another company reads the channel, and shall: this card appears there, and the team's later ones. Asked once."""

    async def work(c: AsyncConnection) -> Decision:
        found = await decision.get(c, team_id=by.team.id, decision_id=decision_id, lock=True)
        if found.channel_id is None:
            raise Invalid(f"{found.name} was opened without a channel. Use /decide show {found.number}.")
        await confirm_channel(c, by, decision_id, channel_id=found.channel_id)
        await decision.changed(c, decision_id, is_asked=True)
        return found

    return await run_tx(db, work)


async def tell_owner_unreachable(db: Db, *, found: Dossier, reason: str, asked: int) -> None:
    """Queue a DM to the owner: the card cannot reach its channel. Once per reason and time somebody asked."""

    async def work(c: AsyncConnection) -> None:
        d = found.decision
        if not (d.workspace_id and found.owner.slack_user_id):
            return
        await outbox.enqueue(
            c,
            kind=UNREACHABLE,
            lane=outbox.slack_lane(d.workspace_id, found.owner.slack_user_id),
            key=f"unreachable:{d.id}:{d.channel_id}:{reason}:{asked}",
            payload={"decision": str(d.id), "reason": reason, "revision": d.revision},
        )

    await run_tx(db, work)
