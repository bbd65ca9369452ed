"""Owns the Web API methods about channels: finding, reading, entering, making and leaving them."""

import re
from decimal import Decimal

from sandbox.channel import Channel, Message
from sandbox.inputs import Json
from sandbox.methods.api import Api, Method
from sandbox.modals import Refused
from sandbox.payloads import message_part

_FAMILIES = {"public_channel": "channels", "private_channel": "groups", "im": "im"}
"""Kind of channel -> how the scopes for it begin."""
_NAME = re.compile(r"[a-z0-9_-]{1,80}\Z")


def _open(api: Api, arguments: Json) -> Json:
    """Direct messages with one person only."""
    users = arguments.get("users") or ""
    wanted = [user for user in (users.split(",") if isinstance(users, str) else users) if user]
    if arguments.get("channel"):
        channel = api.workspace.channels.get(arguments["channel"])
        if channel is None or not channel.is_dm:
            raise Refused("channel_not_found")
        return {"channel": {"id": channel.id}}
    if not wanted:
        raise Refused("users_list_not_supplied")
    if len(wanted) > 1:
        raise Refused("method_not_supported_for_channel_type")  # group DMs are not built here
    return {"channel": {"id": open_dm(api, wanted[0]).id}, "no_op": False, "already_open": False}


def open_dm(api: Api, user: str) -> Channel:
    """Open the DM of the app with a person. Raises Refused when they are gone."""
    person = api.workspace.people.get(user)
    if person is None:
        raise Refused("user_not_found")
    if person.deleted:
        raise Refused("user_disabled")
    return api.workspace.dm(user)


def known_channel(api: Api, arguments: Json) -> Channel:
    """Find a channel that the bot may know of: public, or one it is in. Raises Refused."""
    channel = api.workspace.channels.get(str(arguments.get("channel") or ""))
    if channel is None or (channel.is_private and api.workspace.spec.bot_user_id not in channel.members):
        raise Refused("channel_not_found")
    return channel


def kind(channel: Channel) -> str:
    """As `types` of conversations.list names it."""
    if channel.is_dm:
        return "im"
    return "private_channel" if channel.is_private else "public_channel"


def scopes_for(api: Api, arguments: Json, right: str) -> list[str]:
    """The scopes for this right ("read", "history") on the channel in question, or on all that are asked for."""
    if arguments.get("channel"):
        return [f"{_FAMILIES[kind(known_channel(api, arguments))]}:{right}"]
    return [f"{_FAMILIES[one]}:{right}" for one in _types(arguments) if one in _FAMILIES]


def _types(arguments: Json) -> list[str]:
    return str(arguments.get("types") or "public_channel").split(",")


def _channel_shape(api: Api, channel: Channel) -> Json:
    if channel.is_dm:
        return {"id": channel.id, "is_im": True, "user": channel.person, "is_archived": False}
    return {
        "id": channel.id,
        "name": channel.name,
        "is_channel": not channel.is_private,
        "is_group": channel.is_private,
        "is_im": False,
        "is_private": channel.is_private,
        "is_archived": channel.archived,
        "is_general": channel.name == "general",
        "is_shared": channel.shared_with != "",
        "is_ext_shared": channel.shared_with == "another company",
        "is_org_shared": channel.shared_with == "our company",
        "is_pending_ext_shared": False,
        "is_member": api.workspace.spec.bot_user_id in channel.members,
        "num_members": len(channel.members),
        "topic": {"value": channel.topic, "creator": "", "last_set": 0},
    }


def _info(api: Api, arguments: Json) -> Json:
    return {"channel": _channel_shape(api, known_channel(api, arguments))}


def _list(api: Api, arguments: Json) -> Json:
    """All on one page: public channels, and those that the app is in."""
    types, bot = _types(arguments), api.workspace.spec.bot_user_id
    wanted = [channel for channel in api.workspace.channels.values() if kind(channel) in types]
    found = [channel for channel in wanted if not channel.is_private or bot in channel.members]
    shapes = [_channel_shape(api, channel) for channel in found]
    return {"channels": shapes, "response_metadata": {"next_cursor": ""}}


def _members(api: Api, arguments: Json) -> Json:
    """All on one page."""
    channel = known_channel(api, arguments)
    return {"members": sorted(channel.members), "response_metadata": {"next_cursor": ""}}


def _history(api: Api, arguments: Json) -> Json:
    """Newest first; without messages for one person, and without replies but those shown in the channel as well."""
    channel = _readable(api, arguments)
    found = [m for m in channel.messages.values() if m.only_for is None and m.is_in_channel]
    return _page(api, list(reversed(found)), arguments)


def _replies(api: Api, arguments: Json) -> Json:
    channel = _readable(api, arguments)
    root = arguments.get("ts")
    if root not in channel.messages:
        raise Refused("thread_not_found")
    found = [m for m in channel.messages.values() if m.only_for is None and root in (m.ts, m.thread_ts)]
    return _page(api, found, arguments)


