"""Owns the Web API methods by which the app reacts to messages with emoji."""

import re

from sandbox.inputs import Json
from sandbox.methods.api import Api, Method
from sandbox.methods.conversations import readable_message
from sandbox.modals import Refused
from sandbox.payloads import message_part

_EMOJI = re.compile(r"[a-z0-9_+'-]{1,100}(::skin-tone-[2-6])?\Z")


def _add(api: Api, arguments: Json) -> Json:
    _, message = readable_message(api, arguments)
    name, app = str(arguments.get("name") or "").strip(":"), api.workspace.spec.bot_user_id
    if not _EMOJI.match(name):
        raise Refused("invalid_name")
    people = message.reactions.setdefault(name, [])
    if app in people:
        raise Refused("already_reacted")
    people.append(app)
    return {}


def _remove(api: Api, arguments: Json) -> Json:
    _, message = readable_message(api, arguments)
    name, app = str(arguments.get("name") or "").strip(":"), api.workspace.spec.bot_user_id
    if app not in message.reactions.get(name, ()):
        raise Refused("no_reaction")
    message.reactions[name].remove(app)
    if not message.reactions[name]:
        del message.reactions[name]
    return {}


def _get(api: Api, arguments: Json) -> Json:
    channel, message = readable_message(api, arguments)
    return {"type": "message", "channel": channel.id, "message": message_part(api.workspace.spec, message)}


REACTIONS = {
    "reactions.add": Method(_add, "reactions:write"),
    "reactions.remove": Method(_remove, "reactions:write"),
    "reactions.get": Method(_get, "reactions:read"),
}
