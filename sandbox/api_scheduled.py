"""Owns the Web API methods that post later. A message waits in memory, and goes with the sandbox."""

import asyncio
import time

from sandbox.api import Api, Method
from sandbox.api_chat import check_message, post_message, postable
from sandbox.inputs import Json
from sandbox.modals import Refused
from sandbox.workspace import Scheduled

_FARTHEST_SECONDS = 120 * 24 * 3600


def _schedule(api: Api, arguments: Json) -> Json:
    channel = postable(api, arguments)
    check_message(api, arguments)
    given = str(arguments.get("post_at") or "")
    if not given.isdecimal():
        raise Refused("invalid_time")
    wait = int(given) - time.time()
    if wait <= 0 or wait > _FARTHEST_SECONDS:
        raise Refused("time_in_past" if wait <= 0 else "time_too_far")
    scheduled = Scheduled(api.workspace.new_id("Q"), channel.id, int(given), str(arguments.get("text") or ""))
    api.workspace.scheduled[scheduled.id] = scheduled
    asyncio.get_running_loop().call_later(wait, _post, api, scheduled, arguments)
    return {
        "channel": channel.id,
        "scheduled_message_id": scheduled.id,
        "post_at": scheduled.post_at,
        "message": {"type": "delayed_message", "text": scheduled.text, "blocks": arguments.get("blocks") or []},
    }


def _post(api: Api, scheduled: Scheduled, arguments: Json) -> None:
    """Post, unless it was deleted, or the channel has closed meanwhile: nobody is left whom Slack would tell."""
    if api.workspace.scheduled.pop(scheduled.id, None) is None:
        return
    try:
        post_message(api, {**arguments, "channel": scheduled.channel})
    except Refused:
        return


def _list(api: Api, arguments: Json) -> Json:
    wanted = arguments.get("channel")
    found = [
        {"id": one.id, "channel_id": one.channel, "post_at": one.post_at, "date_created": one.created, "text": one.text}
        for one in api.workspace.scheduled.values()
        if wanted in (None, "", one.channel)
    ]
    return {"scheduled_messages": found, "response_metadata": {"next_cursor": ""}}


def _delete(api: Api, arguments: Json) -> Json:
    scheduled = api.workspace.scheduled.get(str(arguments.get("scheduled_message_id") or ""))
    if scheduled is None or scheduled.channel != arguments.get("channel"):
        raise Refused("invalid_scheduled_message_id")
    del api.workspace.scheduled[scheduled.id]
    return {}


SCHEDULED: dict[str, Method] = {
    "chat.scheduleMessage": _schedule,
    "chat.scheduledMessages.list": _list,
    "chat.deleteScheduledMessage": _delete,
}
