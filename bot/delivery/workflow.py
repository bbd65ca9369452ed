"""Sender of what a step of Workflow Builder gives back: completed once, whatever happens in between."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from slack_sdk.errors import SlackApiError

from bot.delivery.answer import judged
from bot.delivery.verdict import Done, Verdict
from bot.deps import Deps
from bot.domain.workflow import Ending
from bot.errors import slack_error
from bot.services import workflow as workflows
from bot.store.outbox import Delivery

_OVER = {"function_execution_not_found", "execution_not_in_running_state"}
"""Slack's names for a run that has its answer: an earlier attempt gave it, or somebody stopped the workflow."""


def senders() -> Mapping[str, Callable[[Deps, Delivery], Awaitable[Verdict]]]:
    """The table from a delivery's kind to its sender."""
    return {workflows.END: judged(_send_ending)}


async def _send_ending(deps: Deps, delivery: Delivery) -> Verdict:
    """With the bot's token: the one that came with the event lives for minutes, a decision takes hours."""
    execution_id = str(delivery.payload["execution"])
    found = await _ending(deps, delivery, execution_id)
    try:
        await _tell(deps, execution_id, found)
    except SlackApiError as error:
        if slack_error(error) not in _OVER:
            raise
    return Done()


async def _ending(deps: Deps, delivery: Delivery, execution_id: str) -> Ending | None:
    if "error" in delivery.payload:
        return Ending({}, str(delivery.payload["error"]))
    return await workflows.read_ending(deps.patient_db, execution_id, UUID(delivery.payload["decision"]))


async def _tell(deps: Deps, execution_id: str, found: Ending | None) -> None:
    if found is None:
        return
    if found.error:
        await deps.client.functions_completeError(function_execution_id=execution_id, error=found.error)
    else:
        outputs = dict(found.outputs)
        await deps.client.functions_completeSuccess(function_execution_id=execution_id, outputs=outputs)
