"""Sender of the word to whoever is away and to their deputy."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from bot.delivery.answer import judged
from bot.delivery.posting import post_dm
from bot.delivery.verdict import Done, Verdict
from bot.deps import Deps
from bot.domain.deputy import Absence
from bot.domain.team import SlackUser
from bot.services import deputy as deputies
from bot.store.outbox import Delivery
from bot.views import deputy as view


def senders() -> Mapping[str, Callable[[Deps, Delivery], Awaitable[Verdict]]]:
    """The table from a delivery's kind to its sender."""
    return {deputies.TOLD: judged(_send_told)}


async def _send_told(deps: Deps, delivery: Delivery) -> Verdict:
    said = delivery.payload
    member, deputy = await deputies.names(deps.patient_db, said)
    if member is None or deputy is None:
        return Done()
    begins, until = (datetime.fromisoformat(str(said[name])) for name in ("begins", "until"))
    absence = Absence(member.id, deputy.id, begins, until)
    message = view.told(
        member, deputy, absence, to_deputy=bool(said["to_deputy"]), by=said["by"], is_over=bool(said["is_over"])
    )
    await post_dm(deps, delivery, user=SlackUser(str(said["workspace"]), str(said["user"])), message=message)
    return Done()
