"""Owns the Web API methods for modals, Home, Slack's validator and the Socket Mode address."""

from sandbox.inputs import Json
from sandbox.methods.api import Api, Method
from sandbox.modals import Refused
from sandbox.views import View
from slack_limits import Problem, message_problems, view_problems


def _open(api: Api, arguments: Json) -> Json:
    return _shown(api.modals.open(str(arguments.get("trigger_id")), _view(arguments)))


def _push(api: Api, arguments: Json) -> Json:
    return _shown(api.modals.push(str(arguments.get("trigger_id")), _view(arguments)))


def _update(api: Api, arguments: Json) -> Json:
    view_id = arguments.get("view_id") or arguments.get("external_id")
    if not view_id:
        raise Refused("invalid_arguments", ["[ERROR] view_id or external_id is required"])
    return _shown(api.modals.update(view_id, _view(arguments), expected_hash=arguments.get("hash")))


def _publish(api: Api, arguments: Json) -> Json:
    user = str(arguments.get("user_id") or "")
    if user not in api.workspace.people:
        raise Refused("invalid_arguments", ["[ERROR] no such user [json-pointer:/user_id]"])
    return _shown(api.modals.publish(user, _view(arguments), expected_hash=arguments.get("hash")))


def _view(arguments: Json) -> Json:
    view = arguments.get("view")
    if not isinstance(view, dict):
        raise Refused("invalid_arguments", ["[ERROR] missing required field: view"])
    return view


def _shown(view: View) -> Json:
    return {"view": view.payload()}


def _validate(api: Api, arguments: Json) -> Json:
    """Nothing when all is well, else where it is not, as JSON pointers."""
    problems: list[Problem] = []
    if isinstance(arguments.get("view"), dict):
        problems += view_problems(arguments["view"])
    if isinstance(arguments.get("message"), dict):
        problems += message_problems(arguments["message"])
    if arguments.get("blocks") is not None:
        problems += message_problems({"text": "-", "blocks": arguments["blocks"]})
    if problems:
        raise Refused(problems[0].error, [f"[ERROR] {problem}" for problem in problems])
    return {}


def _connections_open(api: Api, arguments: Json) -> Json:
    return {"url": api.socket_url()}


VIEWS = {
    "views.open": Method(_open),
    "views.push": Method(_push),
    "views.update": Method(_update),
    "views.publish": Method(_publish),
    "blocks.validate": Method(_validate, token="none"),
    "apps.connections.open": Method(_connections_open, token="app"),
}
