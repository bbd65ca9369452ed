"""Owns the Web API methods that post later. A message waits in memory, and goes with the sandbox."""

from sandbox.inputs import Json
from sandbox.methods.api import Api, Method
from sandbox.methods.chat import check_message, post_message, postable
from sandbox.modals import Refused
from sandbox.workspace import Scheduled

_FARTHEST_SECONDS = 120 * 24 * 3600


def _schedule(api: Api, arguments: Json) -> Json:
    """Waits by the sandbox's clock, and is gone when the sandbox ends."""
    channel, clock = postable(api, arguments), api.workspace.clock
    check_message(api, arguments)
    post_at = _post_at(arguments, now=clock.time())
    text, id_ = str(arguments.get("text") or ""), api.workspace.new_id("Q")
    scheduled = Scheduled(id_, channel.id, post_at, text, created=int(clock.time()))
    api.workspace.scheduled[id_] = scheduled
    api.background(_wait_and_post(api, scheduled, arguments))
    return {
        "channel": channel.id,
        "scheduled_message_id": id_,
        "post_at": post_at,
        "message": {"type": "delayed_message", "text": text, "blocks": arguments.get("blocks") or []},
    }


def _post_at(arguments: Json, *, now: float) -> int:
    given = str(arguments.get("post_at") or "")
    if not given.isdecimal():
        raise Refused("invalid_time")
    if int(given) <= now:
        raise Refused("time_in_past")
    if int(given) > now + _FARTHEST_SECONDS:
        raise Refused("time_too_far")
    return int(given)


async def _wait_and_post(api: Api, scheduled: Scheduled, arguments: Json) -> None:
    """Post, unless it was deleted, or the channel has closed meanwhile: nobody is left whom Slack would tell."""
    await api.workspace.clock.sleep_until(scheduled.post_at)
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


SCHEDULED = {
    "chat.scheduleMessage": Method(_schedule, "chat:write"),
    "chat.scheduledMessages.list": Method(_list),
    "chat.deleteScheduledMessage": Method(_delete, "chat:write"),
}
