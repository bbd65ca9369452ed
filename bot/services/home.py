"""What one person's Home tab holds, and keeping the tabs that are open up to date."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.by import By, Rules
from bot.domain.home import Decided, Home, Stranger
from bot.domain.team import SlackUser
from bot.errors import NotAllowed, NotFound
from bot.services import decision as decisions
from bot.services import team as teams
from bot.store import decision, home, learning, outbox, team
from bot.store.db import Db, run_tx
from bot.store.home import Place

KIND = home.KIND
RECENT = 5
_Rest = tuple[Sequence[Decided], tuple[int, str | None] | None, tuple[int, int]]


async def opened(db: Db, *, user: SlackUser, page: int) -> bool:
    """Remember that this person looks at their tab. True the first time."""
    place = Place(user.workspace_id, user.user_id)

    async def work(c: AsyncConnection) -> bool:
        return await home.opened(c, place, page=page)

    return await run_tx(db, work)


async def is_known(db: Db, *, user: SlackUser) -> bool:
    """Whether a member, active or not, stands behind this Slack user."""

    async def work(c: AsyncConnection) -> bool:
        return await team.find_by_identity(c, user) is not None

    return await run_tx(db, work)


async def read(db: Db, *, user: SlackUser, now: datetime, rules: Rules, is_first: bool) -> Home | Stranger:
    """What the tab of this person shows now."""
    try:
        actor = await teams.find_actor(db, user)
    except NotAllowed as refusal:
        return Stranger(True, (), refusal.message)
    if actor is None:
        has_team, admins = await teams.who_can_add(db, user.workspace_id)
        return Stranger(has_team, tuple(admins))
    place = Place(user.workspace_id, user.user_id)
    by = By(actor, now, rules.of(actor.team.id))
    lines = await decisions.unfinished(db, by)

    async def rest(c: AsyncConnection) -> _Rest:
        decided = await decision.decided(c, team_id=actor.team.id, at_most=RECENT)
        return decided, await home.find(c, place), await learning.counts(c, actor.team.id, now=now)

    decided, found, (known, resolved) = await run_tx(db, rest)
    everybody = await teams.members(db, by)
    return Home(
        actor=actor,
        lines=tuple(lines),
        recent=tuple(decided),
        members=sum(m.is_active for m in everybody),
        known=known,
        resolved=resolved,
        page=found[0] if found else 0,
        is_first=is_first,
    )


async def spread(db: Db, *, decision_id: UUID, occasion: int, merged: Sequence[int]) -> None:
    """Queue a fresh tab for everybody of the decision's team who has opened theirs lately.

    `occasion`: the delivery that says so; `merged` are covered by it, and done. The same one again queues another tab
    only for what it covers by then: what has changed since is not in those that it queued before.
    """
    newest = max((occasion, *merged))

    async def work(c: AsyncConnection) -> None:
        await outbox.settle_merged(c, merged)
        try:
            team_id = await decision.get_team_id(c, decision_id)
        except NotFound:
            return
        await home.refresh(c, team_id, occasion=str(newest))

    await run_tx(db, work)


async def shown(db: Db, *, user: SlackUser) -> str | None:
    """A digest of what this person's tab shows; None where it has to be published anew."""

    async def work(c: AsyncConnection) -> str | None:
        found = await home.find(c, Place(user.workspace_id, user.user_id))
        return found[1] if found else None

    return await run_tx(db, work)


async def published(db: Db, *, user: SlackUser, digest: str, before: str | None, merged: Sequence[int] = ()) -> bool:
    """Remember what the tab shows, which was `before` when its state was read; deliveries covered by it are done.

    False: somebody else has published meanwhile, and theirs may have come last. Look again.
    """

    async def work(c: AsyncConnection) -> bool:
        is_known = await home.set_shown(c, Place(user.workspace_id, user.user_id), digest, before=before)
        if is_known:
            await outbox.settle_merged(c, merged)
        return is_known

    return await run_tx(db, work)
