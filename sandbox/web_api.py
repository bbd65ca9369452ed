"""Owns the front of the Web API: who calls, with which scopes, and Slack's manner of refusing."""

import json
from typing import Any

from sandbox.inputs import Json
from sandbox.methods.api import Api, Method
from sandbox.methods.conversations import scopes_for
from sandbox.methods.table import METHODS
from sandbox.modals import Refused

_PARSED = ("blocks", "view", "metadata", "attachments", "message", "files")
"""Arguments that clients may send as JSON text."""


def call(api: Api, name: str, arguments: Json, *, token: str | None) -> Json:
    """Answer one call; a refusal is an answer too: {"ok": false, "error": ...}."""
    try:
        method = _method(api, name, token)
        _check_scope(api, method, arguments)
        return {"ok": True, **method.do(api, _parsed(arguments))}
    except Refused as refusal:
        answer: Json = {"ok": False, "error": refusal.error, **refusal.more}
        if refusal.messages:
            answer["response_metadata"] = {"messages": refusal.messages}
        return answer


def _method(api: Api, name: str, token: str | None) -> Method:
    """Find the method, where this token may call it. Raises Refused."""
    spec, method = api.workspace.spec, METHODS.get(name)
    if method is None:
        raise Refused("unknown_method", req_method=name)
    if method.token == "none":
        return method
    if not token:
        raise Refused("not_authed")
    if token not in {*api.workspace.tokens, spec.app_token}:
        raise Refused("invalid_auth")
    if (token == spec.app_token) != (method.token == "app"):
        raise Refused("not_allowed_token_type")
    return method


def _check_scope(api: Api, method: Method, arguments: Json) -> None:
    family, _, right = method.scope.partition(":")
    scopes = scopes_for(api, arguments, right) if family == "*" else [method.scope] if method.scope else []
    for scope in scopes:
        api.need_scope(scope)


def _parsed(arguments: Json) -> Json:
    return {name: _loaded(value) if name in _PARSED else value for name, value in arguments.items()}


def _loaded(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise Refused("invalid_arguments", ["[ERROR] invalid JSON"]) from error
