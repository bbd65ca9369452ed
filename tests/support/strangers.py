"""Two workspaces with the same people and the same decisions, and a Slack that puts the ids of one into what the other
sends: signed, well formed, complete."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from bot.demo.techcorp import techcorp
from sandbox.spec import GroupSpec, WorkspaceSpec
from tests.support.house import living
from tests.support.team import Team, sarahs_team

ABOUT, CHOSEN, WHO, DRAFT = "about", "chosen", "who", "draft"
_IDS = {
    ABOUT: (
        "SELECT id FROM customer_decisions WHERE id = %s",
        "SELECT id FROM rounds WHERE decision_id = %s ORDER BY number",
    ),
    CHOSEN: (
        "SELECT id FROM response_options WHERE decision_id = %s ORDER BY position",
        "SELECT id FROM decision_criteria WHERE decision_id = %s ORDER BY position",
    ),
    WHO: (
        "SELECT team_id FROM customer_decisions WHERE id = %s",
        "SELECT m.id FROM team_members m JOIN customer_decisions d USING (team_id) WHERE d.id = %s ORDER BY m.name",
    ),
    DRAFT: (
        "SELECT f.id FROM drafts f JOIN customer_decisions d USING (team_id) WHERE d.id = %s AND f.status = 'waiting'",
    ),
}
"""What an id can stand for: what a press is about, what is chosen in a form, whom it is about, what was handed in."""


@dataclass
class Swapping:
    """The way from a Slack to its bot: the next payload for this route carries other ids."""

    link: Any
    route: str = ""
    swaps: Mapping[str, str] = field(default_factory=dict)
    answered: asyncio.Event = field(default_factory=asyncio.Event)

    def aim(self, route: str, swaps: Mapping[str, str]) -> None:
        self.route, self.swaps = route, swaps
        self.answered.clear()

    async def send(self, kind: str, payload: Any, *, attempt: int, reason: str | None) -> tuple[int, str]:
        if not self.route or self.route != _route(payload):
            return await self.link.send(kind, payload, attempt=attempt, reason=reason)  # type: ignore[no-any-return]
        self.route, text = "", json.dumps(payload)
        swapped = re.sub("|".join(self.swaps), lambda found: self.swaps[found[0]], text)
        assert swapped != text, "none of the ids is in it"
        answer: tuple[int, str] = await self.link.send(kind, json.loads(swapped), attempt=attempt, reason=reason)
        self.answered.set()
        return answer


def _route(payload: Any) -> str:
    """What the table of handlers looks up."""
    if payload.get("type") == "block_actions":
        return str(payload["actions"][0]["action_id"])
    return f"submit {payload['view']['callback_id']}" if payload.get("type") == "view_submission" else ""


@dataclass(frozen=True)
class Strangers:
    ours: Team
    theirs: Team
    """The attackers."""
    way: Swapping

    def swaps(self, kind: str) -> dict[str, str]:
        """Their id -> ours, one by one in the same order."""
        return {
            str(mine): str(foreign)
            for query in _IDS[kind]
            for (mine,), (foreign,) in zip(
                self.theirs.sql(query, self.theirs.decision_id),
                self.ours.sql(query, self.ours.decision_id),
                strict=True,
            )
        }


def _town(**more: Any) -> WorkspaceSpec:
    return replace(techcorp(), groups=(GroupSpec("S0CARE", "care", "Customer care", ("lisa", "tom")),), **more)


@asynccontextmanager
async def strangers(database_url: str) -> AsyncIterator[Strangers]:
    """Sarah's team twice, in two workspaces of one database."""
    evil = _town(team_id="T0EVIL", bot_token="xoxb-evil", signing_secret="evil")
    async with living(database_url, _town()) as one, living(database_url, evil) as two:
        courier = two.sandbox.town.courier
        courier.link = way = Swapping(courier.link)
        yield Strangers(await sarahs_team(one), await sarahs_team(two), way)
