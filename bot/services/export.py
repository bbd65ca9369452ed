"""The team's decisions as a table: who may have it, that it was taken, and how it goes on its way."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.by import By
from bot.domain.export import Record
from bot.domain.team import SlackUser, Team
from bot.errors import NotFound
from bot.store import audit, export, outbox, team
from bot.store.db import Db, run_tx

FILE, PART = "export", "export.part"
PAGE = 100
"""Decisions at a time: while they are made into lines, nothing else runs in this process."""
READING_SECONDS = 10.0
"""A page is read behind the scenes; nobody's three seconds run meanwhile."""


@dataclass(frozen=True)
class Order:
    """An export on its way to one person: ids, and for one that goes by messages how far it has come."""

    team_id: UUID
    member_id: UUID
    workspace_id: str
    user_id: str
    key: str
    part: int = 0
    before: int | None = None
    """The next part begins with the decision of the next lower number; None: with the newest."""

    @property
    def user(self) -> SlackUser:
        return SlackUser(self.workspace_id, self.user_id)

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> Self:
        return cls(
            UUID(payload["team"]),
            UUID(payload["member"]),
            payload["workspace"],
            payload["user"],
            payload["key"],
            payload.get("part", 0),
            payload.get("before"),
        )

    def payload(self) -> dict[str, object]:
        return {
            "team": str(self.team_id),
            "member": str(self.member_id),
            "workspace": self.workspace_id,
            "user": self.user_id,
            "key": self.key,
            "part": self.part,
            "before": self.before,
        }


async def request(db: Db, by: By) -> bool:
    """Send the table to the person who asks, a member of the team. False: an earlier one is still on its way to them.

    Whoever is of the team sees every decision of it by /decide show; the table holds less than that.
    Raises NotFound where the team has none.
    """
    actor = by.actor
    key = f"export:{actor.member.id}:{by.now.isoformat()}"
    order = Order(actor.team.id, actor.member.id, actor.workspace_id, actor.user_id, key)

    async def work(c: AsyncConnection) -> bool:
        if not await export.count(c, actor.team.id):
            raise NotFound("Your team has no decision yet. Open the first one with /decide.")
        await export.lock_requests(c, actor.member.id)
        lane = outbox.slack_lane(actor.workspace_id, actor.user_id)
        if await outbox.is_on_its_way(c, lane=lane, kinds=[FILE, PART]):
            return False
        await _enqueue(c, FILE, order)
        details = {"team": str(actor.team.id), "way": "slack"}
        await audit.write(c, "team.exported", by=actor.member.id, details=details, origin=by.origin)
        return True

    return await run_tx(db, work)


async def _enqueue(c: AsyncConnection, kind: str, order: Order) -> None:
    lane = outbox.slack_lane(order.workspace_id, order.user_id)
    key = order.key if kind == FILE else f"{order.key}:{order.part}"
    await outbox.enqueue(c, kind=kind, lane=lane, key=key, payload=order.payload())


async def send_part(db: Db, order: Order, *, before: int | None = None) -> None:
    """Queue the next message of an export that goes by messages, which starts below the decision `before`."""
    following = replace(order, part=order.part + 1, before=before)

    async def work(c: AsyncConnection) -> None:
        await _enqueue(c, PART, following)

    await run_tx(db, work)


@dataclass(frozen=True)
class Source:
    """What a table is made of: whose, and how many decisions it has."""

    team: Team
    decisions: int


async def source(db: Db, order: Order) -> Source | None:
    """None: the person has left the team since, and gets nothing of it any more."""

    async def work(c: AsyncConnection) -> Source | None:
        member = await team.find_member(c, order.member_id)
        if member is None or member.team_id != order.team_id or not member.is_active:
            return None
        return Source(await team.get_team(c, order.team_id), await export.count(c, order.team_id))

    return await run_tx(db, work)


async def for_operator(db: Db, *, team_name: str | None) -> Team:
    """The team that an operator means, and a line in the trail.

    Raises NotFound where there is no such team, Invalid where several match.
    """

    async def work(c: AsyncConnection) -> Team:
        found = await team.get_by_name(c, team_name)
        details = {"team": str(found.id), "way": "command line"}
        await audit.write(c, "team.exported", details=details)
        return found

    return await run_tx(db, work)


async def for_program(db: Db, by: By) -> None:
    """A line in the trail: a program has asked for the whole table."""

    async def work(c: AsyncConnection) -> None:
        details = {"team": str(by.team.id), "way": "api"}
        await audit.write(c, "team.exported", by=by.member.id, details=details, origin=by.origin)

    await run_tx(db, work)


async def page(db: Db, *, team_id: UUID, before: int | None) -> list[Record]:
    """At most `PAGE` decisions below number `before` (None: the newest), newest first."""

    async def work(c: AsyncConnection) -> list[Record]:
        return await export.page(c, team_id=team_id, before=before, at_most=PAGE)

    return await run_tx(db, work, budget_seconds=READING_SECONDS)


async def pages(db: Db, *, team_id: UUID) -> AsyncIterator[list[Record]]:
    """All of them, a page at a time: a transaction each, so that a large team holds nothing up."""
    before = None
    while True:
        records = await page(db, team_id=team_id, before=before)
        yield records
        if len(records) < PAGE:
            return
        before = records[-1].decision.number
