"""Run the router of several deployments until SIGTERM or SIGINT."""

import asyncio
import signal
from pathlib import Path

import structlog

from bot.cells import router
from bot.config import Settings
from bot.errors import StartError
from bot.http import serving
from bot.port import most_connections

log = structlog.get_logger(__name__)


async def route(settings: Settings, file: Path) -> None:
    """Raises StartError for a faulty file, without a signing secret, or where the port is taken."""
    secret = settings.slack_signing_secret.get_secret_value()
    if not secret:
        raise StartError("Set SLACK_SIGNING_SECRET, the same as in all cells.")
    over, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    async with (
        router.routing(file, secret, at_once=most_connections() // 2) as app,
        serving(app, host=settings.host, port=settings.port) as port,
    ):
        log.info("listening", port=port)
        await over.wait()
        log.info("stopping")
