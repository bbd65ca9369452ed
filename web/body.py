"""The body of a program's request, read within bounds before anything else is done."""

from starlette.datastructures import Headers
from starlette.types import Receive, Scope


async def read(scope: Scope, receive: Receive, *, at_most: int) -> bytes | None:
    """None where it is longer than so many bytes; of one that breaks off what came of it."""
    if int(Headers(scope=scope).get("content-length") or 0) > at_most:
        return None
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > at_most:
            return None
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return bytes(body)
