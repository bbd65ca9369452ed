"""A whole Conclave, and a real browser to come in with."""

import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bot import app, http, log
from bot.demo import sample
from bot.demo.techcorp import techcorp
from sandbox.server import Sandbox, running
from tests.support.house import settings_for
from tests.support.window import Room

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
MUST_RUN = os.environ.get("BROWSER_TESTS") == "required"
# Quiet: a browser under test has nobody to call.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def without(what: str) -> None:
    """Skip, or fail where somebody asked for the browser tests by name."""
    if MUST_RUN:
        pytest.fail(f"the browser tests have to run here, but there is no {what}")
    pytest.skip(f"browser tests skipped: no {what}")


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Any]:
    if CHROMIUM is None:
        without("chromium")
    try:
        from playwright.async_api import async_playwright
    except ImportError:
        without("playwright (make browser-test installs it)")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield chromium
        await chromium.close()


@pytest.fixture
async def sandbox(browser: Any, service_database_url: str) -> AsyncIterator[Sandbox]:
    """The sample team's Slack with the bot beside it, as `conclave demo` starts them."""
    spec = replace(techcorp(), trigger_seconds=10.0, deadline_seconds=10.0)  # CI machines are slow
    log.configure("INFO")
    sample.load(service_database_url, workspace_id=spec.team_id, domain=spec.domain)
    async with (
        running(spec) as sandbox,
        app.running(settings_for(spec, sandbox.api_url), database_url=service_database_url) as bot,
        http.serving(bot.asgi, host="127.0.0.1", port=0) as port,
    ):
        sandbox.bot_url = f"http://127.0.0.1:{port}"
        yield sandbox


@pytest.fixture
async def room(browser: Any, sandbox: Sandbox) -> AsyncIterator[Room]:
    room = Room(browser, sandbox)
    yield room
    assert await room.close() == []
