"""Owns the shape of what Slack sends to an app: slash commands, interactions and events, field by field."""

import secrets
from typing import Any

from sandbox.channel import Channel, Message
from sandbox.inputs import Json
from sandbox.spec import PersonSpec, WorkspaceSpec
from sandbox.views import View
from sandbox.workspace import SLACKBOT

_VERIFICATION_TOKEN = "sandbox-verification-token"  # deprecated by Slack, still in every payload


def slash(
    spec: WorkspaceSpec,
    person: PersonSpec,
    channel: Channel,
    *,
    command: str,
    text: str,
    trigger: str,
    url: str,
) -> Json:
    """The form of a slash command."""
    return {
        "token": _VERIFICATION_TOKEN,
        "team_id": spec.team_id,
        "team_domain": spec.domain,
        "channel_id": channel.id,
        "channel_name": channel_name(channel),
        "user_id": person.id,
        "user_name": person.name,
        "command": command,
        "text": text,
        "api_app_id": spec.app_id,
        "is_enterprise_install": "true" if spec.is_org_install else "false",
        "response_url": url,
        "trigger_id": trigger,
        **({"enterprise_id": spec.enterprise_id, "enterprise_name": "Organisation"} if spec.enterprise_id else {}),
    }


def interaction(spec: WorkspaceSpec, person: PersonSpec, kind: str, **more: Any) -> Json:
    """What all interactive payloads share, and what is particular to one."""
    return {
        "type": kind,
        "token": _VERIFICATION_TOKEN,
        "api_app_id": spec.app_id,
        # With an organisation's installation the workspace is to be read from the user.
        "team": None if spec.is_org_install else {"id": spec.team_id, "domain": spec.domain},
        "user": {"id": person.id, "username": person.name, "name": person.name, "team_id": spec.team_id},
        "enterprise": {"id": spec.enterprise_id, "name": "Organisation"} if spec.enterprise_id else None,
        "is_enterprise_install": spec.is_org_install,
        **more,
    }


def message_container(channel: Channel, message: Message) -> Json:
    ephemeral = message.only_for is not None
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": ephemeral,
    }
    return container | ({"thread_ts": message.thread_ts} if message.thread_ts else {})


def view_container(view: View) -> Json:
    return {"type": "view", "view_id": view.id}


def channel_part(channel: Channel) -> Json:
    return {"id": channel.id, "name": channel_name(channel)}


def channel_name(channel: Channel) -> str:
    """The name as payloads give it: a private channel's is hidden."""
    if channel.is_dm:
        return "directmessage"
    return "privategroup" if channel.is_private else channel.name


def action_part(block: Json, element: Json, *, at: str, **chosen: Any) -> Json:
    """One entry of `actions`. at: its action_ts. chosen: value or selected_* of what was pressed."""
    action: Json = {
        "type": element["type"],
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "action_ts": at,
    }
    if element["type"] == "button":
        action["text"] = {"emoji": True, **element["text"]}
        chosen = {key: element[key] for key in ("value", "style", "url") if element.get(key)}
    return action | chosen


def message_part(spec: WorkspaceSpec, message: Message) -> Json:
    """A message as the Web API and payloads show it."""
    shape: Json = {
        "type": "message",
        "user": message.user,
        "text": message.text,
        "ts": message.ts,
        "team": spec.team_id,
    }
    if message.user == spec.bot_user_id:
        shape |= {"bot_id": spec.bot_id, "app_id": spec.app_id, "blocks": message.blocks}
    if message.user == SLACKBOT:
        shape |= {"subtype": "bot_message"}
    if message.thread_ts:
        shape["thread_ts"] = message.thread_ts
    if message.is_broadcast:
        shape |= {"subtype": "thread_broadcast", "root": {"ts": message.thread_ts, "thread_ts": message.thread_ts}}
    if message.reactions:
        shape["reactions"] = [{"name": n, "users": who, "count": len(who)} for n, who in message.reactions.items()]
    if message.files:
        shape["files"] = [{"id": file.id, "name": file.name, "title": file.title} for file in message.files]
    if message.edited_ts:
        shape["edited"] = {"user": message.user, "ts": message.edited_ts}
    return shape


def event(spec: WorkspaceSpec, event: Json, *, at: float, is_ext_shared: bool = False) -> Json:
    """The envelope of one event. at: seconds since 1970. is_ext_shared: another company reads the channel."""
    return {
        "token": _VERIFICATION_TOKEN,
        "team_id": spec.team_id,
        "api_app_id": spec.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": f"Ev{secrets.token_hex(5).upper()}",
        "event_time": int(at),
        "authorizations": [
            {
                "enterprise_id": spec.enterprise_id,
                "team_id": spec.team_id,
                "user_id": spec.bot_user_id,
                "is_bot": True,
                "is_enterprise_install": spec.is_org_install,
            }
        ],
        "is_ext_shared_channel": is_ext_shared,
    }


def action_ts(at: float) -> str:
    return f"{at:.6f}"
