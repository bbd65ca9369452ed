"""Senders to Slack of cards and announcements; each renders the state of the moment and gives a verdict."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.channel import is_foreign
from bot.delivery import broadcast
from bot.delivery.answer import GONE_MESSAGE, UNREACHABLE_CHANNEL, judged
from bot.delivery.posting import insist, post, post_dm
from bot.delivery.verdict import Done, Later, Verdict
from bot.deps import Deps
from bot.domain.decision import Dossier
from bot.domain.team import SlackUser
from bot.errors import NotFound, TryAgain, slack_error, told
from bot.services import card as cards
from bot.services import result as results
from bot.services import team as teams
from bot.services.closing import PUBLISH
from bot.store.outbox import Delivery, slack_lane
from bot.views import card as card_view
from bot.views import team as team_view

log = structlog.get_logger(__name__)


def senders() -> Mapping[str, Callable[[Deps, Delivery], Awaitable[Verdict]]]:
    """The table from a delivery's kind to its sender."""
    return {
        "card": judged(_send_card),
        cards.UNREACHABLE: judged(_send_unreachable),
        cards.MOVED: judged(_send_moved),
        PUBLISH: _publish,
        **broadcast.senders(),
        teams.ANNOUNCE: judged(_send_announcement),
        teams.TENDED: judged(_send_tended),
    }


async def giving_up(deps: Deps, delivery: Delivery) -> None:
    """Called before a card or a result is given up: those concerned are told by direct message instead."""
    if delivery.kind in broadcast.NEWS:
        await broadcast.giving_up(deps, delivery)
    if delivery.kind != "card":
        return
    try:
        found = await cards.get(deps.patient_db, UUID(delivery.payload["decision"]))
    except NotFound:
        return
    asked = int(delivery.payload.get("asked", 0))
    await cards.tell_owner_unreachable(deps.patient_db, found=found, reason="given_up", asked=asked)


async def _publish(deps: Deps, delivery: Delivery) -> Verdict:
    try:
        await results.publish(deps.patient_db, round_id=UUID(delivery.payload["round"]))
    except TryAgain:
        # Not counted as an attempt: if the delivery were given up, nobody else would ever publish this round.
        return Later("the database was slow", is_free=True)
    return Done()


async def _send_card(deps: Deps, delivery: Delivery) -> Verdict:
    """Post the card, or update it in place to the state of now."""
    found = await cards.get(deps.patient_db, UUID(delivery.payload["decision"]))
    channel = found.decision.channel_id
    if channel is None or delivery.lane != slack_lane(found.decision.workspace_id or "", channel):
        # The decision has moved to another channel, and a delivery for its card waits in that channel's lane. Posted
        # from both lanes, there would be two cards.
        return Done()
    if _shows(found, delivery.payload["revision"]):
        return Done()
    try:
        if not await _update_card(deps, delivery, found):
            if await is_foreign(deps.client, channel) and not await cards.is_shown_to_others(deps.patient_db, found):
                return await _ask_owner(deps, delivery, found, "shared")
            await _post_card(deps, delivery, found, channel)
    except SlackApiError as error:
        if slack_error(error) not in UNREACHABLE_CHANNEL:
            raise
        return await _unreachable(deps, delivery, found, error)
    return Done(is_settled=True)


async def _update_card(deps: Deps, delivery: Delivery, found: Dossier) -> bool:
    """Whether there was a card in the decision's channel to bring up to date."""
    card = found.card
    if card is None or card.channel_id != found.decision.channel_id:
        return False
    try:
        await deps.client.chat_update(channel=card.channel_id, ts=card.ts, **card_view.card(found, now=deps.now))
    except SlackApiError as error:
        if slack_error(error) not in GONE_MESSAGE:
            raise
        return False
    await insist(lambda: cards.rendered(deps.patient_db, delivery, found=found))
    if card.permalink is None:
        await _keep_link(deps, found, card.channel_id, card.ts)
    return True


async def _post_card(deps: Deps, delivery: Delivery, found: Dossier, channel: str) -> None:
    message = card_view.card(found, now=deps.now)
    posted = await post(deps, delivery, channel=channel, key=f"card:{found.decision.id}", message=message)
    # A message found from an earlier attempt shows at least this delivery's revision, but perhaps not that of now.
    shown = delivery.payload["revision"] if posted.is_found else found.decision.revision
    place: dict[str, Any] = {"channel_id": channel, "ts": posted.ts, "revision": shown}
    await insist(lambda: cards.posted(deps.patient_db, delivery, found=found, **place))
    await _keep_link(deps, found, channel, posted.ts)


