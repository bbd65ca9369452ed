"""People who are being added to a team: as many as Slack tells us about at once, the rest as it lets us ask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.by import By
from bot.domain.team import Looked, SlackUser
from bot.services import team as teams
from bot.store import outbox, team
from bot.store.db import Db, run_tx

KIND = "team.newcomers"
HELD_SECONDS = 20.0
"""The window that was submitted looks people up itself first; longer than that takes."""


@dataclass(frozen=True)
class Order:
    """Who is to be added to what, and for whom: ids alone."""

    team_id: UUID
    member_id: UUID
    workspace_id: str
    user_id: str
    """The Slack user who asked for it, and hears how it ended."""
    role: str
    rest: tuple[str, ...]
    """Slack users who were not looked up yet."""
    skipped: tuple[str, ...] = ()
    """Those who were, and cannot be in the team."""

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> Self:
        return cls(
            UUID(payload["team"]),
            UUID(payload["member"]),
            payload["workspace"],
            payload["user"],
            payload["role"],
            tuple(payload["rest"]),
            tuple(payload["skipped"]),
        )

    def payload(self) -> dict[str, object]:
        return {
            "team": str(self.team_id),
            "member": str(self.member_id),
            "workspace": self.workspace_id,
            "user": self.user_id,
            "role": self.role,
            "rest": list(self.rest),
            "skipped": list(self.skipped),
        }

    @property
    def user(self) -> SlackUser:
        return SlackUser(self.workspace_id, self.user_id)


async def request(db: Db, by: By, *, role: str, user_ids: Sequence[str]) -> tuple[Order, str]:
    """Keep who is to be added, so that nobody is forgotten whatever happens to the process; (the order, its key).

    The same press again is the same order.
    """
    actor = by.actor
    press = by.press
    key = f"newcomers:{actor.team.id}:{press.view_id}:{press.hash}:{press.digest}" if press else f"newcomers:{by.now}"

    async def work(c: AsyncConnection) -> Order:
        known = await team.known_identities(c, workspace_id=actor.workspace_id, user_ids=user_ids)
        rest = tuple(user_id for user_id in user_ids if known.get(user_id) != actor.team.id)
        order = Order(actor.team.id, actor.member.id, actor.workspace_id, actor.user_id, role, rest)
        lane = outbox.slack_lane(actor.workspace_id, f"people-{actor.team.id}")
        payload = order.payload()
        if rest:
            await outbox.enqueue(c, kind=KIND, lane=lane, key=key, payload=payload, after_seconds=HELD_SECONDS)
        return order

    return await run_tx(db, work), key


async def add(db: Db, order: Order, looked: Looked, *, key: str) -> tuple[Order, list[str]]:
    """Add those who were looked up; (what is left of the order, a sentence for each one who was left out).

    With nobody left, and nobody at work on its delivery, that has nothing to do any more.
    """

    async def work(c: AsyncConnection) -> tuple[Order, list[str]]:
        left_out = await teams.add_profiles(
            c,
            team_id=order.team_id,
            workspace_id=order.workspace_id,
            by=order.member_id,
            profiles=looked.profiles,
            role=order.role,
        )
        left = replace(order, rest=looked.rest, skipped=(*order.skipped, *left_out, *looked.unknown))
        await outbox.go_on(c, key=key, payload=left.payload(), is_done=not left.rest)
        return left, [*left_out.values(), *map(_unknown, looked.unknown)]

    return await run_tx(db, work)


def _unknown(user_id: str) -> str:
    return f"{user_id} was skipped: Slack shows nobody of that name here."
