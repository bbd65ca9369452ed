"""Owns the Web API methods that upload files: an address to send the bytes to, then the sharing."""

import secrets

from sandbox.channel import File
from sandbox.inputs import Json
from sandbox.methods.api import Api, Method
from sandbox.methods.conversations import known_channel
from sandbox.modals import Refused


def _get_upload_url(api: Api, arguments: Json) -> Json:
    name, length = str(arguments.get("filename") or ""), str(arguments.get("length") or "")
    if not name or not length.isdecimal() or int(length) == 0:
        raise Refused("invalid_arguments", ["[ERROR] filename and length are required"])
    file = File(api.workspace.new_id("F"), name, int(length), secrets.token_urlsafe(16))
    api.workspace.files[file.id] = file
    return {"upload_url": f"{api.base_url}/upload/v1/{file.ticket}", "file_id": file.id}


def _complete_upload(api: Api, arguments: Json) -> Json:
    """One message of the app in one channel, with the comment as its text."""
    wanted = arguments.get("files")
    if not isinstance(wanted, list) or not wanted:
        raise Refused("invalid_arguments", ["[ERROR] files are required"])
    files = [_uploaded(api, one) for one in wanted]
    if arguments.get("channel_id"):
        channel = known_channel(api, {"channel": arguments["channel_id"]})
        if channel.archived:
            raise Refused("is_archived")
        if api.workspace.spec.bot_user_id not in channel.members:
            raise Refused("not_in_channel")
        api.workspace.post(
            channel,
            user=api.workspace.spec.bot_user_id,
            text=arguments.get("initial_comment") or "",
            thread_ts=arguments.get("thread_ts") or None,
            files=files,
        )
    return {"files": [{"id": file.id, "title": file.title} for file in files]}


def _uploaded(api: Api, one: Json) -> File:
    file = api.workspace.files.get(str(one.get("id")))
    if file is None or file.content is None:
        raise Refused("file_not_found")
    file.title = str(one.get("title") or file.name)
    return file


FILES = {
    "files.getUploadURLExternal": Method(_get_upload_url, "files:write"),
    "files.completeUploadExternal": Method(_complete_upload, "files:write"),
}
