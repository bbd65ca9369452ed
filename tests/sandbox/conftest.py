"""A sandbox of little patience, and the desk's app in it over HTTP or over Socket Mode."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.techcorp import techcorp
from sandbox.server import Sandbox, running
from sandbox.spec import WorkspaceSpec
from tests.support.desk import Desk, a_desk, serving


@pytest.fixture
def spec() -> WorkspaceSpec:
    """TechCorp with a shorter patience, so that being late takes a second."""
    return replace(techcorp(), trigger_seconds=1.0, deadline_seconds=1.0, event_retry_seconds=(0.0, 0.05, 0.1))


@pytest.fixture
async def sandbox(spec: WorkspaceSpec) -> AsyncIterator[Sandbox]:
    async with running(spec) as sandbox:
        yield sandbox


@pytest.fixture
async def desk(sandbox: Sandbox) -> AsyncIterator[Desk]:
    """The app over HTTP, known to the sandbox."""
    desk = a_desk(sandbox.api_url)
    async with serving(desk.app) as url:
        sandbox.bot_url = url
        yield desk


@pytest.fixture
async def socket_desk(spec: WorkspaceSpec) -> AsyncIterator[tuple[Sandbox, Desk]]:
    """The app over Socket Mode."""
    async with running(spec, mode="socket") as sandbox:
        desk = a_desk(sandbox.api_url)
        handler = AsyncSocketModeHandler(desk.app, spec.app_token)
        handler.client.web_client = AsyncWebClient(base_url=sandbox.api_url)
        await handler.connect_async()
        await sandbox.app_connected()
        yield sandbox, desk
        await handler.close_async()
