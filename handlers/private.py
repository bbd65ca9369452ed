"""Answers for one person's eyes: by response_url from a message, on top of an open modal, else as a DM.

Where the window is gone, or the way back is closed, the same words come as a DM: what was done was done.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import aiohttp
import structlog
from slack_bolt.kwargs_injection.async_args import AsyncArgs
from slack_sdk.errors import SlackApiError

from bot.client import respond
from bot.errors import slack_name
from bot.nature import is_limited, retry_after
from bot.views.slack import ids, notice

log = structlog.get_logger(__name__)
T = TypeVar("T")
_SOON_SECONDS = 2.0
"""What is left of a trigger's three seconds when its first use was answered."""


async def tell(args: AsyncArgs, sentence: str, *, level: str = "warning") -> None:
    """Show `sentence` to the person who clicked, and to nobody else."""
    view, client = notice.notice("Conclave", sentence, level=level), args.client
    if is_in_modal(args) and is_passing(args):
        view_id = args.body["view"]["id"]
        await _or_write(args, lambda: client.views_update(view_id=view_id, view=view), notice.private(sentence))
    elif is_in_modal(args) and not is_stack_full(args):
        trigger_id = args.body["trigger_id"]
        await _or_write(args, lambda: client.views_push(trigger_id=trigger_id, view=view), notice.private(sentence))
    else:
        await answer(args, notice.private(sentence))


def is_in_modal(args: AsyncArgs) -> bool:
    """Whether the click came from a modal, not from a message or the Home tab."""
    return (args.body.get("view") or {}).get("type") == "modal"


def is_passing(args: AsyncArgs) -> bool:
    """Whether the modal that was clicked only led on: what follows takes its place, and closes back to the card."""
    return args.body["view"].get("callback_id") in (ids.NOTICE, ids.MORE)


def is_stack_full(args: AsyncArgs) -> bool:
    """Whether the modal that was clicked lies upon two others: Slack pushes no fourth."""
    view = args.body["view"]
    return view.get("previous_view_id") not in (None, view.get("root_view_id"))


async def answer(args: AsyncArgs, message: dict[str, Any], *, replaces: bool = False) -> None:
    """Send a message that only this person sees; `replaces` puts it in the place of the one that was clicked."""

    async def by_url() -> None:
        # Not `args.respond`, which opens a connection for each answer: two round trips more, and a tenth of a press.
        whole = {**message, "response_type": "ephemeral", "replace_original": replaces}
        await respond(args.client, args.body["response_url"], whole)

    if args.body.get("response_url"):
        await _or_write(args, by_url, message)
    else:
        await _write(args, message)


async def _or_write(args: AsyncArgs, show: Callable[[], Awaitable[object]], message: dict[str, Any]) -> None:
    """`show` it, or send the message as a DM where that cannot be: the modal is closed, the response_url used up."""
    try:
        await when_let(show)
    except (SlackApiError, aiohttp.ClientError, OSError) as error:
        log.info("a private answer goes by direct message", error=slack_name(error))
        await _write(args, message)


async def _write(args: AsyncArgs, message: dict[str, Any]) -> None:
    try:
        await when_let(lambda: args.client.chat_postMessage(channel=str(args.context.user_id), **message))
    except (SlackApiError, aiohttp.ClientError, OSError) as error:  # no way is left
        log.warning("could not answer privately", error=slack_name(error))


async def when_let(call: Callable[[], Awaitable[T]]) -> T:
    """Once more where Slack asks us to come back soon, while a trigger lives: what it has refused it has not done."""
    try:
        return await call()
    except SlackApiError as error:
        wait = retry_after(error) or 1.0
        if not is_limited(error) or wait > _SOON_SECONDS:
            raise
    await asyncio.sleep(wait)
    return await call()
