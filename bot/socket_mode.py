"""Socket Mode's connection, kept: slack_sdk connects and reconnects, this sees to it that it goes on doing so."""

import asyncio
import json
import logging
import time

import structlog
from slack_bolt.adapter.socket_mode.async_base_handler import AsyncBaseSocketModeHandler
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import slack_name
from bot.identity import RETRY_SECONDS
from bot.intake import decode
from bot.nature import Nature, nature_of

log = structlog.get_logger(__name__)
GONE_SECONDS = 10.0
"""Slack closes connections every few hours, and the SDK opens the next one: that alone is not to be told."""


class Door(AsyncBaseSocketModeHandler):
    """What comes through the socket, handed to Bolt. As Bolt's own handler, but each way JSON is read and written once,
    and read as what comes by HTTP is."""

    client: SocketModeClient

    def __init__(self, bolt: AsyncApp, app_token: str, *, web_client: AsyncWebClient) -> None:
        self._bolt = bolt
        logger = logging.getLogger("slack_sdk.socket_mode")
        self.client = _Client(app_token=app_token, logger=logger, web_client=web_client, ping_interval=10)
        self.client.socket_mode_request_listeners.append(self._handle)

    async def _handle(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        """What is not acknowledged Slack shows to the person as failed, and sends again if it is an event."""
        answer = await self._bolt.async_dispatch(AsyncBoltRequest(body=request.payload, mode="socket_mode"))
        if answer.status == 200:
            await client.send_message(_acknowledgement(request.envelope_id, answer))


class _Client(SocketModeClient):
    async def process_message(self) -> None:
        message = await self.message_queue.get()
        if message is not None:
            asyncio.ensure_future(self.run_message_listeners(decode(message.encode()), message))  # noqa: RUF006


def _acknowledgement(envelope_id: str, answer: BoltResponse) -> str:
    head = f'{{"envelope_id": {json.dumps(envelope_id)}'
    if not answer.body:
        return head + "}"
    is_json = answer.first_headers()["content-type"].startswith("application/json")
    return f'{head}, "payload": {answer.body if is_json else json.dumps({"text": answer.body})}}}'


class Socket:
    """`age_seconds`: since there was a connection; `live`: set once there was one."""

    def __init__(self, handler: Door) -> None:
        self._handler = handler
        self._seen_at = time.monotonic()
        self.live = asyncio.Event()
        self.trouble: str | None = None
        """What Slack, or the way to it, answered instead the last time."""

    @property
    def age_seconds(self) -> float:
        return time.monotonic() - self._seen_at

    @property
    def is_live(self) -> bool:
        """Whether requests come through: never before the first connection."""
        return self.live.is_set() and self.age_seconds < GONE_SECONDS

    async def keep_connected(self) -> None:
        """Connect, and look on. Raises RuntimeError where the SDK hands nothing on any more and nothing here could."""
        while True:
            try:
                await self._look()
            except Exception as error:
                self._note_trouble(slack_name(error))
            if self._handler.client.message_processor.done():
                raise RuntimeError("what comes through the socket is not handed on any more")
            await asyncio.sleep(RETRY_SECONDS)

    async def _look(self) -> None:
        if await self._handler.client.is_connected():
            self._seen_at, self.trouble = time.monotonic(), None
            self.live.set()
        elif not self._is_kept():
            await self._handler.connect_async()  # type: ignore[no-untyped-call]

    def _note_trouble(self, name: str) -> None:
        """Say it once. A token that Slack refuses is for an operator; anything else may pass."""
        if name != self.trouble:
            is_refused = nature_of(name) is Nature.WORKSPACE
            log.log(logging.ERROR if is_refused else logging.WARNING, "socket mode waits for Slack", error=name)
        self.trouble = name

    def _is_kept(self) -> bool:
        """Whether the SDK itself reconnects: it does so once there has been a connection."""
        monitor = self._handler.client.current_session_monitor
        return monitor is not None and not monitor.done()
