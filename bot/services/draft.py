"""Drafts of decisions: handed in by a ticket or a program, told to their owner, opened by them or put away."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.by import By, Origin
from bot.domain.draft import Content, Draft, Source
from bot.domain.option import check_drafts
from bot.domain.team import Actor
from bot.errors import NotAllowed
from bot.store import audit, draft, option, outbox
from bot.store.db import Db, run_tx

OFFER = "draft.offer"


@dataclass(frozen=True)
class Made:
    id: UUID
    is_new: bool
    """False: the same source handed the same reference in before, and nothing was changed."""


async def make(
    db: Db,
    owner: Actor,
    *,
    source: Source,
    reference: str,
    content: Content,
    link: str | None = None,
    reply_to: str | None = None,
    origin: Origin | None = None,
    made_by: UUID | None = None,
) -> Made:
    """Keep what is proposed and tell its owner, once for each source and reference. Nothing is opened.

    made_by: for the trail, the member by whose token a program does it; None where a ticket system hands it in.

    Raises Invalid, with a field like "title_1", where one of its options cannot be one.
    """
    if content.options:
        check_drafts(content.options)

    async def work(c: AsyncConnection) -> Made:
        made = Made(
            *await draft.add(
                c, owner, source=source, reference=reference, content=content, link=link, reply_to=reply_to
            )
        )
        if made.is_new:
            details = {"team": str(owner.team.id), "draft": str(made.id), "source": source.key}
            await audit.write(c, "draft.made", by=made_by, details=details, origin=origin)
            await _offer(c, owner, made.id)
        return made

    return await run_tx(db, work)


async def _offer(c: AsyncConnection, owner: Actor, draft_id: UUID) -> None:
    lane = outbox.slack_lane(owner.workspace_id, owner.user_id)
    payload = {"draft": str(draft_id), "workspace": owner.workspace_id, "user": owner.user_id}
    await outbox.enqueue(c, kind=OFFER, lane=lane, key=f"draft:{draft_id}", payload=payload)


async def find(db: Db, draft_id: UUID) -> Draft | None:
    """For its delivery."""
    return await run_tx(db, lambda c: draft.find(c, draft_id))


async def get_waiting(db: Db, by: By, draft_id: UUID) -> Draft:
    """A draft of the actor's that still waits. Raises NotFound, NotAllowed, and Conflict where it is over."""
    return await run_tx(db, lambda c: _waiting(c, by, draft_id))


async def _waiting(c: AsyncConnection, by: By, draft_id: UUID, *, lock: bool = False) -> Draft:
    found = await draft.get(c, draft_id, team_id=by.team.id, lock=lock)
    if found.owner_id != by.member.id:
        raise NotAllowed(f"This draft waits for {found.owner}. Ask them, or open the decision with /decide.")
    found.check_waiting()
    return found


async def dismiss(db: Db, by: By, draft_id: UUID) -> Draft:
    """Put it away: its text is deleted. Returns it as it was."""

    async def work(c: AsyncConnection) -> Draft:
        found = await _waiting(c, by, draft_id, lock=True)
        await draft.dismiss(c, draft_id)
        await audit.write(c, "draft.dismissed", by=by.member.id, details={"draft": str(draft_id)}, origin=by.origin)
        return found

    return await run_tx(db, work)


async def take(c: AsyncConnection, by: By, draft_id: UUID) -> Draft:
    """Lock a draft that is about to be opened, in the caller's transaction. Raises as `get_waiting` does."""
    return await _waiting(c, by, draft_id, lock=True)


async def opened(c: AsyncConnection, by: By, taken: Draft, decision_id: UUID) -> None:
    """That the decision has come of it."""
    await draft.open_as(c, taken.id, decision_id, taken.content.options)
    details = {"draft": str(taken.id), "source": taken.source.key}
    await audit.write(c, "draft.opened", decision_id=decision_id, by=by.member.id, details=details, origin=by.origin)


async def add_options(c: AsyncConnection, by: By, decision_id: UUID) -> None:
    """The options that were handed in together with the decision, once there can be options: as suggested ones, like
    those of earlier cases."""
    for one in await draft.take_options(c, decision_id):
        option_id, me = uuid4(), by.member.id
        await option.add(c, option_id, decision_id=decision_id, created_by=me, draft=one, is_suggested=True)
        details = {"option": str(option_id), "is_suggested": True}
        await audit.write(c, "option.proposed", decision_id=decision_id, details=details)
