"""Sender of a team's new language: with it the words of its decided cases are read anew, which takes a while."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from bot.delivery.verdict import Done, Verdict
from bot.deps import Deps
from bot.services import team as teams
from bot.store.outbox import Delivery


def senders() -> Mapping[str, Callable[[Deps, Delivery], Awaitable[Verdict]]]:
    """The table from a delivery's kind to its sender."""
    return {teams.LANGUAGE: _change}


async def _change(deps: Deps, delivery: Delivery) -> Verdict:
    await teams.set_language(deps.patient_db, UUID(delivery.payload["team"]), str(delivery.payload["language"]))
    return Done()
