"""Publish a Home tab: the same way for an event, a page turned and a change of a decision."""

from collections.abc import Awaitable, Callable, Mapping

from slack_sdk.errors import SlackApiError

from bot.delivery.answer import judged
from bot.delivery.verdict import Done, Later, Verdict
from bot.deps import Deps
from bot.domain.team import SlackUser
from bot.errors import slack_error
from bot.nature import Nature, names_of
from bot.services import home as homes
from bot.services import outbox as deliveries
from bot.store.outbox import Delivery
from bot.views import home as home_view

_NOBODY = names_of(Nature.PERSON) | {"not_enabled", "not_implemented", "hash_conflict"}
"""There is no tab to bring up to date: nobody looks at it, or the app has none."""


def senders() -> Mapping[str, Callable[[Deps, Delivery], Awaitable[Verdict]]]:
    """The table from a delivery's kind to its sender."""
    return {homes.KIND: judged(send_home)}


async def send_home(deps: Deps, delivery: Delivery) -> Verdict:
    """Bring one tab up to date, and settle the deliveries for it that wait behind this one. Published only if changed.

    Somebody else may publish the same tab meanwhile (an event, another delivery), and which of the two Slack shows then
    is unknown: in that case it is published once more, at once.
    """
    user = SlackUser(str(delivery.payload["workspace"]), str(delivery.payload["user"]))
    merged = await deliveries.behind(deps.patient_db, delivery_id=delivery.id, lane=delivery.lane, kind=homes.KIND)
    before = await homes.shown(deps.patient_db, user=user)
    found = await homes.read(deps.patient_db, user=user, now=deps.now, rules=deps.rules, is_first=False)
    view = home_view.home(found, now=deps.now, has_web=bool(deps.settings.url))
    digest = home_view.digest(view)
    if digest != before:
        try:
            await deps.client.views_publish(user_id=user.user_id, view=view)
        except SlackApiError as error:
            if slack_error(error) not in _NOBODY:
                raise
    if await homes.published(deps.patient_db, user=user, digest=digest, before=before, merged=merged):
        return Done()
    return Later("published by another at once", after_seconds=0, is_refusal=True, is_free=True)
