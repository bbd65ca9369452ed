"""Posting a message once: if an earlier attempt may have posted it, look in the conversation first.

Slack's client is made without its automatic retries (`bot/identity.py`): one of them posted a second time after a
dropped connection.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from slack_sdk.errors import SlackApiError
from sqlalchemy.exc import DBAPIError

from bot.delivery.answer import GONE_PERSON, is_final
from bot.deps import Deps
from bot.domain.team import SlackUser
from bot.errors import TryAgain, slack_error
from bot.services import team as teams
from bot.store.outbox import Delivery

log = structlog.get_logger(__name__)
EVENT_TYPE = "conclave_delivery"
_CLOCKS_APART = timedelta(minutes=15)
"""How far the database's clock (times of rows) and Slack's (times of messages) may differ; beyond that a message that
is there is not found."""
_PAUSE_SECONDS = 0.5
"""Between two attempts of `insist`."""


@dataclass(frozen=True)
class Posted:
    ts: str
    is_found: bool
    """Whether an earlier attempt had posted it. Then it shows the state of that time."""


async def post(
    deps: Deps,
    delivery: Delivery,
    *,
    channel: str,
    key: str,
    message: dict[str, Any],
    thread_ts: str | None = None,
    is_broadcast: bool = False,
) -> Posted:
    """Post once: where an earlier attempt ended without a verdict, first look whether its message is there.

    `key`: goes into the message's metadata, which nobody sees; by it the message is found again. is_broadcast: a reply
    is shown in the channel as well.
    """
    if delivery.is_ambiguous:
        found = await _find_posted(deps, delivery, channel=channel, key=key, thread_ts=thread_ts)
        if found:
            return Posted(found, is_found=True)
    answer = await deps.client.chat_postMessage(
        channel=channel,
        thread_ts=thread_ts,
        reply_broadcast=is_broadcast or None,
        metadata={"event_type": EVENT_TYPE, "event_payload": {"key": key}},
        unfurl_links=False,
        unfurl_media=False,
        **message,
    )
    return Posted(str(answer["ts"]), is_found=False)


async def post_dm(deps: Deps, delivery: Delivery, *, user: SlackUser, message: dict[str, Any]) -> None:
    """Post to a person, once."""
    how: dict[str, Any] = {"channel": user.user_id, "key": delivery.dedupe_key, "message": message}
    await reach(deps, user, lambda: post(deps, delivery, **how))


async def reach(deps: Deps, user: SlackUser, send: Callable[[], Awaitable[object]]) -> None:
    """Do what goes to a person alone. Where Slack says that they are gone, they become inactive in their team."""
    try:
        await send()
    except SlackApiError as error:
        if slack_error(error) not in GONE_PERSON:
            raise
        log.info("somebody is gone from Slack and gets this no more", error=slack_error(error))
        await teams.deactivate(deps.patient_db, user=user, cause="gone_from_slack")


async def insist(write: Callable[[], Awaitable[None]]) -> None:
    """Call `write`, which stores what has happened in Slack, until the database takes it: not stored, it would be sent
    again. Ends with the time that a send has (`worker.SEND_SECONDS`)."""
    while True:
        with suppress(TryAgain, DBAPIError):
            return await write()
        await asyncio.sleep(_PAUSE_SECONDS)


async def _find_posted(deps: Deps, delivery: Delivery, *, channel: str, key: str, thread_ts: str | None) -> str | None:
    """The `ts` of our message with this key. None where there is none, or where we lack the scope to read the history:
    in the latter case the message may come twice.

    Raises SlackApiError where Slack cannot say just now; the delivery then waits instead of posting on a guess.
    """
    try:
        async for message in _history(deps, delivery, channel=channel, thread_ts=thread_ts):
            metadata = message.get("metadata") or {}
            if metadata.get("event_type") == EVENT_TYPE and (metadata.get("event_payload") or {}).get("key") == key:
                return str(message["ts"])
    except SlackApiError as error:
        if not is_final(error):
            raise
    return None


async def _history(
    deps: Deps, delivery: Delivery, *, channel: str, thread_ts: str | None
) -> AsyncIterator[dict[str, Any]]:
    """The conversation's messages since the delivery was queued."""
    if channel.startswith(("U", "W")):  # history is asked of conversations, not of people
        channel = str((await deps.client.conversations_open(users=channel))["channel"]["id"])
    oldest = f"{(delivery.created_at - _CLOCKS_APART).timestamp():.6f}"
    how: dict[str, Any] = {"channel": channel, "oldest": oldest, "limit": 200, "include_all_metadata": True}
    read = partial(deps.client.conversations_history, **how)
    if thread_ts:
        read = partial(deps.client.conversations_replies, ts=thread_ts, **how)
    async for message in paged(read, "messages"):
        yield message


async def paged(read: Callable[..., Awaitable[Any]], key: str) -> AsyncIterator[Any]:
    """What stands under this key on all pages of a method of Slack's, one by one."""
    cursor: str | None = None
    while True:
        answer = await read(cursor=cursor)
        for one in answer.get(key) or []:
            yield one
        cursor = (answer.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return
