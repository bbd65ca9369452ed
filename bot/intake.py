"""The door for what Slack sends by HTTP: read whole, refused unless Slack has signed it, decoded, handed on.

Bolt could do all of it. Its decoder, Python's `parse_qsl`, takes 2.3 ms of the processor for a ballot of 43 kB; one
written in C takes 0.1. Bolt is handed what was decoded, as in Socket Mode, and then looks at no signature: `is_signed`
is the only guard of this door.
"""

import asyncio
import hmac
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.response import BoltResponse
from starlette.types import Receive, Scope, Send
from yarl import query_to_pairs

from bot import payload as payloads

log = structlog.get_logger(__name__)

SLACK = "/slack/events"
"""Where Slack posts to."""
MOST_BODY_BYTES = 1_000_000
OLD_SECONDS = 300
"""How far the time of a signature may be from ours, in both directions; Slack recommends five minutes."""
_MOST_SSL_CHECK_BYTES = 1_000


@dataclass(frozen=True, slots=True)
class Signed:
    """A request that Slack has signed."""

    payload: dict[str, Any]
    headers: Mapping[bytes, bytes]
    """Names in small letters."""
    body: bytes


class Intake:
    """An ASGI app for the one address that Slack posts to. Who routes here sees to it that nothing but POST comes."""

    def __init__(
        self, hand_on: Callable[[Signed], Awaitable[BoltResponse]], signing_secret: str, *, at_once: int
    ) -> None:
        """hand_on: answers. at_once: so many requests are worked for at the same time; the next one is answered 503."""
        self._hand_on = hand_on
        self._secret = signing_secret.encode()
        self._working = asyncio.Semaphore(at_once)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self._answer(dict(scope["headers"]), receive)
        body = answer.body.encode()
        headers = [(name.encode(), value.encode()) for name, value in answer.first_headers_without_set_cookie().items()]
        headers.append((b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, headers: dict[bytes, bytes], receive: Receive) -> BoltResponse:
        """What is not Slack's, or not whole, is refused by its status alone."""
        body = await _read(receive)
        if body is None:
            return BoltResponse(status=400)  # nobody reads it
        if len(body) > MOST_BODY_BYTES:
            return BoltResponse(status=413)
        if not self._is_slacks(headers, body):
            return _without_signature(body)
        try:
            payload = decode(body, headers.get(b"content-type", b""))
        except (ValueError, RecursionError):
            return BoltResponse(status=400)
        if payload.get("ssl_check") == "1":
            return BoltResponse(status=200)
        if self._working.locked():
            return BoltResponse(status=503)
        async with self._working:
            return await self._hand_on(Signed(payload, headers, body))

    def _is_slacks(self, headers: dict[bytes, bytes], body: bytes) -> bool:
        timestamp = headers.get(b"x-slack-request-timestamp", b"")
        signature = headers.get(b"x-slack-signature", b"")
        return is_signed(self._secret, body, timestamp=timestamp, signature=signature, now=time.time())


def by_bolt(bolt: AsyncApp) -> Callable[[Signed], Awaitable[BoltResponse]]:
    """Hand on to Bolt. Slack's headers stay here: handlers ask for none, and some of them steer Bolt."""

    async def dispatch(request: Signed) -> BoltResponse:
        try:
            return await bolt.async_dispatch(AsyncBoltRequest(body=request.payload, mode="socket_mode"))
        except Exception as error:  # Bolt's own, at a payload of another shape: what a listener raises has its handler
            log.error("a request that Bolt cannot read", error=type(error).__name__)
            return BoltResponse(status=400)

    return dispatch


def is_signed(secret: bytes, body: bytes, *, timestamp: bytes, signature: bytes, now: float) -> bool:
    """Whether who knows the secret has signed exactly these bytes, at most five minutes ago. now: seconds since 1970.

    timestamp, signature: as the headers hold them, b"" where there is none.
    https://docs.slack.dev/authentication/verifying-requests-from-slack
    """
    if not timestamp.isdigit() or len(timestamp) >= 20 or abs(now - int(timestamp)) > OLD_SECONDS:
        return False
    expected = "v0=" + hmac.digest(secret, b"v0:%b:%b" % (timestamp, body), "sha256").hex()
    return hmac.compare_digest(expected.encode(), signature)


def decode(body: bytes, content_type: bytes = b"") -> dict[str, Any]:
    """What Slack says, in a form (commands; the field `payload` of interactions) or as JSON (events).

    Of a field that comes twice the last one counts, as with Bolt. Raises ValueError where it is none of these, and
    RecursionError for JSON in JSON in JSON.
    """
    if body.startswith(b"{") or content_type.partition(b";")[0].strip() == b"application/json":
        return payloads.read(body)
    fields = dict(query_to_pairs(body.decode()))
    return payloads.read(fields["payload"]) if "payload" in fields else fields


async def _read(receive: Receive) -> bytes | None:
    """The body, of one that is too long its beginning; None where the client has left in the middle of it."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if len(body) > MOST_BODY_BYTES or not message.get("more_body", False):
            return bytes(body)


def _without_signature(body: bytes) -> BoltResponse:
    """Slack looks now and then whether the address has a certificate, and does not always sign that question."""
    if len(body) <= _MOST_SSL_CHECK_BYTES and b"ssl_check=1" in body.split(b"&"):
        return BoltResponse(status=200)
    log.warning("a request's signature did not fit: check SLACK_SIGNING_SECRET and the clock")
    return BoltResponse(status=401)
