"""Sender of people who are still to be added to a team: look them up as Slack lets us, then tell who asked."""

from collections.abc import Awaitable, Callable, Mapping

from bot.delivery.answer import judged
from bot.delivery.posting import post_dm
from bot.delivery.verdict import Done, Later, Verdict
from bot.deps import Deps
from bot.errors import NotFound
from bot.profile import read_profiles
from bot.services import newcomer as newcomers
from bot.services import team as teams
from bot.store.outbox import Delivery
from bot.views import team as view

LOOK_SECONDS = 8.0
"""For looking people up in one go; together with one late answer of Slack's less than a delivery may take."""


def senders() -> Mapping[str, Callable[[Deps, Delivery], Awaitable[Verdict]]]:
    """The table from a delivery's kind to its sender."""
    return {newcomers.KIND: judged(send_newcomers)}


async def send_newcomers(deps: Deps, delivery: Delivery) -> Verdict:
    order = newcomers.Order.from_payload(delivery.payload)
    try:
        team = await teams.get_team(deps.patient_db, order.keeper.team_id)
    except NotFound:
        return Done()
    looked = await read_profiles(
        deps.client, workspace_id=order.user.workspace_id, user_ids=order.rest, within=LOOK_SECONDS
    )
    left, _ = await newcomers.add(deps.patient_db, order, looked, key=delivery.dedupe_key, plans=deps.rules.plans)
    if looked.error:
        raise looked.error
    if looked.rest:
        return Later("more people to look up", after_seconds=0, is_refusal=True, is_free=True)
    await post_dm(deps, delivery, user=order.user, message=view.all_added(team, skipped=left.skipped))
    return Done()
