"""Owns the Web API methods that post, change and delete messages."""

from html import unescape

from sandbox.channel import Channel, Message
from sandbox.inputs import Json
from sandbox.methods.api import Api, Method
from sandbox.methods.conversations import known_channel, open_dm
from sandbox.modals import Refused
from sandbox.payloads import message_part


def post_message(api: Api, arguments: Json) -> Json:
    channel = postable(api, arguments)
    check_message(api, arguments)
    thread_ts = arguments.get("thread_ts")
    if thread_ts and thread_ts not in channel.messages:
        raise Refused("thread_not_found")
    is_broadcast = str(arguments.get("reply_broadcast")).lower() in ("true", "1")
    if is_broadcast and not thread_ts:
        raise Refused("invalid_arguments", ["[ERROR] reply_broadcast is for replies: give thread_ts"])
    message = api.workspace.post(
        channel,
        user=api.workspace.spec.bot_user_id,
        text=arguments.get("text") or "",
        blocks=arguments.get("blocks") or [],
        thread_ts=thread_ts or None,
        metadata=arguments.get("metadata"),
        is_broadcast=is_broadcast,
    )
    return _posted(api, channel, message)


def _post_ephemeral(api: Api, arguments: Json) -> Json:
    channel = postable(api, arguments)
    check_message(api, arguments)
    user = arguments.get("user")
    if user not in channel.members:
        raise Refused("user_not_in_channel")
    message = api.workspace.post(
        channel,
        user=api.workspace.spec.bot_user_id,
        text=arguments.get("text") or "",
        blocks=arguments.get("blocks") or [],
        thread_ts=arguments.get("thread_ts") or None,
        only_for=user,
    )
    return {"message_ts": message.ts}


def _update(api: Api, arguments: Json) -> Json:
    """The app's own messages only; blocks that are not given stay, an empty list removes them."""
    channel, message = _own_message(api, arguments, "cant_update_message")
    merged = {**arguments, "text": arguments.get("text") or message.text}
    check_message(api, merged)
    message.text = merged["text"]
    if arguments.get("blocks") is not None:
        message.blocks = api.workspace.with_block_ids(arguments["blocks"])
    if arguments.get("metadata") is not None:
        message.metadata = arguments["metadata"]
    message.edited_ts = api.workspace.next_ts()
    return _posted(api, channel, message) | {"text": message.text}


def _delete(api: Api, arguments: Json) -> Json:
    """The app's own messages only."""
    channel, message = _own_message(api, arguments, "cant_delete_message")
    del channel.messages[message.ts]
    return {"channel": channel.id, "ts": message.ts}


def _unfurl(api: Api, arguments: Json) -> Json:
    """Blocks alone, below a message by its channel and ts."""
    unfurls = arguments.get("unfurls")
    if not isinstance(unfurls, dict) or not unfurls:
        raise Refused("missing_unfurls")
    channel = api.workspace.channels.get(str(arguments.get("channel")))
    message = channel.messages.get(str(arguments.get("ts"))) if channel else None
    if channel is None or message is None:
        raise Refused("cannot_find_message" if channel else "cannot_find_channel")
    for url, unfurl in unfurls.items():
        if url not in unescape(message.text):
            raise Refused("cannot_unfurl_message")
        check_message(api, {"channel": channel.id, "text": url, "blocks": unfurl.get("blocks")})
        message.unfurls[url] = api.workspace.with_block_ids(unfurl["blocks"])
    return {}


def _permalink(api: Api, arguments: Json) -> Json:
    channel = known_channel(api, arguments)
    ts = str(arguments.get("message_ts") or "")
    if ts not in channel.messages:
        raise Refused("message_not_found")
    link = f"https://{api.workspace.spec.domain}.slack.com/archives/{channel.id}/p{ts.replace('.', '')}"
    return {"channel": channel.id, "permalink": link}


def postable(api: Api, arguments: Json) -> Channel:
    """Find where to post: a channel the bot is in, or a DM by its or the person's id. Raises Refused."""
    target = str(arguments.get("channel") or "")
    if target.startswith(("U", "W")):
        return open_dm(api, target)
    channel = known_channel(api, arguments)
    if channel.person is not None:
        return open_dm(api, channel.person)
    if channel.archived:
        raise Refused("is_archived")
    member = api.workspace.spec.bot_user_id in channel.members
    if not member and "chat:write.public" not in api.workspace.spec.scopes:
        raise Refused("not_in_channel")
    return channel


def _own_message(api: Api, arguments: Json, refusal: str) -> tuple[Channel, Message]:
    channel = known_channel(api, arguments)
    if channel.archived:
        raise Refused("is_archived")
    message = channel.messages.get(str(arguments.get("ts") or ""))
    if message is None or message.only_for is not None:
        raise Refused("message_not_found")
    if message.user != api.workspace.spec.bot_user_id:
        raise Refused(refusal)
    return channel, message


def check_message(api: Api, arguments: Json) -> None:
    if problems := api.workspace.problems(arguments):
        raise Refused(problems[0].error, [f"[ERROR] {problem}" for problem in problems])


def _posted(api: Api, channel: Channel, message: Message) -> Json:
    shape = message_part(api.workspace.spec, message)
    if message.metadata:
        shape["metadata"] = message.metadata
    return {"channel": channel.id, "ts": message.ts, "message": shape}


CHAT = {
    "chat.postMessage": Method(post_message, "chat:write"),
    "chat.postEphemeral": Method(_post_ephemeral, "chat:write"),
    "chat.update": Method(_update, "chat:write"),
    "chat.delete": Method(_delete, "chat:write"),
    "chat.getPermalink": Method(_permalink),
    "chat.unfurl": Method(_unfurl, "links:write"),
}
