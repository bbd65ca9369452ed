"""Senders of what outcomes propose: a look at what the team has decided, and the word to its admins."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from bot.delivery.answer import judged
from bot.delivery.posting import post_dm
from bot.delivery.verdict import Done, Verdict
from bot.deps import Deps
from bot.domain.team import SlackUser
from bot.services import learning as learnings
from bot.store.outbox import Delivery
from bot.views import learning as view


def senders() -> Mapping[str, Callable[[Deps, Delivery], Awaitable[Verdict]]]:
    """The table from a delivery's kind to its sender."""
    return {learnings.LOOK: _look, learnings.PROPOSED: judged(_send_proposed)}


async def _look(deps: Deps, delivery: Delivery) -> Verdict:
    await learnings.look(deps.patient_db, UUID(delivery.payload["team"]), now=deps.now)
    return Done()


async def _send_proposed(deps: Deps, delivery: Delivery) -> Verdict:
    """To one admin; nothing where the cases do not support it any more, or somebody has opened it."""
    team_id, key = UUID(delivery.payload["team"]), str(delivery.payload["key"])
    found = await learnings.find_proposal(deps.patient_db, team_id, key, now=deps.now)
    if found:
        user = SlackUser(str(delivery.payload["workspace"]), str(delivery.payload["user"]))
        await post_dm(deps, delivery, user=user, message=view.proposed(found))
    return Done()
