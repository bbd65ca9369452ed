"""Who reads a channel, as Slack tells it: one call of `conversations.info`. Knows nothing of what it is asked for."""

import asyncio
from collections.abc import Mapping
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import slack_error
from bot.nature import Nature, is_limited, nature_of

LOOK_SECONDS = 1.5
"""So long somebody looks at "One moment ..." more at most, until we know who reads where they are."""


async def is_foreign(client: AsyncWebClient, channel: str) -> bool | None:
    """Whether another company reads the channel. None where Slack does not say: for that it takes the optional scope
    `channels:read`, of a private channel `groups:read`.

    Raises SlackApiError where Slack cannot say just now.
    """
    try:
        told = (await client.conversations_info(channel=channel))["channel"]
    except SlackApiError as error:
        if is_limited(error) or nature_of(slack_error(error)) is Nature.PASSES:
            raise
        return None
    return is_read_by_others(told)


def is_read_by_others(told: Mapping[str, Any]) -> bool | None:
    """told: of a channel, by `conversations.info`. As `is_foreign`."""
    if told.get("is_ext_shared") or told.get("is_pending_ext_shared"):
        return True
    return None if told.get("is_shared") and not told.get("is_org_shared") else False


async def seems_foreign(client: AsyncWebClient, channel: str) -> bool:
    """`is_foreign`, for somebody who waits: what is not known soon is asked again before a card is posted."""
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            return bool(await is_foreign(client, channel))
    except (TimeoutError, SlackApiError, aiohttp.ClientError, OSError):
        return False
