"""Sender of a draft to whoever is to open it, or to put it away."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from bot.delivery.answer import judged
from bot.delivery.posting import post_dm
from bot.delivery.verdict import Done, Verdict
from bot.deps import Deps
from bot.domain.draft import Status
from bot.domain.team import SlackUser
from bot.services import draft as drafts
from bot.services import team as teams
from bot.store.outbox import Delivery
from bot.views import draft as view


def senders() -> Mapping[str, Callable[[Deps, Delivery], Awaitable[Verdict]]]:
    """The table from a delivery's kind to its sender."""
    return {drafts.OFFER: judged(_send_offer)}


async def _send_offer(deps: Deps, delivery: Delivery) -> Verdict:
    said = delivery.payload
    found = await drafts.find(deps.patient_db, UUID(str(said["draft"])))
    if found is None or found.status is not Status.WAITING:
        return Done()
    team = await teams.get_team(deps.patient_db, found.team_id)
    user = SlackUser(str(said["workspace"]), str(said["user"]))
    await post_dm(deps, delivery, user=user, message=view.offered(found, team))
    return Done()
