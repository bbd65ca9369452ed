"""Sender of threads to a language model, to be told in short. Whatever fails, nobody is told but operators."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from html import unescape
from typing import Any
from uuid import UUID

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.channel import is_read_by_others
from bot.delivery.posting import paged
from bot.delivery.sketch import asking, counted, failed
from bot.delivery.verdict import Verdict
from bot.deps import Deps
from bot.domain.sketch import Asker, NoAnswer
from bot.domain.thread import Place, Thread
from bot.errors import told
from bot.services import thread as threads
from bot.store.outbox import Delivery

log = structlog.get_logger(__name__)
READING_SECONDS = 4.0
"""All pages of a thread; with the time that the model has it stays below what a send may take."""
_PAGE = 200
_SAID = (None, "thread_broadcast", "me_message", "file_share")
"""Subtypes of messages that people have written. Others tell what has happened."""


def senders(finding: Awaitable[Asker | None]) -> Mapping[str, Callable[[Deps, Delivery], Awaitable[Verdict]]]:
    """The table from a delivery's kind to its sender; finding: as of `sketch.senders`."""
    return {threads.MAKE: asking(finding, _make)}


async def _make(asker: Asker, deps: Deps, delivery: Delivery) -> Verdict:
    place = await threads.find_place(deps.patient_db, deps.rules, UUID(delivery.payload["decision"]))
    if place is None:
        return counted("not asked")
    try:
        async with asyncio.timeout(READING_SECONDS):
            found = await _read(deps, place)
    except (SlackApiError, SlackClientError, aiohttp.ClientError, OSError) as error:  # a time that is over, too
        # Not tried again: the next look at the details asks anew.
        log.info("a thread is not summed up, as it cannot be read", **told(error))
        return counted("the thread cannot be read")
    return await _sum_up(asker, deps, delivery, place, found) if found else counted("not asked")


async def _sum_up(asker: Asker, deps: Deps, delivery: Delivery, place: Place, found: Thread) -> Verdict:
    question = await threads.prepare(deps.patient_db, deps.rules, place, found, now=deps.now)
    if question is None:
        return counted("not asked")
    try:
        summed = await asker.sum_up(question.gaps.text, language=question.language)
    except NoAnswer as failure:
        return await failed(deps, delivery, question.aside, failure)
    is_shown = await threads.keep(deps.patient_db, deps.rules, question, summed)
    return counted("answered" if is_shown else "an answer that is not neutral")


async def _read(deps: Deps, place: Place) -> Thread | None:
    """What people have replied. None where somebody who is shown the details cannot read it in Slack."""
    if not await _is_read_by_all(deps, place):
        return None
    read = partial(deps.client.conversations_replies, channel=place.channel_id, ts=place.ts, limit=_PAGE)
    return Thread.of([unescape(m["text"]) async for m in paged(read, "messages") if _is_reply(m, place)])


async def _is_read_by_all(deps: Deps, place: Place) -> bool:
    """Whether the channel is open to the whole team, or all of it is in there; and to no other company."""
    channel = (await deps.client.conversations_info(channel=place.channel_id))["channel"]
    if is_read_by_others(channel) is not False:
        return False
    if not (channel.get("is_private") or place.has_guests):
        return True
    members = partial(deps.client.conversations_members, channel=place.channel_id, limit=_PAGE)
    return place.readers <= {user async for user in paged(members, "members")}


def _is_reply(message: Mapping[str, Any], place: Place) -> bool:
    """Whether a person has written it, and not an app, ours least of all."""
    is_below = message.get("ts") != place.ts and message.get("subtype") in _SAID
    return bool(is_below and message.get("text") and message.get("user") and not message.get("bot_id"))
