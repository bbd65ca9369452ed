"""People who are being added to a team: as many as Slack tells us about at once, the rest as it lets us ask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.by import By
from bot.domain.plan import Plans
from bot.domain.team import Keeper, Looked, SlackUser
from bot.services import team as teams
from bot.store import outbox, team
from bot.store.db import Db, run_tx

KIND = "team.newcomers"
HELD_SECONDS = 20.0
"""The window that was submitted looks people up itself first; longer than that takes."""


@dataclass(frozen=True)
class Order:
    """Who is to be added to what, and for whom: ids alone."""

    keeper: Keeper
    """Who asked for it, and hears how it ended."""
    role: str
    rest: tuple[str, ...]
    """Slack users who were not looked up yet."""
    channel_id: str | None = None
    """Where it was asked for; the team is told there where it has no channel of its own."""
    skipped: tuple[str, ...] = ()
    """Those who were looked up, and cannot be in the team."""

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> Self:
        member_id = UUID(payload["member"]) if payload["member"] else None
        keeper = Keeper(UUID(payload["team"]), member_id, payload["workspace"], payload["user"], payload["outside"])
        return cls(keeper, payload["role"], tuple(payload["rest"]), payload["channel"], tuple(payload["skipped"]))

    def payload(self) -> dict[str, object]:
        keeper = self.keeper
        return {
            "team": str(keeper.team_id),
            "member": str(keeper.member_id) if keeper.member_id else None,
            "workspace": keeper.workspace_id,
            "user": keeper.user_id,
            "outside": keeper.is_outside,
            "role": self.role,
            "rest": list(self.rest),
            "channel": self.channel_id,
            "skipped": list(self.skipped),
        }

    @property
    def user(self) -> SlackUser:
        return SlackUser(self.keeper.workspace_id, self.keeper.user_id)


async def request(
    db: Db, by: By, *, role: str, user_ids: Sequence[str], channel_id: str | None = None
) -> tuple[Order, str]:
    """Keep who is to be added, so that nobody is forgotten whatever happens to the process; (the order, its key).

    The same press again is the same order.
    """
    actor = by.actor
    press = by.press
    key = f"newcomers:{actor.team.id}:{press.view_id}:{press.hash}:{press.digest}" if press else f"newcomers:{by.now}"

    async def work(c: AsyncConnection) -> Order:
        people = await team.members(c, team_id=actor.team.id, workspace_id=actor.workspace_id)
        known = {m.slack_user_id for m in people if m.is_active}
        rest = tuple(user_id for user_id in user_ids if user_id not in known)
        order = Order(actor.keeper, role, rest, channel_id)
        lane = outbox.slack_lane(actor.workspace_id, f"people-{actor.team.id}")
        payload = order.payload()
        if rest:
            await outbox.enqueue(c, kind=KIND, lane=lane, key=key, payload=payload, after_seconds=HELD_SECONDS)
        return order

    return await run_tx(db, work), key


async def add(db: Db, order: Order, looked: Looked, *, key: str, plans: Plans) -> tuple[Order, list[str]]:
    """Add those who were looked up; (what is left of the order, a sentence for each one who was left out).

    With nobody left, and nobody at work on its delivery, that has nothing to do any more.
    """

    async def work(c: AsyncConnection) -> tuple[Order, list[str]]:
        left_out = await teams.add_profiles(
            c, order.keeper, profiles=looked.profiles, role=order.role, channel_id=order.channel_id, plans=plans
        )
        left = replace(order, rest=looked.rest, skipped=(*order.skipped, *left_out, *looked.unknown))
        await outbox.go_on(c, key=key, payload=left.payload(), is_done=not left.rest)
        return left, [*left_out.values(), *map(_unknown, looked.unknown)]

    return await run_tx(db, work)


def _unknown(user_id: str) -> str:
    return f"{user_id} was skipped: Slack shows nobody of that name here."