async def _keep_link(deps: Deps, found: Dossier, channel: str, ts: str) -> None:
    """Ask Slack for the card's address. Without one, messages lead to the decision by a button alone."""
    try:
        answer = await deps.client.chat_getPermalink(channel=channel, message_ts=ts)
    except (SlackApiError, SlackClientError, aiohttp.ClientError, OSError) as error:
        log.info("the address of a card is unknown until its next change", **told(error))
        return
    link = str(answer["permalink"])
    await insist(lambda: cards.linked(deps.patient_db, decision_id=found.decision.id, ts=ts, permalink=link))


async def _unreachable(deps: Deps, delivery: Delivery, found: Dossier, error: SlackApiError) -> Verdict:
    """Slack does not let us into the channel: tell the owner how to mend it. /decide show works meanwhile."""
    return await _ask_owner(deps, delivery, found, UNREACHABLE_CHANNEL[slack_error(error)])


async def _ask_owner(deps: Deps, delivery: Delivery, found: Dossier, reason: str) -> Verdict:
    asked = int(delivery.payload.get("asked", 0))
    await cards.tell_owner_unreachable(deps.patient_db, found=found, reason=reason, asked=asked)
    return Done()


async def _send_unreachable(deps: Deps, delivery: Delivery) -> Verdict:
    found = await cards.get(deps.patient_db, UUID(delivery.payload["decision"]))
    reader = found.owner.slack_user_id
    if reader is None or _shows(found, int(delivery.payload.get("revision", 0))):
        return Done()
    message = card_view.unreachable(found, reason=str(delivery.payload["reason"]))
    await post_dm(deps, delivery, user=SlackUser(found.decision.workspace_id or "", reader), message=message)
    return Done()


async def _send_moved(deps: Deps, delivery: Delivery) -> Verdict:
    """Change the card left in the old channel, to say where the decision is now. Nothing to do if it was deleted."""
    found = await cards.get(deps.patient_db, UUID(delivery.payload["decision"]))
    channel, ts = str(delivery.payload["channel"]), str(delivery.payload["ts"])
    try:
        await deps.client.chat_update(channel=channel, ts=ts, **card_view.moved(found))
    except SlackApiError as error:
        if slack_error(error) not in GONE_MESSAGE | UNREACHABLE_CHANNEL.keys():
            raise
    return Done()


def _shows(found: Dossier, revision: int) -> bool:
    """Whether the card in the decision's channel shows this revision or a later one."""
    card = found.card
    return card is not None and card.channel_id == found.decision.channel_id and card.rendered_revision >= revision


async def _send_announcement(deps: Deps, delivery: Delivery) -> Verdict:
    """Say in the channel who set the team up; to that person where the channel is closed to us."""
    team = await teams.get_team(deps.patient_db, UUID(delivery.payload["team"]))
    user, channel = str(delivery.payload["user"]), str(delivery.payload["channel"])
    workspace_id = str(delivery.payload.get("workspace", ""))  # rows of an older version name none
    message = team_view.announcement(team, slack_user_id=user)
    try:
        await post(deps, delivery, channel=channel, key=delivery.dedupe_key, message=message)
    except SlackApiError as error:
        if slack_error(error) not in UNREACHABLE_CHANNEL:
            raise
        await post_dm(deps, delivery, user=SlackUser(workspace_id, user), message=message)
    return Done()


async def _send_tended(deps: Deps, delivery: Delivery) -> Verdict:
    """Say in the team's channel what an admin from outside did to it; to its people where that is closed to us."""
    channel, user = str(delivery.payload["channel"]), str(delivery.payload["user"])
    team, people = await teams.tended(deps.patient_db, delivery.payload)
    message = team_view.tended(team, people, slack_user_id=user, table=deps.rules.of(team.id).authority)
    if not channel.startswith(CHANNELS):
        await post_dm(deps, delivery, user=SlackUser(str(delivery.payload["workspace"]), channel), message=message)
        return Done()
    try:
        await post(deps, delivery, channel=channel, key=delivery.dedupe_key, message=message)
    except SlackApiError as error:
        if slack_error(error) not in UNREACHABLE_CHANNEL:
            raise
        await teams.tell_people(deps.patient_db, delivery.payload)
    return Done()


CHANNELS = ("C", "G")
"""How the id of a channel begins, public or private; that of a person does not."""
