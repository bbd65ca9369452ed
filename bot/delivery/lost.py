"""Sender to those whose ballot a restored backup has left out: please score again."""

from collections.abc import Awaitable, Callable, Mapping

from bot.delivery.answer import judged
from bot.delivery.posting import post_dm
from bot.delivery.verdict import Done, Later, Verdict
from bot.deps import Deps
from bot.errors import NotFound
from bot.services import lost
from bot.store.outbox import Delivery
from bot.views import reminder as view

LOOK_AGAIN_SECONDS = 600.0
"""Outside the person's hours."""


def senders() -> Mapping[str, Callable[[Deps, Delivery], Awaitable[Verdict]]]:
    """The table from a delivery's kind to its sender."""
    return {lost.LOST: judged(_ask_again)}


async def _ask_again(deps: Deps, delivery: Delivery) -> Verdict:
    try:
        missing = await lost.find(deps.patient_db, delivery.payload)
    except NotFound:
        return Done()
    if missing is None:
        return Done()
    if not missing.may_be_told(deps.now):
        return Later("outside working hours", after_seconds=LOOK_AGAIN_SECONDS, is_refusal=True, is_free=True)
    await post_dm(deps, delivery, user=missing.user, message=view.score_again(missing.dossier))
    return Done()
