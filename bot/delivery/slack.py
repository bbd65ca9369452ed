"""Senders to Slack: one per kind of delivery. Each renders the state of the moment and gives a verdict.

The client has no automatic retries: one of them re-posted after a dropped connection.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.delivery.verdict import Dead, Done, Later, Verdict
from bot.deps import Deps
from bot.domain.decision import Dossier
from bot.domain.team import SlackUser
from bot.errors import NotFound, TryAgain
from bot.services import card as cards
from bot.services import result as results
from bot.services import team as teams
from bot.services.closing import PUBLISH
from bot.store.outbox import Delivery
from bot.views import card as card_view
from bot.views import result as result_view
from bot.views import team as team_view

EVENT_TYPE = "conclave_delivery"
UNREACHABLE_CHANNEL = {
    "not_in_channel": "not_in_channel",
    "channel_not_found": "channel_not_found",
    "is_archived": "is_archived",
    "restricted_action": "restricted",
    "restricted_action_read_only_channel": "restricted",
    "restricted_action_thread_only_channel": "restricted",
    "restricted_action_non_threadable_channel": "restricted",
}
REFUSED_BLOCKS = {"invalid_blocks", "invalid_blocks_format"}
_GONE_MESSAGE = {"message_not_found", "cant_update_message", "edit_window_closed", "is_inactive"}
GONE_PERSON = {"user_not_found", "user_disabled", "account_deactivated", "is_inactive", "users_not_found"}
"""Slack's names for somebody whom no message can reach any more."""
_TOKEN_TROUBLE = {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"}
_TOKEN_SECONDS = 60.0
_CLOCKS_APART = timedelta(seconds=60)
_PAUSE_SECONDS = 0.5
_TRANSIENT = {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}


def senders() -> Mapping[str, Callable[[Deps, Delivery], Awaitable[Verdict]]]:
    """The table from a delivery's kind to its sender."""
    return {
        "card": judged(_send_card),
        cards.UNREACHABLE: judged(_send_unreachable),
        cards.MOVED: judged(_send_moved),
        PUBLISH: _publish,
        results.RESULT: judged(_send_result),
        results.RESULT_DM: judged(_send_result_dm),
        teams.ANNOUNCE: judged(_send_announcement),
    }


def judged(
    send: Callable[[Deps, Delivery], Awaitable[Verdict]],
) -> Callable[[Deps, Delivery], Awaitable[Verdict]]:
    """Turn what Slack or the wire throws into a verdict."""

    async def give_verdict(deps: Deps, delivery: Delivery) -> Verdict:
        try:
            return await send(deps, delivery)
        except SlackApiError as error:
            return verdict_of(error)
        except (TimeoutError, aiohttp.ClientError, SlackClientError, OSError) as error:
            return Later(type(error).__qualname__)

    return give_verdict


def verdict_of(error: SlackApiError) -> Verdict:
    response = error.response
    status, name = getattr(response, "status_code", 0), name_of(error)
    if status == 429 or name == "ratelimited":
        seconds = float((getattr(response, "headers", None) or {}).get("Retry-After", 1))
        return Later("ratelimited", after_seconds=seconds, is_refusal=True, is_free=True)
    if name in _TOKEN_TROUBLE:
        # The operator can mend it: nothing is given up meanwhile, and no attempt is burnt.
        return Later(name, after_seconds=_TOKEN_SECONDS, is_refusal=True, is_free=True)
    if status >= 500 or name in _TRANSIENT or not name:
        return Later(name or f"http {status}")
    return Dead(name)


def name_of(error: SlackApiError) -> str:
    response = error.response
    return str(response.get("error") or "") if hasattr(response, "get") else ""


async def giving_up(deps: Deps, delivery: Delivery) -> None:
    """A card or a result will not reach its channel: its people hear of it by direct message."""
    if delivery.kind not in {"card", results.RESULT}:
        return
    try:
        found = await cards.get(deps.db, UUID(delivery.payload["decision"]))
    except NotFound:
        return
    if delivery.kind == results.RESULT:
        if found.round is None or str(found.round.id) != delivery.payload["round"]:
            return  # a second round has begun meanwhile; its screens show the first result
        await results.send_by_dm(deps.db, found=found)
    else:
        asked = int(delivery.payload.get("asked", 0))
        await cards.tell_owner_unreachable(deps.db, found=found, reason="given_up", asked=asked)


async def _publish(deps: Deps, delivery: Delivery) -> Verdict:
    try:
        await results.publish(deps.db, round_id=UUID(delivery.payload["round"]))
    except TryAgain:
        # A slow hour burns no attempt: nobody else would ever publish this round.
        return Later("the database was slow", is_free=True)
    return Done()


async def _send_card(deps: Deps, delivery: Delivery) -> Verdict:
    """Post the card, or update it in place to the state of now."""
    found = await cards.get(deps.db, UUID(delivery.payload["decision"]))
    place, channel = found.card, found.decision.channel_id
    if channel is None:
        return Done()
    if place and place.channel_id == channel:
        if place.rendered_revision >= delivery.payload["revision"]:
            return Done()
        try:
            await deps.client.chat_update(channel=channel, ts=place.ts, **card_view.card(found, now=deps.now))
            await insist(lambda: cards.rendered(deps.db, found=found))
            return Done()
        except SlackApiError as error:
            if name_of(error) in UNREACHABLE_CHANNEL:
                return await _unreachable(deps, delivery, found, error)
            if name_of(error) not in _GONE_MESSAGE:
                raise
    try:
        ts = await post(deps, delivery, channel=channel, key=f"card:{found.decision.id}", message=_card(deps, found))
    except SlackApiError as error:
        if name_of(error) not in UNREACHABLE_CHANNEL:
            raise
        return await _unreachable(deps, delivery, found, error)
    await insist(lambda: cards.posted(deps.db, found=found, channel_id=channel, ts=ts))
    return Done()


def _card(deps: Deps, found: Dossier) -> dict[str, Any]:
    return card_view.card(found, now=deps.now)


async def _unreachable(deps: Deps, delivery: Delivery, found: Dossier, error: SlackApiError) -> Verdict:
    """The channel is closed to us: tell the owner how to mend it. Everything works from /decide show meanwhile."""
    await cards.tell_owner_unreachable(
        deps.db,
        found=found,
        reason=UNREACHABLE_CHANNEL[name_of(error)],
        asked=int(delivery.payload.get("asked", 0)),
    )
    return Done()


async def _send_unreachable(deps: Deps, delivery: Delivery) -> Verdict:
    found = await cards.get(deps.db, UUID(delivery.payload["decision"]))
    reader = found.owner.slack_user_id
    if reader is None or _shows(found, int(delivery.payload.get("revision", 0))):
        return Done()
    message = card_view.unreachable(found, reason=str(delivery.payload["reason"]))
    await post_dm(deps, delivery, user=SlackUser(found.decision.workspace_id or "", reader), message=message)
    return Done()


async def _send_moved(deps: Deps, delivery: Delivery) -> Verdict:
    """Let a card that was left behind say where the decision is now; where it is gone, so much the better."""
    found = await cards.get(deps.db, UUID(delivery.payload["decision"]))
    channel, ts = str(delivery.payload["channel"]), str(delivery.payload["ts"])
    try:
        await deps.client.chat_update(channel=channel, ts=ts, **card_view.moved(found))
    except SlackApiError as error:
        if name_of(error) not in _GONE_MESSAGE | UNREACHABLE_CHANNEL.keys():
            raise
    return Done()


def _shows(found: Dossier, revision: int) -> bool:
    """Whether the card has reached its channel meanwhile, with this revision or a later one."""
    card = found.card
    return card is not None and card.channel_id == found.decision.channel_id and card.rendered_revision >= revision


async def _send_result(deps: Deps, delivery: Delivery) -> Verdict:
    """The result in the card's thread; by DM where there is no card or the channel is closed to us."""
    found = await cards.get(deps.db, UUID(delivery.payload["decision"]))
    if found.round is None or str(found.round.id) != delivery.payload["round"]:
        return Done()
    if found.card is None:
        await results.send_by_dm(deps.db, found=found)
        return Done()
    channel, key, thread_ts = found.card.channel_id, delivery.dedupe_key, found.card.ts
    try:
        await _post_result(
            deps,
            found,
            lambda message: post(deps, delivery, channel=channel, key=key, message=message, thread_ts=thread_ts),
        )
    except SlackApiError as error:
        if name_of(error) not in UNREACHABLE_CHANNEL:
            raise
        await results.send_by_dm(deps.db, found=found)
    return Done()


async def _send_result_dm(deps: Deps, delivery: Delivery) -> Verdict:
    found = await cards.get(deps.db, UUID(delivery.payload["decision"]))
    reader = str(delivery.payload["user"])
    if found.result is None or not await results.may_read(deps.db, found=found, user_id=reader):
        return Done()  # a second round has begun meanwhile: its own result follows, and names the first one's
    user = SlackUser(found.decision.workspace_id or "", reader)
    await _post_result(deps, found, lambda message: post_dm(deps, delivery, user=user, message=message))
    return Done()


async def _post_result(deps: Deps, found: Dossier, send: Callable[[dict[str, Any]], Awaitable[object]]) -> None:
    """In the richest look that Slack accepts: charts come to workspaces one by one. A refusal has posted nothing.

    A second round has no comments, and those of the first were told with that one's result.
    """
    comments = [] if found.is_second_round else await results.comments(deps.db, found=found)
    messages = result_view.messages(found, comments=comments)
    for message in messages:
        try:
            await send(message)
            return
        except SlackApiError as error:
            if name_of(error) not in REFUSED_BLOCKS or message is messages[-1]:
                raise


async def _send_announcement(deps: Deps, delivery: Delivery) -> Verdict:
    """Say in the channel who set the team up; to that person where the channel is closed to us."""
    team = await teams.get_team(deps.db, UUID(delivery.payload["team"]))
    user, channel = str(delivery.payload["user"]), str(delivery.payload["channel"])
    message = team_view.announcement(team, slack_user_id=user)
    try:
        await post(deps, delivery, channel=channel, key=delivery.dedupe_key, message=message)
    except SlackApiError as error:
        if name_of(error) not in UNREACHABLE_CHANNEL:
            raise
        await post(deps, delivery, channel=user, key=delivery.dedupe_key, message=message)
    return Done()


async def post(
    deps: Deps,
    delivery: Delivery,
    *,
    channel: str,
    key: str,
    message: dict[str, Any],
    thread_ts: str | None = None,
) -> str:
    """Post once; returns the message's ts. Before repeating an attempt without a verdict, look whether it is there."""
    if delivery.is_ambiguous:
        found = await _find_posted(deps, delivery, channel=channel, key=key, thread_ts=thread_ts)
        if found:
            return found
    answer = await deps.client.chat_postMessage(
        channel=channel,
        thread_ts=thread_ts,
        metadata={"event_type": EVENT_TYPE, "event_payload": {"key": key}},
        unfurl_links=False,
        unfurl_media=False,
        **message,
    )
    return str(answer["ts"])


async def post_dm(deps: Deps, delivery: Delivery, *, user: SlackUser, message: dict[str, Any]) -> None:
    """Post to a person, once; somebody gone from Slack is asked nothing from here on."""
    try:
        await post(deps, delivery, channel=user.user_id, key=delivery.dedupe_key, message=message)
    except SlackApiError as error:
        if name_of(error) not in GONE_PERSON:
            raise
        await teams.deactivate(deps.db, user=user, cause="gone_from_slack")


async def insist(write: Callable[[], Awaitable[None]]) -> None:
    """Write down what has happened in Slack until the database takes it: giving up here would send it again.

    The time that a send has bounds it.
    """
    while True:
        with suppress(TryAgain):
            return await write()
        await asyncio.sleep(_PAUSE_SECONDS)


async def _find_posted(deps: Deps, delivery: Delivery, *, channel: str, key: str, thread_ts: str | None) -> str | None:
    """Our message with this key, where the scope for history was granted; None where not: then it may double.

    Raises SlackApiError where Slack cannot say now, since not knowing is no reason to post again.
    """
    try:
        async for message in _history(deps, delivery, channel=channel, thread_ts=thread_ts):
            metadata = message.get("metadata") or {}
            if metadata.get("event_type") == EVENT_TYPE and (metadata.get("event_payload") or {}).get("key") == key:
                return str(message["ts"])
    except SlackApiError as error:
        if not isinstance(verdict_of(error), Dead):
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
    cursor = ""
    while True:
        if thread_ts:
            answer = await deps.client.conversations_replies(ts=thread_ts, cursor=cursor or None, **how)
        else:
            answer = await deps.client.conversations_history(cursor=cursor or None, **how)
        for message in answer.get("messages") or []:
            yield message
        cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
        if not cursor:
            return