def _page(api: Api, found: list[Message], arguments: Json) -> Json:
    """One page of `limit` messages (100 unless told), not older than `oldest`; the cursor is a place in the list."""
    oldest = Decimal(str(arguments.get("oldest") or 0))
    young = [m for m in found if Decimal(m.ts) > oldest]
    start, limit = int(arguments.get("cursor") or 0), int(arguments.get("limit") or 100)
    page, end = young[start : start + limit], start + limit
    has_more = end < len(young)
    cursor = str(end) if has_more else ""
    shapes = [_shape(api, m, arguments) for m in page]
    return {"messages": shapes, "has_more": has_more, "response_metadata": {"next_cursor": cursor}}


def _readable(api: Api, arguments: Json) -> Channel:
    channel = known_channel(api, arguments)
    if api.workspace.spec.bot_user_id not in channel.members:
        raise Refused("not_in_channel")
    return channel


def readable_message(api: Api, arguments: Json) -> tuple[Channel, Message]:
    """Find a message of a channel that the app is in, by `channel` and `timestamp`. Raises Refused."""
    channel = known_channel(api, arguments)
    if api.workspace.spec.bot_user_id not in channel.members:
        raise Refused("not_in_channel")
    message = channel.messages.get(str(arguments.get("timestamp") or ""))
    if message is None or message.only_for is not None:
        raise Refused("message_not_found")
    return channel, message


def _shape(api: Api, message: Message, arguments: Json) -> Json:
    shape = message_part(api.workspace.spec, message)
    if message.metadata and str(arguments.get("include_all_metadata", "")).lower() in ("true", "1"):
        shape["metadata"] = message.metadata
    return shape


def _of_user(api: Api, arguments: Json) -> Json:
    """All on one page."""
    user = arguments.get("user") or api.workspace.spec.bot_user_id
    found: Json = _list(api, arguments)
    mine = [c for c in found["channels"] if user in api.workspace.channels[c["id"]].members]
    return found | {"channels": mine}


def _join(api: Api, arguments: Json) -> Json:
    channel = _open_channel(api, arguments)
    if channel.is_private:
        raise Refused("method_not_supported_for_channel_type")
    channel.members.add(api.workspace.spec.bot_user_id)
    return {"channel": _channel_shape(api, channel)}


def _leave(api: Api, arguments: Json) -> Json:
    channel = _open_channel(api, arguments)
    channel.members.discard(api.workspace.spec.bot_user_id)
    return {}


def _create(api: Api, arguments: Json) -> Json:
    name = str(arguments.get("name") or "")
    if not _NAME.match(name):
        raise Refused("invalid_name_specials" if name else "invalid_name_required")
    if any(channel.name == name for channel in api.workspace.channels.values()):
        raise Refused("name_taken")
    is_private = str(arguments.get("is_private") or "").lower() in ("true", "1")
    channel = Channel(api.workspace.new_id("C"), name, {api.workspace.spec.bot_user_id}, is_private)
    api.workspace.channels[channel.id] = channel
    return {"channel": _channel_shape(api, channel)}


def _invite(api: Api, arguments: Json) -> Json:
    channel = _mine(api, arguments)
    users = [user for user in str(arguments.get("users") or "").split(",") if user]
    if not users:
        raise Refused("no_user")
    if not set(users) <= api.workspace.people.keys():
        raise Refused("user_not_found")
    if all(user in channel.members for user in users):
        raise Refused("already_in_channel")
    channel.members.update(users)
    return {"channel": _channel_shape(api, channel)}


def _kick(api: Api, arguments: Json) -> Json:
    channel, user = _mine(api, arguments), str(arguments.get("user") or "")
    if user == api.workspace.spec.bot_user_id:
        raise Refused("cant_kick_self")
    if user not in channel.members:
        raise Refused("not_in_channel" if user in api.workspace.people else "user_not_found")
    channel.members.discard(user)
    return {}


def _set_topic(api: Api, arguments: Json) -> Json:
    channel = _mine(api, arguments)
    channel.topic = str(arguments.get("topic") or "")[:250]
    return {"channel": _channel_shape(api, channel)}


def _open_channel(api: Api, arguments: Json) -> Channel:
    channel = known_channel(api, arguments)
    if channel.is_dm:
        raise Refused("method_not_supported_for_channel_type")
    if channel.archived:
        raise Refused("is_archived")
    return channel


def _mine(api: Api, arguments: Json) -> Channel:
    """Find a channel that the app is in. Raises Refused."""
    channel = _open_channel(api, arguments)
    if api.workspace.spec.bot_user_id not in channel.members:
        raise Refused("not_in_channel")
    return channel


CONVERSATIONS = {
    "conversations.open": Method(_open, "im:write"),
    "conversations.info": Method(_info, "*:read"),
    "conversations.list": Method(_list, "*:read"),
    "conversations.members": Method(_members, "*:read"),
    "conversations.history": Method(_history, "*:history"),
    "conversations.replies": Method(_replies, "*:history"),
    "conversations.join": Method(_join, "channels:join"),
    "conversations.leave": Method(_leave, "channels:manage"),
    "conversations.create": Method(_create, "channels:manage"),
    "conversations.invite": Method(_invite, "channels:manage"),
    "conversations.kick": Method(_kick, "channels:manage"),
    "conversations.setTopic": Method(_set_topic, "channels:manage"),
    "users.conversations": Method(_of_user, "*:read"),
}
