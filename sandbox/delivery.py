"""Owns the way to the app: signed HTTP or Socket Mode, three seconds, and retries for events only."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Coroutine
from typing import Any, Protocol
from urllib.parse import urlencode

import aiohttp

from sandbox.clock import Clock
from sandbox.inputs import Json
from sandbox.records import Delivery, Records
from sandbox.spec import WorkspaceSpec

TIMEOUT = "operation_timeout"
FAILED = "dispatch_failed"


class Link(Protocol):
    """One way to the app. Returns (HTTP status, answer body); raises OSError when nobody is there."""

    async def send(self, kind: str, payload: Json, *, attempt: int, reason: str | None) -> tuple[int, str]: ...


class HttpLink:
    """POSTs to the app as Slack does, signed with the signing secret."""

    def __init__(self, spec: WorkspaceSpec, bot_url: str | None) -> None:
        self.spec = spec
        self.bot_url = bot_url
        self._session: aiohttp.ClientSession | None = None

    async def send(self, kind: str, payload: Json, *, attempt: int, reason: str | None) -> tuple[int, str]:
        if self.bot_url is None:
            raise ConnectionRefusedError("the sandbox does not know the bot's address yet")
        body, content_type = encode(kind, payload)
        headers = {"Content-Type": content_type, **sign(self.spec.signing_secret, body)}
        if attempt:
            headers |= {"X-Slack-Retry-Num": str(attempt), "X-Slack-Retry-Reason": reason or "unknown_error"}
        if self._session is None:
            # Shorter than servers keep idle connections: a POST on one just closed would look like a failure.
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(keepalive_timeout=2))
        url = f"{self.bot_url.rstrip('/')}/slack/events"
        async with self._session.post(url, data=body.encode(), headers=headers) as answer:
            return answer.status, await answer.text()

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


def encode(kind: str, payload: Json) -> tuple[str, str]:
    """Write the body as Slack writes it for this kind: (body, content type)."""
    form = "application/x-www-form-urlencoded"
    if kind == "event":
        return json.dumps(payload), "application/json"
    if kind == "slash":
        return urlencode(payload), form
    return urlencode({"payload": json.dumps(payload)}), form


def sign(secret: str, body: str, *, timestamp: int | None = None) -> dict[str, str]:
    """Slack's v0 signature: HMAC-SHA256 over 'v0:timestamp:body'."""
    at = str(int(time.time()) if timestamp is None else timestamp)
    digest = hmac.new(secret.encode(), f"v0:{at}:{body}".encode(), hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={digest}"}


class Courier:
    """Delivers payloads within the deadline, records how it went, and retries events in the background."""

    def __init__(self, spec: WorkspaceSpec, link: Link, records: Records, clock: Clock) -> None:
        self.spec = spec
        self.link = link
        self.records = records
        self.clock = clock
        self._tasks: set[asyncio.Task[Any]] = set()

    async def deliver(self, kind: str, ident: str, user: str, payload: Json, *, attempt: int = 0) -> Delivery:
        """Send once and wait for the answer until the deadline. The delivery's error says how it failed."""
        delivery = Delivery(kind, ident, user, attempt, at=self.clock.time(), payload=payload)
        self.records.deliveries.append(delivery)
        reason = "http_timeout" if attempt else None
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self.spec.deadline_seconds):
                delivery.status, body = await self.link.send(kind, payload, attempt=attempt, reason=reason)
            if delivery.status // 100 == 2:
                delivery.answer = parse_answer(body)
            else:
                delivery.error = FAILED
        except TimeoutError:
            delivery.error = TIMEOUT
        except (OSError, aiohttp.ClientError):
            delivery.error = FAILED
        delivery.ack_ms = (time.perf_counter() - started) * 1000
        return delivery

    def send_event(self, ident: str, user: str, payload: Json) -> None:
        """Deliver in the background, again after each of the spec's delays while it fails."""
        self.background(self._deliver_event(ident, user, payload))

    async def _deliver_event(self, ident: str, user: str, payload: Json) -> None:
        delays = (None, *self.spec.event_retry_seconds)
        for attempt, delay in enumerate(delays):
            if delay is not None:
                await asyncio.sleep(delay)
            if (await self.deliver("event", ident, user, payload, attempt=attempt)).error is None:
                return

    def background(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Stop what still waits for a retry."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def parse_answer(body: str) -> Any:
    """Read an ack body: JSON where it is, else the text; None when empty."""
    if not body.strip():
        return None
    try:
        return json.loads(body)
    except ValueError:
        return body
