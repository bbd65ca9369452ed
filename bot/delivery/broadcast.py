"""Replies in the thread of a card that the whole channel is to see: who decides that, and what happens where it is not.

Slack tells nobody of a reply in a thread that they do not follow. So it is shown in the channel as well
(`reply_broadcast`) where the team wants that and nobody from another company reads there; else who was asked is told.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from slack_sdk.errors import SlackApiError
from sqlalchemy.exc import DBAPIError

from bot.channel import is_foreign
from bot.delivery.answer import GONE_MESSAGE, REFUSED_BLOCKS, UNREACHABLE_CHANNEL, judged
from bot.delivery.posting import insist, post
from bot.delivery.verdict import Done, Verdict
from bot.deps import Deps
from bot.domain.decision import Dossier
from bot.domain.waiting import Kind
from bot.errors import NotFound, TryAgain, slack_error, told
from bot.services import card as cards
from bot.services import outcome as outcomes
from bot.services import reminder as reminders
from bot.services import result as results
from bot.store.outbox import Delivery
from bot.views import outcome as outcome_view
from bot.views import result as result_view

log = structlog.get_logger(__name__)
NEWS = {results.RESULT: Kind.RESULT, outcomes.RESOLVED: Kind.RESOLVED}
"""A delivery's kind -> what those are told whom it did not reach."""


def senders() -> Mapping[str, Callable[[Deps, Delivery], Awaitable[Verdict]]]:
    """The table from a delivery's kind to its sender."""
    return {
        results.RESULT: judged(_send_result),
        results.REDRAWN: judged(_redraw_result),
        outcomes.RESOLVED: judged(_send_resolved),
    }


async def giving_up(deps: Deps, delivery: Delivery) -> None:
    """Called before one of these is given up."""
    try:
        found = await cards.get(deps.patient_db, UUID(delivery.payload["decision"]))
    except NotFound:
        return
    if _is_current(delivery, found):
        await _missed(deps, delivery, found)


async def _send_result(deps: Deps, delivery: Delivery) -> Verdict:
    """The result with charts, or, where Slack refuses these blocks, in the plainer form that comes next.

    Charts are not in every workspace yet. A refused message was not posted, so nothing comes twice. Of a second round
    no comments are told: it has none of its own, and those of the first came with that one's result.
    """
    found = await cards.get(deps.patient_db, UUID(delivery.payload["decision"]))
    if not _is_current(delivery, found):
        return Done()
    return await _as_rich_as_slack_takes(deps, found, lambda message: _reply(deps, delivery, found, message))


async def _redraw_result(deps: Deps, delivery: Delivery) -> Verdict:
    """Change the message with the result in place: its last word on what comes next is not true any more. Nobody is
    notified, and nothing is to be done where it was never told, or has been deleted."""
    found = await cards.get(deps.patient_db, UUID(delivery.payload["decision"]))
    place = await cards.find_result(deps.patient_db, found=found)
    if place is None or found.result is None:
        return Done()
    channel, ts = place

    async def change(message: dict[str, Any]) -> Verdict:
        try:
            await deps.client.chat_update(channel=channel, ts=ts, **message)
        except SlackApiError as error:
            if slack_error(error) not in GONE_MESSAGE | UNREACHABLE_CHANNEL.keys():
                raise
        return Done()

    return await _as_rich_as_slack_takes(deps, found, change)


async def _as_rich_as_slack_takes(
    deps: Deps, found: Dossier, send: Callable[[dict[str, Any]], Awaitable[Verdict]]
) -> Verdict:
    comments = [] if found.is_second_round else await results.comments(deps.patient_db, found=found)
    messages = result_view.messages(found, comments=comments)
    for message in messages:
        try:
            return await send(message)
        except SlackApiError as error:
            if slack_error(error) not in REFUSED_BLOCKS or message is messages[-1]:
                raise
    return Done()


async def _send_resolved(deps: Deps, delivery: Delivery) -> Verdict:
    found = await cards.get(deps.patient_db, UUID(delivery.payload["decision"]))
    if not _is_current(delivery, found):
        return Done()
    return await _reply(deps, delivery, found, outcome_view.word(found))


def _is_current(delivery: Delivery, found: Dossier) -> bool:
    """Not after a second round has begun, or the choice was changed: what comes of that is told in its place."""
    if delivery.kind == results.RESULT:
        return found.result is not None and found.round is not None and str(found.round.id) == delivery.payload["round"]
    return found.outcome is not None and found.decision.resolved_at == datetime.fromisoformat(delivery.payload["at"])


async def _remember_place(deps: Deps, found: Dossier, *, channel: str, ts: str) -> None:
    """Once, and soon: not knowing the place costs a line that stays as it is, a late end a second message."""
    try:
        await cards.result_told(deps.db, found=found, channel_id=channel, ts=ts)
    except (TryAgain, DBAPIError) as error:
        log.warning("where a result was told is not written down", decision=str(found.decision.id), **told(error))


async def _reply(deps: Deps, delivery: Delivery, found: Dossier, message: dict[str, Any]) -> Verdict:
    """Reply to the card; what the channel is not shown, because there is no card or for another reason, is told."""
    is_shown = False
    if found.card:
        channel, thread_ts = found.card.channel_id, found.card.ts
        is_shown = found.team.broadcasts and await _is_ours_alone(deps, channel)
        how: dict[str, Any] = {"key": delivery.dedupe_key, "thread_ts": thread_ts, "is_broadcast": is_shown}
        try:
            posted = await post(deps, delivery, channel=channel, message=message, **how)
            if delivery.kind == results.RESULT:
                await _remember_place(deps, found, channel=channel, ts=posted.ts)
        except SlackApiError as error:
            if slack_error(error) not in UNREACHABLE_CHANNEL:
                raise
            is_shown = False
    if not is_shown:
        await insist(lambda: _missed(deps, delivery, found))
    return Done()


async def _missed(deps: Deps, delivery: Delivery, found: Dossier) -> None:
    await reminders.missed(deps.patient_db, decision_id=found.decision.id, news=NEWS[delivery.kind])


async def _is_ours_alone(deps: Deps, channel: str) -> bool:
    """Whether Slack says that no other company reads the channel."""
    return await is_foreign(deps.client, channel) is False
