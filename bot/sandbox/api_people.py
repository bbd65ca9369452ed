"""Owns the Web API methods about the workspace, its people and its conversations."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.sandbox.inputs import Json
from bot.sandbox.modals import Refused
from bot.sandbox.payloads import message_part
from bot.sandbox.spec import PersonSpec
from bot.sandbox.workspace import Channel

if TYPE_CHECKING:
    from bot.sandbox.web_api import Api, Method


def _api_test(api: Api, arguments: Json) -> Json:
    return {"args": arguments}


def _auth_test(api: Api, arguments: Json) -> Json:
    spec = api.workspace.spec
    return {
        "url": f"https://{spec.domain}.slack.com/",
        "team": spec.name,
        "user": spec.app_name,
        "team_id": spec.team_id,
        "user_id": spec.bot_user_id,
        "bot_id": spec.bot_id,
        "is_enterprise_install": False,
    }


def _team_info(api: Api, arguments: Json) -> Json:
    spec = api.workspace.spec
    return {"team": {"id": spec.team_id, "name": spec.name, "domain": spec.domain}}


def _users_info(api: Api, arguments: Json) -> Json:
    user = arguments.get("user")
    if user == api.workspace.spec.bot_user_id:
        return {"user": _bot_shape(api)}
    if user not in api.workspace.people:
        raise Refused("user_not_found")
    return {"user": _user_shape(api, api.workspace.people[user])}


def _users_list(api: Api, arguments: Json) -> Json:
    members = [_user_shape(api, person) for person in api.workspace.people.values()]
    return {"members": [*members, _bot_shape(api)], "response_metadata": {"next_cursor": ""}}


def _lookup_by_email(api: Api, arguments: Json) -> Json:
    email = str(arguments.get("email") or "").lower()
    for person in api.workspace.people.values():
        if email and person.email and person.email.lower() == email and not person.deleted:
            return {"user": _user_shape(api, person)}
    raise Refused("users_not_found")


def _user_shape(api: Api, person: PersonSpec) -> Json:
    zone = ZoneInfo(person.tz)
    profile: Json = {"real_name": person.real_name, "display_name": person.name}
    if person.email and "users:read.email" in api.workspace.spec.scopes:
        profile["email"] = person.email
    shape: Json = {
        "id": person.id,
        "team_id": api.workspace.spec.team_id,
        "name": person.name,
        "deleted": person.deleted,
        "profile": profile,
        "is_bot": False,
        "updated": 1_700_000_000,
    }
    if person.deleted:
        return shape
    return shape | {
        "real_name": person.real_name,
        "tz": person.tz,
        "tz_label": person.tz,
        "tz_offset": _offset_seconds(zone),
        "is_admin": person.is_admin,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": person.is_restricted,
        "is_ultra_restricted": False,
        "is_app_user": False,
    }


def _offset_seconds(zone: ZoneInfo) -> int:
    offset = datetime.now(zone).utcoffset()
    return int(offset.total_seconds()) if offset else 0


def _bot_shape(api: Api) -> Json:
    spec = api.workspace.spec
    return {
        "id": spec.bot_user_id,
        "team_id": spec.team_id,
        "name": spec.app_name,
        "deleted": False,
        "real_name": spec.app_name,
        "profile": {"real_name": spec.app_name, "bot_id": spec.bot_id, "api_app_id": spec.app_id},
        "is_bot": True,
    }


def _open(api: Api, arguments: Json) -> Json:
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


def _need(api: Api, channel: Channel, right: str) -> None:
    family = "im" if channel.is_dm else "groups" if channel.is_private else "channels"
    api.need_scope(f"{family}:{right}")


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
        "is_member": api.workspace.spec.bot_user_id in channel.members,
        "num_members": len(channel.members),
    }


def _info(api: Api, arguments: Json) -> Json:
    channel = known_channel(api, arguments)
    _need(api, channel, "read")
    return {"channel": _channel_shape(api, channel)}


def _list(api: Api, arguments: Json) -> Json:
    types = str(arguments.get("types") or "public_channel").split(",")
    if "public_channel" in types:
        api.need_scope("channels:read")
    if "private_channel" in types:
        api.need_scope("groups:read")
    bot = api.workspace.spec.bot_user_id
    public = [c for c in api.workspace.channels.values() if not c.is_private and "public_channel" in types]
    private = [
        channel
        for channel in api.workspace.channels.values()
        if channel.is_private and not channel.is_dm and "private_channel" in types and bot in channel.members
    ]
    found = [_channel_shape(api, channel) for channel in (*public, *private)]
    return {"channels": found, "response_metadata": {"next_cursor": ""}}


def _members(api: Api, arguments: Json) -> Json:
    channel = known_channel(api, arguments)
    _need(api, channel, "read")
    return {"members": sorted(channel.members), "response_metadata": {"next_cursor": ""}}


def _history(api: Api, arguments: Json) -> Json:
    """Newest first, without thread replies and ephemerals; metadata only where it was asked for."""
    channel = _readable(api, arguments)
    found = [m for m in channel.messages.values() if m.only_for is None and m.thread_ts in (None, m.ts)]
    return {"messages": [_shape(api, m, arguments) for m in reversed(found)], "has_more": False}


def _replies(api: Api, arguments: Json) -> Json:
    channel = _readable(api, arguments)
    root = arguments.get("ts")
    if root not in channel.messages:
        raise Refused("thread_not_found")
    found = [m for m in channel.messages.values() if m.only_for is None and root in (m.ts, m.thread_ts)]
    return {"messages": [_shape(api, m, arguments) for m in found], "has_more": False}


def _readable(api: Api, arguments: Json) -> Channel:
    channel = known_channel(api, arguments)
    _need(api, channel, "history")
    if api.workspace.spec.bot_user_id not in channel.members:
        raise Refused("not_in_channel")
    return channel


def _shape(api: Api, message: Any, arguments: Json) -> Json:
    shape = message_part(api.workspace.spec, message)
    if message.metadata and str(arguments.get("include_all_metadata", "")).lower() in ("true", "1"):
        shape["metadata"] = message.metadata
    return shape


PEOPLE: dict[str, Method] = {
    "api.test": _api_test,
    "auth.test": _auth_test,
    "team.info": _team_info,
    "users.info": _users_info,
    "users.list": _users_list,
    "users.lookupByEmail": _lookup_by_email,
    "conversations.open": _open,
    "conversations.info": _info,
    "conversations.list": _list,
    "conversations.members": _members,
    "conversations.history": _history,
    "conversations.replies": _replies,
}
