"""Owns the front of the Web API: who calls, with which scopes, and Slack's manner of refusing."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.sandbox.api_chat import CHAT
from bot.sandbox.api_files import FILES
from bot.sandbox.api_people import PEOPLE
from bot.sandbox.api_views import VIEWS
from bot.sandbox.inputs import Json
from bot.sandbox.modals import Modals, Refused
from bot.sandbox.workspace import Workspace

Method = Callable[["Api", Json], Json]
_METHODS: dict[str, Method] = {**PEOPLE, **CHAT, **VIEWS, **FILES}
_OPEN = ("api.test", "blocks.validate")
_APP_LEVEL = ("apps.connections.open",)
_SCOPES = {
    "team.info": "team:read",
    "users.info": "users:read",
    "users.list": "users:read",
    "users.lookupByEmail": "users:read.email",
    "conversations.open": "im:write",
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.delete": "chat:write",
    "files.getUploadURLExternal": "files:write",
    "files.completeUploadExternal": "files:write",
}
_PARSED = ("blocks", "view", "metadata", "attachments", "message", "files")


@dataclass(frozen=True)
class Api:
    """What a method works on. socket_url: makes the address of a new Socket Mode connection.

    base_url: where this Slack answers.
    """

    workspace: Workspace
    modals: Modals
    socket_url: Callable[[], str]
    base_url: str

    def need_scope(self, scope: str) -> None:
        """Refuse as Slack does when the app lacks a scope. Raises Refused."""
        provided = self.workspace.spec.scopes
        if scope not in provided:
            raise Refused("missing_scope", needed=scope, provided=",".join(provided))


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
