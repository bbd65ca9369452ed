"""Owns the front of the Web API: who calls, with which scopes, and Slack's manner of refusing."""

import json
from typing import Any

from sandbox.api import Api, Method
from sandbox.api_chat import CHAT
from sandbox.api_conversations import CONVERSATIONS
from sandbox.api_files import FILES
from sandbox.api_people import PEOPLE
from sandbox.api_reactions import REACTIONS
from sandbox.api_scheduled import SCHEDULED
from sandbox.api_views import VIEWS
from sandbox.inputs import Json
from sandbox.modals import Refused

_METHODS: dict[str, Method] = {**PEOPLE, **CONVERSATIONS, **CHAT, **SCHEDULED, **REACTIONS, **VIEWS, **FILES}
_OPEN = ("api.test", "blocks.validate")
_APP_LEVEL = ("apps.connections.open",)
_SCOPES = {
    "team.info": "team:read",
    "users.info": "users:read",
    "users.list": "users:read",
    "users.lookupByEmail": "users:read.email",
    "users.profile.get": "users.profile:read",
    "users.getPresence": "users:read",
    "bots.info": "users:read",
    "conversations.open": "im:write",
    "conversations.join": "channels:join",
    "conversations.leave": "channels:manage",
    "conversations.create": "channels:manage",
    "conversations.invite": "channels:manage",
    "conversations.kick": "channels:manage",
    "conversations.setTopic": "channels:manage",
    "reactions.add": "reactions:write",
    "reactions.remove": "reactions:write",
    "reactions.get": "reactions:read",
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.delete": "chat:write",
    "chat.scheduleMessage": "chat:write",
    "chat.deleteScheduledMessage": "chat:write",
    "files.getUploadURLExternal": "files:write",
    "files.completeUploadExternal": "files:write",
}
_PARSED = ("blocks", "view", "metadata", "attachments", "message", "files")


def call(api: Api, method: str, arguments: Json, *, token: str | None) -> Json:
    """Answer one call; a refusal is an answer too: {"ok": false, "error": ...}."""
    try:
        _check_token(api, method, token)
        if method in _SCOPES:
            api.need_scope(_SCOPES[method])
        return {"ok": True, **_METHODS[method](api, _parsed(arguments))}
    except Refused as refusal:
        answer: Json = {"ok": False, "error": refusal.error, **refusal.more}
        if refusal.messages:
            answer["response_metadata"] = {"messages": refusal.messages}
        return answer


def _check_token(api: Api, method: str, token: str | None) -> None:
    spec = api.workspace.spec
    if method not in _METHODS:
        raise Refused("unknown_method", req_method=method)
    if method in _OPEN:
        return
    if not token:
        raise Refused("not_authed")
    if token not in (spec.bot_token, spec.app_token):
        raise Refused("invalid_auth")
    if (token == spec.app_token) != (method in _APP_LEVEL):
        raise Refused("not_allowed_token_type")


def _parsed(arguments: Json) -> Json:
    """Read the arguments that clients may send as JSON text."""
    return {name: _loaded(value) if name in _PARSED else value for name, value in arguments.items()}


def _loaded(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise Refused("invalid_arguments", ["[ERROR] invalid JSON"]) from error
