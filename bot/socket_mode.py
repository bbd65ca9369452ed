"""Socket Mode's connection, kept: slack_sdk connects and reconnects, this sees to it that it goes on doing so."""

import asyncio
import logging
import time

import structlog
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler

from bot.errors import slack_name
from bot.identity import RETRY_SECONDS
from bot.nature import Nature, nature_of

log = structlog.get_logger(__name__)
GONE_SECONDS = 10.0
"""Slack closes connections every few hours, and the SDK opens the next one: that alone is not to be told."""


class Socket:
    """`age_seconds`: since there was a connection; `live`: set once there was one."""

    def __init__(self, handler: AsyncSocketModeHandler) -> None:
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
            await self._handler.connect_async()

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
