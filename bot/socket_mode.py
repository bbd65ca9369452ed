"""Socket Mode's connection, kept: slack_sdk connects and reconnects, this sees to it that it goes on doing so."""

import asyncio
import time

import structlog
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler

from bot.errors import slack_name
from bot.identity import RETRY_SECONDS

log = structlog.get_logger(__name__)


class Socket:
    """`age_seconds`: since there was a connection."""

    def __init__(self, handler: AsyncSocketModeHandler) -> None:
        self._handler = handler
        self._seen_at = time.monotonic()

    @property
    def age_seconds(self) -> float:
        return time.monotonic() - self._seen_at

    async def keep_connected(self) -> None:
        """Connect, and look on. Raises RuntimeError where the SDK hands nothing on any more and nothing here could."""
        while True:
            try:
                if await self._handler.client.is_connected():
                    self._seen_at = time.monotonic()
                elif not self._is_kept():
                    await self._handler.connect_async()
            except Exception as error:
                log.warning("socket mode waits for Slack", error=slack_name(error))
            if self._handler.client.message_processor.done():
                raise RuntimeError("what comes through the socket is not handed on any more")
            await asyncio.sleep(RETRY_SECONDS)

    def _is_kept(self) -> bool:
        """Whether the SDK itself reconnects: it does so once there has been a connection."""
        monitor = self._handler.client.current_session_monitor
        return monitor is not None and not monitor.done()
